import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import { createAnomalyGuard } from '../../../src/guard/anomaly/index.js'
import { refuseUnlessSignedIn } from '../../../src/guard/session-guard.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { createMemoryCounters } from '../../../src/store/memory/counters.js'
import type { Counters } from '../../../src/store/counters.js'
import { createManualClock } from '../../../src/testing/manual-clock.js'
import { Browser, incoming } from '../../support/browser.js'
import { TOKENS } from '../../support/sojourn.js'
import { AGENTS, HOME, PHONE, settle, VPN, watched } from './support.js'

const COPIED = { address: VPN, userAgent: AGENTS.linux }

describe('by default', () => {
  it('behaviour 25a: Wi-Fi, 4G, VPN and a browser update: still signed in, and each is recorded', async () => {
    const { signIn, come, anomalies, guard } = watched()
    await signIn()
    const way = [
      { address: HOME },
      { address: PHONE },
      { address: VPN },
      { address: VPN, userAgent: AGENTS.newerFirefox },
      { address: HOME, userAgent: AGENTS.newerFirefox },
      { address: PHONE, userAgent: AGENTS.newerFirefox },
    ]
    for (const step of way) {
      const { refusal, subject, session } = await come(step)
      expect([refusal, subject, refuseUnlessSignedIn(session)]).toEqual([
        undefined,
        'alice',
        undefined,
      ])
    }
    // Going back is no news, and neither is the update.
    expect(anomalies.map(({ signals, answer, address }) => [signals, answer, address])).toEqual([
      [['network_changed'], 'observe', PHONE],
      [['network_changed'], 'observe', VPN],
    ])
    expect(guard.report()).toMatchObject({
      byGrade: { low: 2, medium: 0, high: 0 },
      byAnswer: { observe: 2, notify: 0, 'step-up': 0, revoke: 0 },
      bySignal: { network_changed: 2 },
    })
  })

  it('a copied cookie on another machine is told of, once', async () => {
    const heard: unknown[] = []
    const { signIn, come, anomalies } = watched({ notify: (notice) => heard.push(notice) })
    await signIn()
    for (let request = 0; request < 3; request += 1) {
      expect((await come(COPIED)).subject).toBe('alice')
    }
    expect(anomalies).toMatchObject([
      { signals: ['network_changed', 'agent_changed'], answer: 'notify', isEnforced: true },
    ])
    expect(heard).toMatchObject([{ subject: 'alice', grade: 'medium', address: VPN }])
  })

  it('the hook hears of the same signals once in a day, the event log of each difference', async () => {
    const heard: unknown[] = []
    const { signIn, come, anomalies, clock } = watched(
      { notify: (notice) => heard.push(notice) },
      { idle: '2d', absolute: '3d' },
    )
    await signIn()
    await come({ userAgent: AGENTS.chrome })
    await come({ userAgent: AGENTS.edge })
    expect([anomalies.length, heard.length]).toEqual([2, 1])
    clock.advance(86_400_000)
    await come({ userAgent: AGENTS.linux })
    expect([anomalies.length, heard.length]).toEqual([3, 2])
  })

  it('costs no store call and no promise where nothing has changed', async () => {
    const { signIn, browser, sojourn, guard, calls } = watched()
    await signIn()
    await browser.visit(async (session) => {
      await session.load()
      calls.length = 0
      const asked = spyOn(sojourn.counters)
      for (const address of [HOME, '203.0.113.200']) {
        const request = incoming(browser.cookie, { address, userAgent: AGENTS.firefox })
        expect(guard.check(request, session)).toBeUndefined()
      }
      expect([calls, asked]).toEqual([[], []])
    })
  })

  it('asks the store about a difference once, however often it comes', async () => {
    const { signIn, browser, sojourn, guard } = watched()
    await signIn()
    const asked = spyOn(sojourn.counters)
    await browser.visit(async (session) => {
      await session.load()
      const request = incoming(browser.cookie, { address: VPN, userAgent: AGENTS.firefox })
      await Promise.all([guard.check(request, session), guard.check(request, session)])
      const first = asked.length
      for (let at = 0; at < 100; at += 1) expect(guard.check(request, session)).toBeUndefined()
      expect(first).toBeLessThanOrEqual(6)
      expect(asked).toHaveLength(first)
    })
  })

  it('guests and strangers are nobody to watch', async () => {
    const { browser, guard, come } = watched()
    await browser.visit((session) => {
      session.set('cart', [1])
    })
    expect((await come(COPIED)).refusal).toBeUndefined()
    expect(guard.report().byGrade).toEqual({ low: 0, medium: 0, high: 0 })
  })
})

