import { describe, expect, it } from 'vitest'
import { END_REASONS } from '../../../../library/src/store/end-reason.js'
import {
  AUDITED_EVENTS,
  auditId,
  type AuditRecord,
} from '../../../../library/src/telemetry/index.js'
import type { Trail } from '../../../src/audit/trail.js'
import { texts } from '../../../src/page/index.js'
import { toldEvents } from '../../../src/security/index.js'

let clock = 1_000_000
type Facts = Partial<AuditRecord>

/** Each a second after the one before. */
const record = (event: AuditRecord['event'], facts: Facts = {}): AuditRecord => {
  clock += 1_000
  const from = { address: '203.0.113.0', agent: 'desktop|Firefox on Linux' }
  return {
    ...{ id: auditId(clock), at: clock, event, outcome: 'success', subject: 'ada' },
    ...from,
    ...facts,
  }
}

/** The rows of `trail.ts`, as far as they are asked for here. */
const trailOf = (records: readonly AuditRecord[]): Trail =>
  ({
    list: ({ limit, of, events = [], before }: Parameters<Trail['list']>[0]) =>
      Promise.resolve(
        records
          .filter(({ subject, event }) => subject === of && events.includes(event))
          .filter(({ id }) => before === undefined || id < before)
          .toSorted((a, b) => (a.id < b.id ? 1 : -1))
          .slice(0, limit),
      ),
  }) as Partial<Trail> as Trail

const tell = async (records: readonly AuditRecord[], limit = 100) =>
  (await toldEvents(trailOf(records), 'ada', { limit })).events
const kinds = async (...records: readonly AuditRecord[]) =>
  (await tell(records)).map(({ kind }) => kind)

