import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { readClient } from '../../src/adapter/tokens/client.js'
import type { RevocationOptions, VerifyOptions } from '../../src/verify/index.js'
import { createEndings, readFeedAnswer } from '../../src/verify/endings.js'
import { factsOf, issue, makeKey, NOW, SESSION, type TestKey } from '../credential/jwt/forge.js'
import { createIssuer, FEED_URL, setUp, type TestIssuer, type TestSetup } from './issuer.js'

let key: TestKey
beforeAll(async () => {
  key = await makeKey('EdDSA')
})

const open: TestSetup[] = []
afterEach(() => open.splice(0).forEach((setup) => setup.close()))

function listening(
  issuer: TestIssuer,
  revocations: Partial<RevocationOptions> = {},
  options: Partial<VerifyOptions> = {},
): TestSetup {
  const setup = setUp(issuer, { revocations: { url: FEED_URL, ...revocations }, ...options })
  open.push(setup)
  return setup
}

interface Told {
  since?: number
  sessions?: readonly { id: string; endedAt: number }[]
  subjects?: readonly { subject: string; epoch: number; except?: string | null; endedAt: number }[]
}

const MS = NOW * 1000

/** A feed that holds the question until there is something to tell, as a real one does. */
function liveFeed(issuer: TestIssuer): { tell(told: Told): void; first: Told } {
  const waiting: (() => void)[] = []
  const news: Told[] = []
  const feed = {
    first: {} as Told,
    tell(told: Told) {
      news.push(told)
      waiting.splice(0).forEach((wake) => wake())
    },
  }
  issuer.feed = async (since, wait) => {
    if (wait > 0 && news.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    const told = issuer.questions.length === 1 ? feed.first : (news.shift() ?? {})
    return Response.json({ since, now: MS, sessions: [], subjects: [], ...told })
  }
  return feed
}

describe('ends of sessions', () => {
  it('that were told at first are known to the first token', async () => {
    const issuer = createIssuer(key)
    liveFeed(issuer).first = { sessions: [{ id: SESSION, endedAt: MS - 5 }] }
    const { verify, judge } = listening(issuer)
    expect(await verify(await issue(key))).toEqual({
      ok: false,
      code: 'session_ended',
      status: 401,
      message: 'The session has ended.',
    })
    expect(await judge(await issue(key, { sessionId: `Ab.${'d'.repeat(22)}` }))).toBe('ok')
  })

  it('are asked for from before the oldest token that may live', async () => {
    const issuer = createIssuer(key)
    liveFeed(issuer)
    const { judge } = listening(issuer, {}, { longestLifetime: '1h' })
    expect(issuer.questions).toEqual([])
    expect(await judge(await issue(key))).toBe('ok')
    expect(issuer.questions[0]).toMatchObject({ since: MS - 3_600_000, wait: 0 })
    await vi.waitFor(() => expect(issuer.questions.length).toBe(2), 3_000)
    expect(issuer.questions[1]).toMatchObject({ since: MS, wait: 10 })
  })

  it('are heard of while they happen, also for a token that was verified before', async () => {
    const issuer = createIssuer(key)
    const feed = liveFeed(issuer)
    const { judge } = listening(issuer)
    const token = await issue(key)
    expect(await judge(token)).toBe('ok')
    await vi.waitFor(() => expect(issuer.questions.length).toBe(2), 3_000)
    feed.tell({ sessions: [{ id: SESSION, endedAt: MS }] })
    await vi.waitFor(async () => expect(await judge(token)).toBe('session_ended'), 500)
  })

  it('of a whole subject concern tokens of older epochs, but for the session that was spared', async () => {
    const issuer = createIssuer(key)
    const subjects = [{ subject: 'ada', epoch: 3, except: SESSION, endedAt: MS }]
    liveFeed(issuer).first = { subjects }
    const { judge } = listening(issuer)
    const other = `Ab.${'d'.repeat(22)}`
    const of = async (over: object): Promise<string> => judge(await issue(key, over))
    expect(await of({ sessionId: other, version: '2.9' })).toBe('session_ended')
    expect(await of({ sessionId: other, version: undefined })).toBe('session_ended')
    expect(await of({ sessionId: other, version: '3.0' })).toBe('ok')
    expect(await of({ sessionId: other, version: '10.0' })).toBe('ok')
    expect(await of({ sessionId: SESSION, version: '2.9' })).toBe('ok')
    expect(await of({ subject: 'eve', sessionId: other, version: '0.0' })).toBe('ok')
  })

  it('are asked for by the client and with the headers that were given', async () => {
    const issuer = createIssuer(key)
    const client = { id: 'the api', secret: 'a:b c+é' }
    const { judge } = listening(issuer, { client, headers: { 'x-region': 'eu' } })
    expect(await judge(await issue(key))).toBe('ok')
    const { headers } = issuer.questions[0] ?? {}
    expect(readClient(headers?.get('authorization') ?? '', undefined)).toEqual(client)
    expect(headers?.get('x-region')).toBe('eu')
  })
})

describe('a feed that cannot be heard', () => {
  const away = (issuer: TestIssuer): void => {
    issuer.feed = () => new Response('', { status: 502 })
  }

  it('fails closed from the first token on, as a fault of ours', async () => {
    const issuer = createIssuer(key)
    away(issuer)
    const { verify, faults } = listening(issuer)
    expect(await verify(await issue(key))).toMatchObject({ code: 'revocations_stale', status: 503 })
    expect(faults.length).toBeGreaterThan(0)
  })

  it('fails closed when it has been silent for too long, and not before', async () => {
    const issuer = createIssuer(key)
    liveFeed(issuer)
    const { judge, clock } = listening(issuer)
    const token = await issue(key)
    expect(await judge(token)).toBe('ok')
    clock.advance('30s')
    expect(await judge(token)).toBe('ok')
    clock.advance(1)
    expect(await judge(token)).toBe('revocations_stale')
  })

  it('still knows what it was told', async () => {
    const issuer = createIssuer(key)
    liveFeed(issuer).first = { sessions: [{ id: SESSION, endedAt: MS }] }
    const { judge, clock } = listening(issuer)
    expect(await judge(await issue(key))).toBe('session_ended')
    clock.advance('40s')
    expect(await judge(await issue(key))).toBe('session_ended')
  })

  it('may be put up with', async () => {
    const issuer = createIssuer(key)
    away(issuer)
    expect(await listening(issuer, { whenStale: 'allow' }).judge(await issue(key))).toBe('ok')
  })

  it('behaviour 4e: closes by default; a policy lets tokens that have not run out pass for so long, and counts each', async () => {
    const strict = listening(createIssuer(key))
    const issuer = createIssuer(key)
    liveFeed(issuer)
    const { judge, clock, verifier } = listening(issuer, { whenStale: { allowFor: '60s' } })
    const [token, short] = [await issue(key), await issue(key, { expiresAt: NOW + 70 })]
    expect([await judge(token), await judge(short)]).toEqual(['ok', 'ok'])
    away(issuer)
    clock.advance('30s')
    expect(await judge(token)).toBe('ok')
    expect(verifier.stats()).toEqual({ unsurePasses: 0 })
    clock.advance(1)
    expect([await judge(token), await judge(short)]).toEqual(['ok', 'ok'])
    expect(verifier.stats()).toEqual({ unsurePasses: 2 })
    clock.advance('50s')
    expect([await judge(token), await judge(short)]).toEqual(['ok', 'token_expired'])
    clock.advance(9_999)
    expect(await judge(token)).toBe('ok')
    expect(verifier.stats()).toEqual({ unsurePasses: 4 })
    clock.advance(1)
    expect(await judge(token)).toBe('revocations_stale')
    expect(verifier.stats()).toEqual({ unsurePasses: 4 })
    // Nobody said so here.
    expect(await strict.judge(token)).toBe('ok')
    strict.clock.advance('30s')
    strict.clock.advance(1)
    expect(await strict.judge(token)).toBe('revocations_stale')
    expect(strict.verifier.stats()).toEqual({ unsurePasses: 0 })
  })

  it('that was never heard is no policy to go on with, and a typing error is none either', async () => {
    const issuer = createIssuer(key)
    away(issuer)
    const { judge, verifier } = listening(issuer, { whenStale: { allowFor: '60s' } })
    expect(await judge(await issue(key))).toBe('revocations_stale')
    expect(verifier.stats()).toEqual({ unsurePasses: 0 })
    for (const whenStale of ['Allow', {}, { allowFor: 'forever' }, { allowFor: -1 }]) {
      expect(() => listening(issuer, { whenStale: whenStale as 'allow' })).toThrow(/whenStale/)
    }
  })

  it('is asked again until it answers', async () => {
    const issuer = createIssuer(key)
    away(issuer)
    const { judge } = listening(issuer)
    const token = await issue(key)
    expect(await judge(token)).toBe('revocations_stale')
    liveFeed(issuer)
    await vi.waitFor(async () => expect(await judge(token)).toBe('ok'), 2_000)
  })

  it('counts an answer from when it was asked for, however long it was under way', async () => {
    const issuer = createIssuer(key)
    let answer = (): void => undefined
    issuer.feed = (since) =>
      new Promise((resolve) => {
        answer = () => resolve(Response.json({ since, now: MS, sessions: [], subjects: [] }))
      })
    const { judge, clock } = listening(issuer)
    const verdict = issue(key).then(judge)
    await vi.waitFor(() => expect(issuer.questions.length).toBe(1))
    clock.advance('31s')
    answer()
    expect(await verdict).toBe('revocations_stale')
  })

  it.each([
    '[]',
    'null',
    '{}',
    '{"since":1,"now":2}',
    '{"since":1,"now":2,"sessions":[1],"subjects":[]}',
    '{"since":"1","now":2,"sessions":[],"subjects":[]}',
    '{"since":1,"now":null,"sessions":[],"subjects":[]}',
    '{"since":1,"now":2,"sessions":[],"subjects":[{"subject":"a","epoch":"1","endedAt":1}]}',
    '<html>',
  ])('that answers %s tells nothing', async (body) => {
    const issuer = createIssuer(key)
    issuer.feed = () => new Response(body)
    expect(await listening(issuer).judge(await issue(key))).toBe('revocations_stale')
  })

  it('is not asked again without a pause, nor after close', async () => {
    const issuer = createIssuer(key)
    const { judge, close } = listening(issuer, { maxStaleness: '1s' })
    await judge(await issue(key))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(issuer.questions.length).toBeLessThanOrEqual(2)
    close()
    const { length } = issuer.questions
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(issuer.questions.length).toBe(length)
  })
})

describe('a gap in what the feed remembers', () => {
  const withGap = async (revocations: Partial<RevocationOptions> = {}): Promise<TestSetup> => {
    const issuer = createIssuer(key)
    liveFeed(issuer).first = { since: MS - 60_000 }
    const setup = listening(issuer, revocations)
    await setup.judge('x.y.z')
    return setup
  }
  const issuedAgo = (seconds: number): Promise<string> =>
    issue(key, { issuedAt: NOW - seconds, expiresAt: NOW + 900 })

  it('makes tokens from before it refused, and no others', async () => {
    const { judge } = await withGap()
    expect(await judge(await issuedAgo(61))).toBe('revocations_stale')
    expect(await judge(await issuedAgo(60))).toBe('ok')
  })

  it('may be put up with', async () => {
    const { judge } = await withGap({ whenGap: 'allow' })
    expect(await judge(await issuedAgo(61))).toBe('ok')
  })
})

describe('what is remembered', () => {
  const claims = (over: object) => factsOf(over)
  const told = (now: number, over: object) => ({
    since: 0,
    now,
    sessions: [],
    subjects: [],
    ...over,
  })

  it('is forgotten when no token can be alive any more', () => {
    const endings = createEndings(3_600_000)
    endings.learn(
      told(MS, {
        sessions: [{ id: SESSION, endedAt: MS }],
        subjects: [{ subject: 'ada', epoch: 1, endedAt: MS }],
      }),
      0,
    )
    expect(endings.size).toBe(2)
    endings.learn(told(MS + 3_600_000, {}), MS)
    expect(endings.hasEnded(claims({}))).toBe(true)
    endings.learn(told(MS + 4_000_000, {}), MS)
    expect(endings.size).toBe(0)
  })

  it('is not undone by what is told late, twice, or out of order', () => {
    const endings = createEndings(3_600_000)
    const of = (epoch: number, except?: string) =>
      told(MS, { subjects: [{ subject: 'ada', epoch, except, endedAt: MS }] })
    endings.learn(of(5), 0)
    endings.learn(of(4, SESSION), 0)
    expect(endings.hasEnded(claims({ version: '3.0' }))).toBe(true)
    endings.learn(of(6, SESSION), 0)
    expect(endings.hasEnded(claims({ version: '3.0' }))).toBe(false)
    endings.learn(of(6, SESSION), 0)
    expect(endings.hasEnded(claims({ version: '3.0', sessionId: `Ab.${'d'.repeat(22)}` }))).toBe(
      true,
    )
  })

  it('is read only where it has the right form', () => {
    const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
    expect(
      readFeedAnswer(
        bytes(told(1, { subjects: [{ subject: 'a', epoch: 1, except: null, endedAt: 1 }] })),
      ),
    ).toBeDefined()
    expect(readFeedAnswer(Uint8Array.of(0xff))).toBeUndefined()
    expect(readFeedAnswer(bytes(told(-1, {})))).toBeUndefined()
  })
})