describe('signals', () => {
  it('client hints that contradict the browser of the session', async () => {
    const { signIn, come, anomalies } = watched()
    await signIn({ address: HOME, userAgent: AGENTS.chrome })
    await come({ userAgent: AGENTS.chrome, hints: { 'sec-ch-ua-platform': '"Windows"' } })
    expect(anomalies).toEqual([])
    await come({ userAgent: AGENTS.chrome, hints: { 'sec-ch-ua-platform': '"Linux"' } })
    await come({ userAgent: AGENTS.chrome, hints: { 'sec-ch-ua-platform': '"Linux"' } })
    expect(anomalies.map(({ signals }) => signals)).toEqual([['client_hints']])
  })

  it('two networks in turn within seconds, but not those of one device with IPv4 and IPv6', async () => {
    const { signIn, browser, guard, sojourn, anomalies, clock } = watched()
    await signIn()
    const from = async (...addresses: string[]) => {
      for (const address of addresses) {
        await browser.visit(async (session) => {
          await session.load()
          await guard.check(
            incoming(browser.cookie, { address, userAgent: AGENTS.firefox }),
            session,
          )
        })
        clock.advance(2_000)
      }
      await settle(sojourn)
      return anomalies.splice(0).map(({ signals }) => signals.join())
    }
    expect(await from(HOME, '2001:db8::1', HOME, '2001:db8::1')).toEqual(['network_changed'])
    expect(await from(HOME, PHONE)).toEqual(['network_changed'])
    expect(await from(HOME, PHONE, HOME)).toEqual(['alternating_networks'])
  })

  it('many failed sign-ins from the network, when something else is new', async () => {
    const { signIn, come, anomalies, sojourn } = watched()
    await signIn()
    for (let at = 0; at < 9; at += 1) {
      sojourn.reportSignInFailure({ reason: 'credentials_invalid', address: VPN })
    }
    await settle(sojourn)
    await come({ address: VPN })
    expect(anomalies.at(-1)?.signals).toEqual(['network_changed'])
    for (let at = 0; at < 10; at += 1) {
      sojourn.reportSignInFailure({ reason: 'credentials_invalid', address: PHONE })
    }
    await settle(sojourn)
    await come({ address: PHONE })
    expect(anomalies.at(-1)).toMatchObject({
      signals: ['network_changed', 'failed_attempts'],
      answer: 'notify',
    })
  })

  it('hours in which the person never came, when something else is new', async () => {
    const { sojourn, come, anomalies, signIn, clock } = watched(
      {},
      { absolute: '30d', idle: '29d' },
    )
    for (let day = 0; day < 11; day += 1) {
      await signIn({ address: HOME, userAgent: AGENTS.firefox }, new Browser(sojourn))
      clock.advance(86_400_000)
    }
    await signIn()
    clock.advance(12 * 3_600_000)
    await come({ address: PHONE })
    expect(anomalies.map(({ signals }) => signals)).toEqual([['network_changed', 'unusual_hour']])
  })

  it('no hour is unusual for somebody of whom little is known', async () => {
    const { come, anomalies, signIn, clock } = watched({}, { absolute: '30d', idle: '29d' })
    await signIn()
    clock.advance(12 * 3_600_000)
    await come({ address: PHONE })
    expect(anomalies.map(({ signals }) => signals)).toEqual([['network_changed']])
  })

  it('farther than anybody travels, by the hook of the application', async () => {
    const places: Record<string, { latitude: number; longitude: number }> = {
      [HOME]: { latitude: 48.2, longitude: 16.4 },
      [VPN]: { latitude: -33.9, longitude: 151.2 },
    }
    const { signIn, come, anomalies } = watched({ locate: (address) => places[address] })
    await signIn()
    await come({ address: VPN })
    expect(anomalies).toMatchObject([
      { signals: ['network_changed', 'impossible_travel'], answer: 'notify' },
    ])
  })

  it('a spent refresh token from another network, and not from the same one', async () => {
    for (const [address, expected] of [
      [VPN, [{ signals: ['refresh_replay'], answer: 'revoke', isEnforced: true }]],
      ['203.0.113.99', []],
    ] as const) {
      const { signIn, browser, sojourn, clock, anomalies } = watched({}, { tokens: TOKENS })
      await signIn()
      const { refreshToken } = await browser.visit((session) => session.issueTokens())
      await sojourn.tokens.refresh(refreshToken)
      clock.advance(60_000)
      expect(await sojourn.tokens.refresh(refreshToken, { address })).toMatchObject({
        reason: 'refresh_reuse',
      })
      await settle(sojourn)
      expect(anomalies).toMatchObject(expected)
      expect(anomalies).toHaveLength(expected.length)
    }
  })
})