describe('what people are told', () => {
  it('is what happened to them, newest first, and nothing that others did or that says nothing', async () => {
    const records = [
      record('session.started', { sessionId: 'ab.1' }),
      record('session.renewed'),
      record('session.started', { subject: 'grace' }),
      record('admin.acted', { actor: 'ada', subject: 'grace' }),
      record('admin.acted', { actor: 'boss', code: 'sessions.listed' }),
      record('request.refused', { code: 'csrf_invalid' }),
      record('audit.dropped'),
      record('session.ended', { code: 'signed_in' }),
      record('session.ended', { code: 'constructor' }),
      record('credential.changed', { code: 'password' }),
      record('session.ended', { code: 'logged_out' }),
    ]
    expect(await kinds(...records)).toEqual([
      'signedOut',
      'passwordChanged',
      'confirmed',
      'signedIn',
    ])
  })

  it('has words for each kind, and a kind for each end that people see', async () => {
    const unseen = ['signed_in', 'signed_in_again', 'replaced', 'unknown']
    const toldElsewhere = ['refresh_reuse', 'password_changed', 'subject_disabled']
    for (const code of END_REASONS) {
      const told = await kinds(record('session.ended', { code }))
      const isTold = !unseen.includes(code) && !toldElsewhere.includes(code)
      expect(told, code).toHaveLength(isTold ? 1 : 0)
    }
    for (const event of AUDITED_EVENTS) {
      for (const kind of await kinds(record(event)))
        expect(texts.securityEvents).toHaveProperty(kind)
    }
  })

  it('says once that the password was changed, for which it was asked', async () => {
    const at = { requestId: 'r1' }
    const changed = record('credential.changed', { ...at, code: 'password' })
    expect(await kinds(changed, record('session.renewed', at))).toEqual(['passwordChanged'])
  })

  it('says that a device was new, and says it once', async () => {
    const at = { requestId: 'r1' }
    const suspicious = record('signin.suspicious', { ...at, code: 'new_device' })
    const started = record('session.started', at)
    const other = record('session.started', { requestId: 'r2' })
    expect(await kinds(suspicious, started, other)).toEqual(['signedIn', 'signedInNew'])
    const far = record('signin.suspicious', { code: 'impossible_travel' })
    expect(await kinds(far)).toEqual(['farAway'])
  })

  it('puts together what came in a row from one place', async () => {
    const failed = (facts: Facts = {}) =>
      record('signin.failed', { code: 'credentials_invalid', ...facts })
    const records = [
      ...[failed(), failed(), failed()],
      failed({ address: '198.51.100.0' }),
      failed(),
      record('signin.failed', { code: 'password_wrong' }),
    ]
    const told = await tell(records)
    expect(told.map(({ kind, count }) => [kind, count])).toEqual([
      ['confirmFailed', 1],
      ['signInFailed', 1],
      ['signInFailed', 1],
      ['signInFailed', 3],
    ])
  })

  it('tells the end of many at once, and not each of them', async () => {
    const all = record('subject.revoked', { code: 'logged_out_elsewhere', details: { count: 2 } })
    const each = [1, 2].map((number) =>
      record('session.ended', { code: 'logged_out_elsewhere', sessionId: `ab.${String(number)}` }),
    )
    const none = record('subject.revoked', { code: 'logged_out_elsewhere', details: { count: 0 } })
    expect((await tell([all, ...each, none])).map(({ kind, count }) => [kind, count])).toEqual([
      ['devicesEnded', 2],
    ])
    clock += 120_000
    const later = record('session.ended', { code: 'logged_out_elsewhere' })
    expect(await kinds(all, later)).toEqual(['deviceEnded', 'devicesEnded'])
  })

  it('tells of administrators what they did and why, never who or where they are', async () => {
    const records = [
      record('impersonation.started', {
        actor: 'boss',
        sessionId: 'ab.9',
        details: { purpose: 'ticket <b>7</b>' },
      }),
      record('session.started', { actor: 'boss', sessionId: 'ab.9' }),
      record('session.renewed', { actor: 'boss' }),
      record('session.ended', { code: 'revoked_admin' }),
      record('subject.revoked', { code: 'revoked_admin', details: { count: 3 } }),
      record('subject.disabled', {}),
    ]
    const told = await tell(records)
    expect(told.map(({ kind }) => kind)).toEqual([
      'switchedOff',
      'allEndedByAdministrator',
      'endedByAdministrator',
      'confirmed',
      'impersonated',
    ])
    for (const { address, agent } of told) expect([address, agent]).toEqual([undefined, undefined])
    expect(told.at(-1)?.purpose).toBe('ticket <b>7</b>')
    expect(told[3]).toMatchObject({ isByAdministrator: true })
    expect(JSON.stringify(told)).not.toContain('boss')
  })
})

describe('pages of it', () => {
  it('go on where the one before ended, and tell everything once', async () => {
    const records = Array.from({ length: 257 }, (_, index) =>
      index % 5 === 0
        ? record('signin.failed', { code: 'credentials_invalid' })
        : record('session.ended', { code: index % 2 === 0 ? 'logged_out' : 'signed_in' }),
    )
    const whole = await tell(records, 1_000)
    const seen: string[] = []
    let before: string | undefined
    do {
      const page = await toldEvents(trailOf(records), 'ada', { limit: 10, before })
      expect(page.events.length).toBeLessThanOrEqual(10)
      seen.push(...page.events.map(({ id }) => id))
      before = page.next
    } while (before !== undefined)
    expect(seen).toEqual(whole.map(({ id }) => id))
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('read a bounded number of records, however many say the same', async () => {
    const records = Array.from({ length: 1_200 }, () =>
      record('signin.failed', { code: 'credentials_invalid' }),
    )
    const first = await toldEvents(trailOf(records), 'ada', { limit: 10 })
    expect(first.events.map(({ count }) => count)).toEqual([500])
    const second = await toldEvents(trailOf(records), 'ada', { limit: 10, before: first.next })
    expect(second.events.map(({ count }) => count)).toEqual([500])
    const third = await toldEvents(trailOf(records), 'ada', { limit: 10, before: second.next })
    expect([third.events[0]?.count, third.next]).toEqual([200, undefined])
  })
})
