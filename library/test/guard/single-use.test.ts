import { describe, expect, it } from 'vitest'
import { createAuthCheck } from '../../src/guard/auth-guard.js'
import { refuseUnlessRecent, refuseUnlessSignedIn } from '../../src/guard/session-guard.js'
import { createProofCheck } from '../../src/guard/single-use.js'
import type { Session } from '../../src/session/session.js'
import { createSojourn } from '../../src/sojourn.js'
import { Browser } from '../support/browser.js'
import { scene, SECRET, TOKENS } from '../support/sojourn.js'

type AnySession = Session<Record<string, unknown>>

/** What each guard that wants a person says of a session. */
const GUARDS: readonly ((session: AnySession) => string | undefined)[] = [
  (session) => refuseUnlessSignedIn(session)?.code,
  (session) => refuseUnlessRecent(session, 3_600_000)?.code,
  (session) => createAuthCheck({})(session)?.code,
  (session) => createAuthCheck({ acr: 'pwd', maxAge: '1h' })(session)?.code,
]

describe('a session that awaits another proof', () => {
  it('GHSA-xg6x-h9c9-2m83: is refused by every guard, from the store and from the cache, until it is given', async () => {
    const sojourn = createSojourn({ secrets: SECRET, tokens: TOKENS })
    const browser = new Browser(sojourn)
    await browser.visit((session) =>
      session.signIn('alice', { methods: ['pwd'], acr: 'pwd', awaits: 'otp' }),
    )
    const judge = async (fresh: boolean) =>
      browser.visit(async (session) => {
        await session.load({ fresh })
        return GUARDS.map((guard) => guard(session))
      })
    const refused = GUARDS.map(() => 'reauthentication_required')
    for (const fresh of [true, false, false, true]) expect(await judge(fresh)).toEqual(refused)
    // The near cache did answer some of them.
    expect(sojourn.cacheStats().hits).toBeGreaterThan(0)
    await expect(browser.visit((session) => session.issueTokens())).rejects.toMatchObject({
      code: 'reauthentication_required',
    })
    await browser.visit((session) => session.elevate({ methods: ['otp'] }))
    for (const fresh of [false, true])
      expect(await judge(fresh)).toEqual(GUARDS.map(() => undefined))
    await sojourn.close()
  })

  it('is told from others in its facts, and only a word may say why', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice', { awaits: 'otp' }))
    const { sessions } = await sojourn.list('alice')
    expect(sessions).toMatchObject([{ awaits: 'otp' }])
    for (const awaits of ['', 'x'.repeat(61), 'two words']) {
      await expect(
        browser.visit((session) => session.signIn('alice', { awaits })),
      ).rejects.toMatchObject({ code: 'field_invalid' })
    }
  })

  it('by token: the access token opens nothing either, and elevating by it frees the session', async () => {
    const { sojourn } = scene({ tokens: TOKENS })
    const browser = new Browser(sojourn)
    const { accessToken: bearer } = await browser.visit(async (session) => {
      await session.signIn('alice')
      return session.issueTokens()
    })
    const app = new Browser(sojourn)
    const judge = async () =>
      app.visit(async (session) => refuseUnlessSignedIn(await session.load())?.code, { bearer })
    expect(await judge()).toBeUndefined()
    expect(await app.visit((session) => session.demandProof('anomaly'), { bearer })).toBe(true)
    expect(await judge()).toBe('reauthentication_required')
    await app.visit((session) => session.elevate(), { bearer })
    expect(await judge()).toBeUndefined()
  })

  it('can only be one of somebody', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    expect(await browser.visit((session) => session.demandProof('anomaly'))).toBe(false)
  })
})