describe('answers', () => {
  it('behaviour 25a: policy step-up: every guard refuses until the person has proved again who they are', async () => {
    const { signIn, come, browser, anomalies } = watched({ answers: { low: 'step-up' } })
    await signIn()
    const first = await come({ address: PHONE })
    expect([first.subject, first.awaits]).toEqual(['alice', 'anomaly'])
    for (const address of [PHONE, HOME]) {
      const { session } = await come({ address })
      expect(refuseUnlessSignedIn(session)).toMatchObject({
        status: 401,
        code: 'reauthentication_required',
      })
      expect(refuseUnlessSignedIn(session, { mayBePending: true })).toBeUndefined()
    }
    await browser.visit((session) => session.elevate({ methods: ['pwd'] }), {
      address: PHONE,
      userAgent: AGENTS.firefox,
    })
    const after = await come({ address: PHONE })
    expect([refuseUnlessSignedIn(after.session), after.awaits]).toEqual([undefined, undefined])
    expect(anomalies).toMatchObject([{ answer: 'step-up' }])
  })

  it('behaviour 25a: policy revoke: the session has ended as anomaly, with 401', async () => {
    const { signIn, come, told, sojourn } = watched({ answers: { medium: 'revoke' } })
    await signIn()
    expect((await come({ address: PHONE })).subject).toBe('alice')
    const { refusal, subject } = await come(COPIED)
    expect(refusal).toMatchObject({ status: 401, code: 'session_ended', reason: 'anomaly' })
    expect(subject).toBeUndefined()
    expect((await sojourn.list('alice')).sessions).toEqual([])
    expect(told.filter(({ name }) => name === 'session.ended')).toMatchObject([
      { event: { reason: 'anomaly' } },
    ])
  })

  it('all requests that come together get the same one, and it is told once', async () => {
    const { signIn, browser, guard, anomalies, sojourn } = watched({
      answers: { medium: 'revoke' },
    })
    await signIn()
    const copy = browser.cookie
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        browser.request(
          async (session) => {
            await session.load()
            return guard.check(incoming(copy, COPIED), session)
          },
          { ...COPIED, ...(copy === undefined ? {} : { cookie: copy }) },
        ),
      ),
    )
    expect(answers.map(({ result }) => result?.code)).toEqual(Array(20).fill('session_ended'))
    await settle(sojourn)
    expect(anomalies).toHaveLength(1)
  })

  it('follow weights and grades', async () => {
    const { signIn, come, anomalies } = watched({
      weights: { network_changed: 0, agent_changed: 7 },
      grades: { medium: 6, high: 7 },
      answers: { high: 'revoke' },
    })
    await signIn()
    expect((await come({ address: VPN })).refusal).toBeUndefined()
    expect(anomalies).toEqual([])
    expect((await come({ userAgent: AGENTS.linux })).refusal?.reason).toBe('anomaly')
  })

  it('a hook that throws or never ends changes nothing', async () => {
    const { signIn, come } = watched({
      notify: async () => new Promise(() => undefined),
      onNewSignIn: () => {
        throw new Error('no mail today')
      },
    })
    await signIn()
    expect((await come(COPIED)).subject).toBe('alice')
  })
})

