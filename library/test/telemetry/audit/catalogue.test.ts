import { describe, expect, it } from 'vitest'
import type { SojournEvents } from '../../../src/session/events.js'
import { createEvents, type EventName } from '../../../src/session/events.js'
import { AUDIT_CATALOGUE, AUDITED_EVENTS } from '../../../src/telemetry/index.js'
import { inventory } from './inventory.js'
import { listening } from './support.js'

const ID = 'ab.0123456789abcdefghijkl'
const ADDRESS = '203.0.113.7'

/** One event of each name that is recorded, with everything that it can hold. */
const SAMPLES: { readonly [Name in EventName]?: SojournEvents[Name] } = {
  'session.started': { id: ID, subject: 'ada', methods: ['pwd'], address: ADDRESS },
  'session.renewed': { id: ID, subject: 'ada', isAuthentication: true },
  'session.ended': { id: ID, subject: 'ada', reason: 'logged_out' },
  'session.refused': { subject: 'ada', reason: 'limit' },
  'subject.revoked': { subject: 'ada', reason: 'revoked_admin', count: 3 },
  'subject.disabled': { subject: 'ada' },
  'subject.enabled': { subject: 'ada' },
  'signin.failed': { subject: 'ada', reason: 'wrong_password', address: ADDRESS },
  'signin.locked': { scope: 'account', subject: 'ada', address: ADDRESS, lockedFor: 1_000 },
  'signin.unlocked': { subject: 'ada', by: 'admin' },
  'signin.suspicious': { kind: 'new_device', subject: 'ada', id: ID, address: ADDRESS, count: 2 },
  'credential.changed': { subject: 'ada', kind: 'password', address: ADDRESS },
  'credential.rejected': { code: 'session_unknown', address: ADDRESS },
  'request.refused': {
    guard: 'csrf',
    code: 'cross_origin',
    check: 'sec-fetch-site',
    method: 'POST',
    path: '/pay',
    address: ADDRESS,
    id: ID,
    subject: 'ada',
    isEnforced: true,
  },
  'anomaly.detected': {
    id: ID,
    subject: 'ada',
    signals: ['network', 'agent'],
    answer: 'notify',
    isEnforced: true,
    address: ADDRESS,
  },
  'refresh.rotated': { id: ID, subject: 'ada', how: 'healed' },
  'refresh.reused': { id: ID, subject: 'ada', address: ADDRESS },
  'refresh.refused': { reason: 'expired', address: ADDRESS },
  'impersonation.started': { id: ID, subject: 'ada', actor: 'grace', purpose: 'ticket 7' },
  'admin.acted': {
    actor: 'admin_token',
    act: 'user.disabled',
    target: 'ada',
    address: ADDRESS,
    subject: 'ada',
    id: ID,
  },
  'write.refused': { id: ID, reason: 'logged_out' },
}

const OUTCOMES = ['success', 'failure', 'refused', 'notice']
/** They say who presented what; who that is nobody knows. */
const OF_NOBODY: readonly string[] = ['credential.rejected', 'refresh.refused', 'write.refused']

async function recordOf<Name extends EventName>(name: Name, event: SojournEvents[Name]) {
  const events = createEvents()
  const trail = listening(events)
  const request = { address: ADDRESS, agent: 'Firefox', requestId: 'r1', method: 'GET', path: '/x' }
  trail.audit.around(request, () => events.emit(name, event))
  return trail.records()
}

describe('the inventory of the audit trail', () => {
  it('ASVS 16.1.1: the document lists every event, what is kept of it, and what is not and why', async () => {
    const text = await inventory()
    await expect(text).toMatchFileSnapshot('../../../../docs/reference/audit-events.md')
    for (const name of Object.keys(AUDIT_CATALOGUE)) expect(text).toContain(`\`${name}\``)
  })

  it('has a sample of every event that is recorded', () => {
    expect(Object.keys(SAMPLES).sort()).toEqual([...AUDITED_EVENTS].sort())
  })

  it.each(AUDITED_EVENTS)(
    'ASVS 16.2.1: %s is recorded with when, what, who and where',
    async (name) => {
      const [record, ...others] = await recordOf(name, SAMPLES[name] as SojournEvents[typeof name])
      expect(others).toEqual([])
      expect(record).toMatchObject({
        id: expect.stringMatching(/^[0-9a-z]{9}-[\w-]{12}$/) as string,
        event: name,
        address: '203.0.113.0',
        agent: 'Firefox',
        requestId: 'r1',
      })
      expect(Math.abs(Date.now() - (record?.at ?? 0))).toBeLessThan(5_000)
      expect(OUTCOMES).toContain(record?.outcome)
      const own = SAMPLES[name] as { subject?: string; id?: string; actor?: string }
      expect(record?.subject).toBe(OF_NOBODY.includes(name) ? undefined : 'ada')
      expect(record?.sessionId).toBe(own.id)
      expect(record?.actor).toBe(own.actor)
      // The path of the event itself, where it has one: a guard knows it better.
      expect(record?.path).toBe(name === 'request.refused' ? '/pay' : '/x')
    },
  )

  it('what is only reported is a notice', async () => {
    const event = { ...(SAMPLES['request.refused'] as SojournEvents['request.refused']) }
    const [enforced] = await recordOf('request.refused', event)
    const [shadow] = await recordOf('request.refused', { ...event, isEnforced: false })
    expect([enforced?.outcome, shadow?.outcome]).toEqual(['refused', 'notice'])
    expect(shadow?.details).toEqual({ guard: 'csrf', check: 'sec-fetch-site', isEnforced: false })
  })

  it('guests, renewals without a proof and usual refreshes are no records', async () => {
    const guest = { id: ID, subject: undefined }
    const started = { ...guest, methods: [], address: ADDRESS }
    expect(await recordOf('session.started', started)).toEqual([])
    expect(await recordOf('session.ended', { ...guest, reason: 'expired_idle' })).toEqual([])
    const renewed = { id: ID, subject: 'ada', isAuthentication: false }
    expect(await recordOf('session.renewed', renewed)).toEqual([])
    const rotated = { id: ID, subject: 'ada', how: 'rotated' as const }
    expect(await recordOf('refresh.rotated', rotated)).toEqual([])
  })

  it('a session that ran out of time is not the doing of whoever found it', async () => {
    const [record] = await recordOf('session.ended', {
      id: ID,
      subject: 'ada',
      reason: 'expired_idle',
    })
    expect(record).toMatchObject({ subject: 'ada', sessionId: ID, code: 'expired_idle' })
    expect(record).not.toHaveProperty('address')
    expect(record).not.toHaveProperty('requestId')
  })
})