describe('a proof for one act', () => {
  it('ASVS 7.5.3: is refused until the second factor was recorded, and is used up by one act, over all processes', async () => {
    const { sojourn, clock, store } = scene()
    const other = scene({ store }).sojourn
    const [here, there] = [sojourn, other].map((each) =>
      createProofCheck(
        { counters: sojourn.counters, deriveKeys: each.deriveKeys },
        { action: 'transfer', maxAge: '5m', methods: ['otp'] },
      ),
    )
    const browser = new Browser(sojourn)
    const act = async (check = here) =>
      browser.visit(async (session) => {
        const refusal = await check?.(await session.load())
        return refusal === undefined ? 'done' : `${refusal.code} ${refusal.check ?? ''}`
      })
    expect(await act()).toBe('session_missing ')
    await browser.visit((session) => session.signIn('alice', { methods: ['pwd'] }))
    expect(await act()).toBe('reauthentication_required method')
    await browser.visit((session) => session.elevate({ methods: ['otp'] }))
    const all = await Promise.all(Array.from({ length: 20 }, (_, at) => act(at % 2 ? here : there)))
    expect(all.filter((outcome) => outcome === 'done')).toHaveLength(1)
    expect(await act()).toBe('reauthentication_required used')
    clock.advance(1_000)
    await browser.visit((session) => session.elevate({ methods: ['otp'] }))
    clock.advance(301_000)
    expect(await act()).toBe('reauthentication_required ')
    await browser.visit((session) => session.elevate({ methods: ['otp'] }))
    expect([await act(), await act()]).toEqual(['done', 'reauthentication_required used'])
  })

  it('opens one act of each name', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'))
    for (const action of ['transfer', 'delete']) {
      const check = createProofCheck(sojourn, { action })
      const act = async () =>
        browser.visit(async (session) => (await check(await session.load()))?.check)
      expect([await act(), await act()]).toEqual([undefined, 'used'])
    }
  })

  it('wants a name and an age that can be', () => {
    const { sojourn } = scene()
    for (const rules of [
      { action: '' },
      { action: 'two words' },
      { action: 'a', maxAge: '2d' },
      { action: 'a', maxAge: 0 },
    ] as const) {
      expect(() => createProofCheck(sojourn, rules)).toThrow(/option (action|maxAge)/)
    }
  })
})

describe('the check of a proof', () => {
  /** A session that proved who it is by these methods, and what it is asked with. */
  const proved = (methods: readonly string[]): AnySession =>
    ({
      isSignedIn: true,
      isRecent: () => true,
      schemes: ['Cookie'],
      resolution: { state: 'active', record: { traits: {} } },
      facts: { id: 'GJ.session', authenticatedAt: 1, methods },
    }) as unknown as AnySession

  it('takes one of the methods that it names, and says in seconds how recent it has to be', async () => {
    const { sojourn } = scene()
    const check = createProofCheck(sojourn, {
      action: 'pay',
      maxAge: '90s',
      methods: ['otp', 'hwk'],
    })
    expect(await check(proved(['pwd']))).toEqual({
      status: 401,
      code: 'reauthentication_required',
      message: 'Please confirm that it is you.',
      check: 'method',
      maxAge: 90,
      schemes: ['Cookie'],
    })
    expect(await check(proved(['pwd', 'otp']))).toBeUndefined()
    expect(await check(proved(['pwd', 'otp']))).toMatchObject({ check: 'used', maxAge: 90 })
    // Another act of the same proof.
    expect(await createProofCheck(sojourn, { action: 'sell' })(proved(['pwd']))).toBeUndefined()
  })

  it('names nobody to the store: the keys are made with a key of their own', async () => {
    const keys: string[] = []
    const counters = {
      attempt: async (key: string) => {
        keys.push(key)
        return Promise.resolve({ isAllowed: true, failures: 0, retryAfter: 0 })
      },
    } as never
    for (const secret of ['one', 'two']) {
      const deriveKeys = (purpose: string) => [Buffer.from(`${secret} ${purpose}`.padEnd(32))]
      await createProofCheck({ counters, deriveKeys }, { action: 'pay' })(proved([]))
      expect(purposes(deriveKeys)).toEqual(['proof'])
    }
    expect(new Set(keys).size).toBe(2)
    for (const key of keys) expect(key).toMatch(/^proof:[\w-]{24}$/)

    function purposes(deriveKeys: (purpose: string) => readonly Buffer[]): string[] {
      const asked: string[] = []
      createProofCheck(
        {
          counters,
          deriveKeys: (purpose) => {
            asked.push(purpose)
            return deriveKeys(purpose)
          },
        },
        { action: 'pay' },
      )
      return asked
    }
  })

  it.each([['1ms'], ['24h']])('may be as old as %s', (maxAge) => {
    const { sojourn } = scene()
    expect(() =>
      createProofCheck(sojourn, { action: 'pay', maxAge: maxAge as '24h' }),
    ).not.toThrow()
  })

  it.each([[0], ['25h'], ['soon'], [-1]])('may not be as old as %s', (maxAge) => {
    const { sojourn } = scene()
    expect(() => createProofCheck(sojourn, { action: 'pay', maxAge: maxAge as '24h' })).toThrow(
      /up to 24 hours/,
    )
  })
})
