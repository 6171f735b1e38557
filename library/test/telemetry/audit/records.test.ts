import { describe, expect, it } from 'vitest'
import { auditLine } from '../../../src/telemetry/index.js'
import { createEvents } from '../../../src/session/events.js'
import { Browser } from '../../support/browser.js'
import { hearing, scene, SECRET, TOKENS } from '../../support/sojourn.js'
import { createSojourn } from '../../../src/sojourn.js'
import { listening } from './support.js'

const ADDRESS = '203.0.113.77'
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
/** What somebody may write into a log that is not theirs. */
const INJECTIONS = [
  'one\r\n{"event":"session.started","subject":"root"}',
  '\u001b[31mred\u001b[0m\u001b]0;title\u0007',
  'a\u2028b\u2029c',
  'user\u202etxt.exe\u2066\u2069',
  '\u0000\u0008\u007f\u009b2J',
  'zero\u200bwidth\ufeff \u{e0041}',
  'half \ud800 a pair',
  '"},{"event":"x',
]

const HIDDEN = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/u

describe('what is recorded', () => {
  it.each(INJECTIONS)(
    'ASVS 16.4.1: %j stays one line of JSON that shows what it holds',
    async (text) => {
      const events = createEvents()
      const trail = listening(events, {
        privacy: { address: 'full', agent: 'full', describeAgent: (agent) => agent },
      })
      trail.audit.around(
        { address: text, agent: text, path: text, method: text, requestId: text },
        () => {
          events.emit('signin.failed', { subject: text, reason: text, address: text })
        },
      )
      const [record] = await trail.records()
      const line = auditLine(record!)
      expect(line).not.toMatch(HIDDEN)
      expect(Buffer.from(line).toString()).toBe(line)
      expect(JSON.parse(line)).toMatchObject({ event: 'signin.failed', outcome: 'failure' })
      // And the same in every field of the record, for whoever prints it in another way.
      for (const value of Object.values(record!)) {
        expect(String(value)).not.toMatch(HIDDEN)
      }
    },
  )

  it('a long text is cut, and a credential in it is not cut to something else', async () => {
    const { sojourn } = scene({ tokens: TOKENS })
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('ada'))
    const token = browser.cookie!.split('=')[1]!
    const events = createEvents()
    const trail = listening(events, { privacy: { agent: 'full' } })
    trail.audit.around(
      { agent: `${'x'.repeat(230)} ${token}`, path: `/${'y'.repeat(9_000)}` },
      () => {
        events.emit('subject.enabled', { subject: `Bearer ${token}` })
      },
    )
    const [record] = await trail.records()
    expect(record?.agent?.length).toBeLessThanOrEqual(256)
    expect(record?.path?.length).toBe(512)
    expect(record?.subject).toBe('[redacted]')
    expect(record?.agent).toContain('[redacted]')
    expect(JSON.stringify(record)).not.toContain(token.slice(0, 30))
  })

  it('what happens in a request is recorded with its address, agent and path, however late it is told', async () => {
    const { sojourn } = scene()
    const trail = listening(sojourn, { privacy: { address: 'full', agent: 'full' } })
    const browser = new Browser(sojourn)
    const around = {
      address: ADDRESS,
      agent: AGENT,
      method: 'POST',
      path: '/login',
      requestId: 'r-1',
    }
    await trail.audit.around(around, () => browser.visit((session) => session.signIn('ada')))
    await trail.audit.around({ ...around, path: '/logout' }, () =>
      browser.visit((session) => session.signOut()),
    )
    await sojourn.revokeAll('ada')
    const records = await trail.records()
    expect(records.map(({ event, path }) => [event, path])).toEqual([
      ['session.started', '/login'],
      ['session.ended', '/logout'],
      ['subject.revoked', undefined],
    ])
    expect(records[1]).toMatchObject({ address: ADDRESS, agent: AGENT, requestId: 'r-1' })
    expect(records[2]).not.toHaveProperty('agent')
    expect([...records].sort((a, b) => (a.id < b.id ? -1 : 1))).toHaveLength(3)
  })

  it('behaviour 28b: what is done while impersonating is recorded with both people', async () => {
    const { sojourn } = scene()
    const trail = listening(sojourn)
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('grace'))
    await browser.visit((session) => session.impersonate('ada', { reason: 'ticket 7' }))
    let actor: string | undefined
    await trail.audit.around({ path: '/password', actorOf: () => actor }, () =>
      browser.visit(async (session) => {
        await session.load()
        actor = session.actor
        sojourn.report('credential.changed', { subject: 'ada', kind: 'password', address: ADDRESS })
      }),
    )
    const records = await trail.records()
    expect(records.at(-2)).toMatchObject({
      event: 'impersonation.started',
      subject: 'ada',
      actor: 'grace',
      details: { purpose: 'ticket 7' },
    })
    expect(records.at(-1)).toMatchObject({
      event: 'credential.changed',
      subject: 'ada',
      actor: 'grace',
    })
  })
})