describe('in shadow mode', () => {
  it('reports what enforcement would have done, and does nothing', async () => {
    const heard: unknown[] = []
    const { signIn, come, anomalies, refusals, guard } = watched({
      isShadow: true,
      answers: { low: 'step-up', medium: 'revoke' },
      binding: 'network',
      notify: (notice) => heard.push(notice),
      onNewSignIn: (signIn) => heard.push(signIn),
    })
    await signIn()
    const { refusal, session } = await come(COPIED)
    expect([refusal, refuseUnlessSignedIn(session)]).toEqual([undefined, undefined])
    expect(anomalies).toMatchObject([{ answer: 'revoke', isEnforced: false }])
    expect(refusals).toMatchObject([{ guard: 'binding', isEnforced: false }])
    expect(heard).toEqual([])
    expect(guard.report()).toMatchObject({
      isShadow: true,
      byAnswer: { revoke: 1 },
      bindingMismatches: 1,
    })
    expect(guard.isEnforcing).toBe(false)
  })
})

describe('binding', () => {
  it('S3-66: a session bound to its address is refused from elsewhere, by cookie and by token', async () => {
    const { signIn, come, browser, refusals, sojourn, guard } = watched(
      { binding: 'address' },
      { tokens: TOKENS },
    )
    await signIn()
    const { accessToken } = await browser.visit((session) => session.issueTokens(), {
      address: HOME,
      userAgent: AGENTS.firefox,
    })
    expect((await come()).refusal).toBeUndefined()
    const expected = {
      status: 401,
      code: 'binding_mismatch',
      message: 'Token IP binding mismatch',
    }
    // The record follows its client; what it is bound to does not.
    for (let at = 0; at < 3; at += 1) {
      expect((await come({ address: '203.0.113.8' })).refusal).toMatchObject(expected)
    }
    const byToken = { bearer: accessToken, address: VPN, userAgent: AGENTS.firefox }
    const { result } = await new Browser(sojourn).request(async (session) => {
      await session.load()
      return guard.check(incoming(undefined, byToken), session)
    }, byToken)
    expect(result).toMatchObject({ ...expected, schemes: ['Bearer'] })
    expect((await come()).refusal).toBeUndefined()
    expect(refusals[0]).toMatchObject({
      guard: 'binding',
      check: 'address',
      subject: 'alice',
      isEnforced: true,
    })
  })

  it('is to the network or to the agent where that was asked for', async () => {
    for (const [binding, code, good, bad] of [
      [
        'network',
        'binding_mismatch',
        { address: '203.0.113.200', userAgent: AGENTS.linux },
        { address: VPN },
      ],
      [
        'agent',
        'agent_mismatch',
        { address: VPN, userAgent: AGENTS.newerFirefox },
        { userAgent: AGENTS.chrome },
      ],
    ] as const) {
      const { signIn, come } = watched({ binding })
      await signIn()
      expect((await come(good)).refusal).toBeUndefined()
      expect((await come(bad)).refusal?.code).toBe(code)
      expect(await come(bad)).toMatchObject({ refusal: { code }, subject: undefined })
    }
  })

  it('is to the first agent, however many others came in between', async () => {
    const { signIn, come } = watched({ binding: 'agent' })
    await signIn()
    for (const userAgent of [AGENTS.chrome, AGENTS.edge, AGENTS.chrome, AGENTS.edge]) {
      expect((await come({ userAgent })).refusal?.code).toBe('agent_mismatch')
    }
    expect((await come()).refusal).toBeUndefined()
  })

  it('is to the hash of an address where no more is kept', async () => {
    const { signIn, come, sojourn } = watched(
      { binding: 'address' },
      { privacy: { address: 'keyed-hash' } },
    )
    await signIn()
    expect((await come()).refusal).toBeUndefined()
    expect((await come({ address: '203.0.113.8' })).refusal?.code).toBe('binding_mismatch')
    expect((await come({ address: '203.0.113.8' })).refusal?.code).toBe('binding_mismatch')
    expect(JSON.stringify(await sojourn.list('alice'))).not.toContain('203.0.113')
  })
})