describe('privacy', () => {
  const once = async (mode: 'full' | 'truncated' | 'keyed-hash' | 'none', address = ADDRESS) => {
    const { sojourn } = scene()
    const trail = listening(sojourn, { privacy: { address: mode, agent: mode } })
    trail.audit.around({ agent: AGENT }, () => {
      sojourn.report('credential.changed', { subject: 'ada', kind: 'password', address })
    })
    return (await trail.records())[0]!
  }

  it('full, truncated, keyed-hash and none keep just that, of address and agent', async () => {
    expect(await once('full')).toMatchObject({ address: ADDRESS, agent: AGENT })
    const cut = await once('truncated')
    expect(cut).toMatchObject({ address: '203.0.113.0', agent: AGENT.slice(0, 60) })
    expect((await once('truncated', '2001:db8:1:2:3:4:5:6')).address).toBe('2001:db8:1::')
    const hashed = await once('keyed-hash')
    expect(hashed.address).toMatch(/^[\w-]{16}$/)
    expect(hashed.agent).toMatch(/^[\w-]{16}$/)
    expect((await once('keyed-hash')).address).toBe(hashed.address)
    expect((await once('keyed-hash', '203.0.113.78')).address).not.toBe(hashed.address)
    const none = await once('none')
    expect(none).not.toHaveProperty('address')
    expect(none).not.toHaveProperty('agent')
  })

  it('a hash is keyed by the oldest secret, and never that which sessions keep', async () => {
    const hashOf = async (secrets: string[]) => {
      const sojourn = createSojourn({ secrets, cache: false })
      const trail = listening(sojourn, { privacy: { address: 'keyed-hash' } })
      sojourn.report('credential.changed', { subject: 'ada', kind: 'password', address: ADDRESS })
      return (await trail.records())[0]?.address
    }
    const other = `other ${SECRET}`
    expect(await hashOf([other, SECRET])).toBe(await hashOf([SECRET]))
    expect(await hashOf([other])).not.toBe(await hashOf([SECRET]))
    const { sojourn } = scene({ privacy: { address: 'keyed-hash' } })
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('ada'), { address: ADDRESS })
    const { sessions } = await sojourn.list('ada')
    expect(sessions[0]?.address).toMatch(/^[\w-]{16}$/)
    expect(sessions[0]?.address).not.toBe(await hashOf([SECRET]))
  })

  it('without keys there are no hashes', () => {
    expect(() => listening(createEvents(), { privacy: { agent: 'keyed-hash' } })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION' }) as Error,
    )
  })
})

describe('a trail that ends', () => {
  it('hears nothing afterwards', async () => {
    const { sojourn } = scene()
    const trail = listening(sojourn)
    await trail.audit.stop()
    await sojourn.disable('ada')
    await hearing()
    expect(await trail.records()).toEqual([])
  })
})