describe('privacy modes', () => {
  it.each(['full', 'truncated', 'keyed-hash', 'none'] as const)(
    'with %s the guard works, or says what it cannot see',
    async (mode) => {
      const { signIn, come, anomalies, guard } = watched(
        {},
        { privacy: { address: mode, agent: mode } },
      )
      await signIn()
      await come()
      await come({ address: VPN, userAgent: AGENTS.linux })
      const { blindTo } = guard.report()
      const seen = anomalies.flatMap(({ signals }) => signals)
      for (const signal of ['network_changed', 'agent_changed'] as const) {
        expect(seen.includes(signal)).toBe(!blindTo.includes(signal))
      }
      expect(blindTo.includes('network_changed')).toBe(mode === 'none')
    },
  )

  it('a binding that cannot be held is refused when it is made', () => {
    const { sojourn } = watched({}, { privacy: { address: 'truncated', agent: 'keyed-hash' } })
    for (const options of [
      { binding: 'address' },
      { binding: 'agent' },
      { prefix: { ipv4: 25 } },
      { prefix: { ipv6: 64 } },
    ] as const) {
      expect(() => createAnomalyGuard(sojourn, options)).toThrow(/truncated|keyed-hash/)
    }
  })

  it('no address or name stands in what is counted', async () => {
    const clock = createManualClock()
    const keys: string[] = []
    const counted = createMemoryCounters(clock)
    const counters: Counters = {
      spend: async (key, ...rest) => (keys.push(key), counted.spend(key, ...rest)),
      attempt: async (key, rule) => (keys.push(key), counted.attempt(key, rule)),
      look: async (key) => counted.look(key),
      forget: async (key) => counted.forget(key),
    }
    const store = Object.assign(createMemoryStore({ clock }), { counters })
    const { signIn, come } = watched({}, { store, clock })
    await signIn()
    await come(COPIED)
    expect(keys.length).toBeGreaterThan(5)
    for (const key of keys) expect(key).toMatch(/^(seen|told|uses|hour|doubt):[\w-]{24}$/)
  })
})

describe('options', () => {
  it.each([
    { answers: { low: 'kill' } },
    { answers: { none: 'observe' } },
    { weights: { network_changed: -1 } },
    { weights: { moon: 1 } },
    { grades: { low: 0 } },
    { grades: { medium: 9 } },
    { binding: 'planet' },
    { prefix: { ipv4: 0 } },
    { notifyEvery: '31d' },
    { alternatingWithin: 'soon' },
    { maxRemembered: 0 },
    { failuresToDoubt: 1.5 },
  ])('%j is refused with its name', (options) => {
    const { sojourn } = watched()
    expect(() => createAnomalyGuard(sojourn, options as never)).toThrow(
      new RegExp(`option ${Object.keys(options)[0] ?? ''}`),
    )
  })
})

describe('while the store is away', () => {
  const away = (calls: { isAway: boolean }) => {
    const clock = createManualClock()
    const counted = createMemoryCounters(clock)
    const fail = async () => Promise.reject(new StoreUnavailable('away'))
    const counters: Counters = {
      spend: async (...all) => (calls.isAway ? fail() : counted.spend(...all)),
      attempt: async (key, rule) => {
        const attempt = await counted.attempt(key, rule)
        return calls.isAway ? fail() : attempt
      },
      look: async (key) => counted.look(key),
      forget: async (key) => counted.forget(key),
    }
    return { store: Object.assign(createMemoryStore({ clock }), { counters }), clock }
  }

  it('watching refuses nobody', async () => {
    const calls = { isAway: false }
    const { signIn, come } = watched({}, away(calls))
    await signIn()
    calls.isAway = true
    expect(await come(COPIED)).toMatchObject({ refusal: undefined, subject: 'alice' })
  })

  it('a session that might have to be revoked does not get through, nor does it afterwards', async () => {
    const calls = { isAway: false }
    const { signIn, come, browser, guard } = watched({ answers: { medium: 'revoke' } }, away(calls))
    await signIn()
    calls.isAway = true
    await browser.visit(async (session) => {
      await session.load()
      await expect(guard.check(incoming(browser.cookie, COPIED), session)).rejects.toThrow(
        StoreUnavailable,
      )
    })
    calls.isAway = false
    // The counters had noted it as seen before they failed.
    expect((await come(COPIED)).refusal?.reason).toBe('anomaly')
  })
})

/** Names of the verbs asked of the counters from now on. */
function spyOn(counters: Counters): string[] {
  const asked: string[] = []
  const { attempt, spend } = counters
  Object.assign(counters, {
    attempt: async (...all: Parameters<Counters['attempt']>) => {
      asked.push('attempt')
      return attempt(...all)
    },
    spend: async (...all: Parameters<Counters['spend']>) => {
      asked.push('spend')
      return spend(...all)
    },
  })
  return asked
}
