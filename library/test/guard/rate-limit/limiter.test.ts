import { describe, expect, it } from 'vitest'
import { InvalidOption, StoreUnavailable } from '../../../src/errors.js'
import {
  createRateLimiter,
  type LimitDecision,
  type LimitPolicy,
  type RateLimiterOptions,
} from '../../../src/guard/rate-limit/index.js'
import { createNodeIncoming } from '../../../src/request/incoming.js'
import { createProxyTrust } from '../../../src/request/client-address.js'
import type { SojournEvents } from '../../../src/session/events.js'
import type { Counters } from '../../../src/store/counters.js'
import { incoming } from '../../support/browser.js'
import { hearing, scene } from '../../support/sojourn.js'
import { parseFields } from './parse-fields.js'

const THREE: LimitPolicy = { name: 'three', quota: 3, window: '30s' }

/** A limiter on a memory store whose counters can be taken away, and everything it tells. */
function stage(
  policies: LimitPolicy | readonly LimitPolicy[],
  options: Omit<RateLimiterOptions, 'policies'> = {},
) {
  const { sojourn, clock } = scene()
  const decisions: LimitDecision[] = []
  const told: SojournEvents['request.refused'][] = []
  const keys: string[] = []
  const state = { isAway: false }
  const counters: Counters = {
    ...sojourn.counters,
    async spend(key, rate, cost) {
      keys.push(key)
      if (state.isAway) throw new StoreUnavailable('away')
      return sojourn.counters.spend(key, rate, cost)
    },
  }
  sojourn.on('request.refused', (event) => told.push(event))
  const limiter = createRateLimiter(
    { ...sojourn, counters },
    { policies, onDecision: (one) => decisions.push(one), ...options },
  )
  const from = async (address: string, session?: { id?: string; subject?: string }) => {
    const { refusal } = await limiter.check(incoming(undefined, { address }), {
      id: session?.id as never,
      subject: session?.subject,
    })
    return refusal
  }
  /** How many get through until one does not, at most 50. */
  const count = async (...args: Parameters<typeof from>): Promise<number> => {
    for (let at = 0; at < 50; at += 1) if ((await from(...args)) !== undefined) return at
    return 50
  }
  return { limiter, clock, state, told, decisions, keys, from, count }
}

describe('one policy', () => {
  it('lets the quota through at once, and then as much as comes back', async () => {
    const { count, clock } = stage(THREE)
    expect(await count('192.0.2.1')).toBe(3)
    clock.advance(9_999)
    expect(await count('192.0.2.1')).toBe(0)
    clock.advance(1)
    expect(await count('192.0.2.1')).toBe(1)
    clock.advance(29_999)
    expect(await count('192.0.2.1')).toBe(2)
    clock.advance(1_000_000)
    expect(await count('192.0.2.1')).toBe(3)
  })

  it('refuses in words that say when, and trying again does not prolong the wait', async () => {
    const { from, count, clock } = stage(THREE)
    await count('192.0.2.1')
    clock.advance(500)
    for (let at = 0; at < 20; at += 1) {
      expect(await from('192.0.2.1')).toMatchObject({
        status: 429,
        code: 'rate_limited',
        message: 'Too many attempts. Try again in 10 seconds.',
        retryAfter: 10,
        check: 'three',
      })
    }
    clock.advance(9_500)
    expect(await from('192.0.2.1')).toBeUndefined()
  })

  it('says on every answer what is left, in the fields of draft 10', async () => {
    const { limiter, clock } = stage(THREE)
    const request = incoming(undefined, { address: '192.0.2.1' })
    const first = await limiter.check(request)
    const [policy] = parseFields(first.fields['RateLimit-Policy'])
    const [limit] = parseFields(first.fields.RateLimit)
    expect(policy).toEqual({ name: 'three', q: 3, w: 30, pk: expect.any(String) as string })
    expect(limit).toEqual({ name: 'three', r: 2, t: 10, pk: policy?.['pk'] })
    await limiter.check(request)
    await limiter.check(request)
    clock.advance(1_000)
    const { refusal, fields } = await limiter.check(request)
    expect(parseFields(fields.RateLimit)).toEqual([{ ...limit, r: 0, t: 9 }])
    expect(refusal).toMatchObject({ retryAfter: 9, headers: fields })
    // The partition is the client's own: another one has another.
    const other = await limiter.check(incoming(undefined, { address: '192.0.2.2' }))
    expect(parseFields(other.fields.RateLimit)[0]?.['pk']).not.toBe(limit?.['pk'])
  })

  it('takes what a request costs, and a function cannot ask for more or less than there is', async () => {
    const cost = ({ target }: { target: string }): number => Number(target.slice(1))
    const { limiter } = stage({ ...THREE, quota: 10, cost })
    const take = async (target: string): Promise<number> => {
      const request = incoming(undefined, { target, address: target })
      return Number(parseFields((await limiter.check(request)).fields.RateLimit)[0]?.['r'])
    }
    expect(await take('/4')).toBe(6)
    expect(await take('/0')).toBe(9)
    expect(await take('/-5')).toBe(9)
    expect(await take('/1.5')).toBe(8)
    expect(await take('/99')).toBe(0)
    expect(await take('/x')).toBe(0)
  })
})

describe('whose allowance it is', () => {
  const mapped = ['::ffff:192.0.2.1', '::FFFF:192.0.2.1', '::ffff:c000:201', '192.0.2.1']
  const rotating = [
    '2001:db8:1:2::1',
    '2001:DB8:1:2::A',
    '2001:0db8:0001:0002:0000:0000:0000:00ff',
    '2001:db8:1:2:ffff:ffff:ffff:ffff',
    '2001:db8:1:2::1%eth0',
  ]

  /** As Node reports the peer of a connection. */
  const peer = (remoteAddress: string) =>
    createNodeIncoming({ headers: {}, socket: { remoteAddress } }, createProxyTrust(undefined))

  it.each([
    ['IPv6 within one /64', rotating, '2001:db8:1:3::1'],
    ['IPv4, mapped or not', mapped, '::ffff:192.0.2.2'],
  ])('CVE-2026-45364: %s is one client, however it is written', async (_, spellings, other) => {
    const { limiter, keys } = stage({ ...THREE, quota: spellings.length })
    for (const one of spellings) expect((await limiter.check(peer(one))).refusal).toBeUndefined()
    for (const one of spellings) expect((await limiter.check(peer(one))).refusal?.status).toBe(429)
    expect(new Set(keys).size).toBe(1)
    expect((await limiter.check(peer(other))).refusal).toBeUndefined()
  })

  it('counts a wider network where that is asked for', async () => {
    const { count } = stage(THREE, { ipv6Prefix: 56 })
    expect(await count('2001:db8:1:200::1')).toBe(3)
    expect(await count('2001:db8:1:2ff::1')).toBe(0)
    expect(await count('2001:db8:1:300::1')).toBe(3)
    expect(await count('2001:db8:1:100::1')).toBe(3)
  })

  it('a connection without an address shares one allowance with the others, and is not unlimited', async () => {
    const { count } = stage(THREE)
    expect(await count('')).toBe(3)
    expect(await count('')).toBe(0)
  })

  it('is the account over all networks, or in each, or the session', async () => {
    const { count } = stage({ ...THREE, by: 'account' })
    expect(await count('192.0.2.1', { subject: 'ada' })).toBe(3)
    expect(await count('192.0.2.2', { subject: 'ada' })).toBe(0)
    expect(await count('192.0.2.1', { subject: 'bob' })).toBe(3)

    const both = stage({ ...THREE, by: 'account-network' })
    expect(await both.count('192.0.2.1', { subject: 'ada' })).toBe(3)
    expect(await both.count('192.0.2.1', { subject: 'bob' })).toBe(3)
    expect(await both.count('192.0.2.2', { subject: 'ada' })).toBe(3)
    expect(await both.count('192.0.2.2', { subject: 'ada' })).toBe(0)

    const session = stage({ ...THREE, by: 'session' })
    expect(await session.count('192.0.2.1', { id: 'one' })).toBe(3)
    expect(await session.count('192.0.2.2', { id: 'one' })).toBe(0)
    expect(await session.count('192.0.2.1', { id: 'two' })).toBe(3)
  })

  it.each(['account', 'account-network', 'session', () => undefined] as const)(
    'is the network where there is no %s',
    async (by) => {
      const { count } = stage({ ...THREE, by })
      expect(await count('192.0.2.1')).toBe(3)
      expect(await count('192.0.2.1')).toBe(0)
      expect(await count('192.0.2.2')).toBe(3)
    },
  )

  it('is whatever a function says, and nobody can be called like somebody else’s network', async () => {
    const { count } = stage({ ...THREE, by: (_, session) => session?.subject })
    expect(await count('192.0.2.1', { subject: '192.0.2.9' })).toBe(3)
    expect(await count('192.0.2.9', { subject: '192.0.2.9' })).toBe(0)
    expect(await count('192.0.2.9')).toBe(3)
  })

  it('stays unknown to who reads the store, and differs by policy and by secret', async () => {
    const { from, keys } = stage([
      { ...THREE, by: 'account' },
      { ...THREE, name: 'other' },
    ])
    await from('192.0.2.1', { subject: 'ada' })
    expect(keys).toEqual([
      expect.stringMatching(/^limit:three:[\w-]{22}$/),
      expect.stringMatching(/^limit:other:[\w-]{22}$/),
    ])
    const twins = stage([THREE, { ...THREE, name: 'twin' }])
    await twins.from('192.0.2.1')
    expect(new Set(twins.keys.map((key) => key.split(':')[2])).size).toBe(2)
    const foreign = scene({ secrets: 'another secret that is long enough: 0123456789' })
    const more = createRateLimiter(foreign.sojourn, { policies: THREE })
    const here = createRateLimiter(scene().sojourn, { policies: THREE })
    const pk = async (one: typeof more) =>
      parseFields(
        (await one.check(incoming(undefined, { address: '192.0.2.1' }))).fields.RateLimit,
      )[0]?.['pk']
    expect(await pk(more)).not.toBe(await pk(here))
  })
})

describe('several policies', () => {
  const wide: LimitPolicy = { name: 'wide', quota: 100, window: '1h', by: 'account' }

  it('have to be met together, and all are named', async () => {
    const { limiter, from } = stage([THREE, { ...wide, quota: 5 }])
    const session = { id: undefined, subject: 'ada' }
    for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.2'])
      expect(await from(address, session as never)).toBeUndefined()
    const result = await limiter.check(incoming(undefined, { address: '192.0.2.1' }), session)
    expect(parseFields(result.fields['RateLimit-Policy']).map(({ name }) => name)).toEqual([
      'three',
      'wide',
    ])
    expect(parseFields(result.fields.RateLimit).map(({ r }) => r)).toEqual([0, 0])
    expect(await from('192.0.2.1', session as never)).toMatchObject({
      check: 'wide',
      retryAfter: 720,
    })
  })

  it('where one refuses, the others give back what they took', async () => {
    const { limiter, count } = stage([THREE, wide])
    expect(await count('192.0.2.1', { subject: 'ada' })).toBe(3)
    for (let at = 0; at < 500; at += 1) await count('192.0.2.1', { subject: 'ada' })
    const { fields } = await limiter.check(incoming(undefined, { address: '192.0.2.1' }), {
      id: undefined,
      subject: 'ada',
    })
    expect(parseFields(fields.RateLimit).map(({ r }) => r)).toEqual([0, 97])
  })
})

describe('a policy that only reports', () => {
  it('tells what it would have refused, refuses nobody, and is not on the wire', async () => {
    const { limiter, from, told, decisions } = stage([{ ...THREE, isShadow: true }])
    for (let at = 0; at < 5; at += 1) expect(await from('192.0.2.1')).toBeUndefined()
    await hearing()
    expect(told.map(({ isEnforced, check }) => [isEnforced, check])).toEqual([
      [false, 'three'],
      [false, 'three'],
    ])
    expect(decisions.map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(3).fill('allowed'),
      ...Array<string>(2).fill('shadowed'),
    ])
    const { fields } = await limiter.check(incoming(undefined, {}))
    expect(fields).toEqual({ 'RateLimit-Policy': '', RateLimit: '' })
  })
})

describe('what is told', () => {
  it('is who was refused what, without the query', async () => {
    const { limiter, told } = stage({ ...THREE, quota: 1, by: 'session' })
    const request = incoming(undefined, { address: '192.0.2.1', target: '/a?token=x#y' })
    const session = { id: 'S1' as never, subject: 'ada' }
    await limiter.check(request, session)
    await limiter.check(request, session)
    await hearing()
    expect(told).toEqual([
      {
        guard: 'limit',
        code: 'rate_limited',
        check: 'three',
        method: 'GET',
        path: '/a',
        address: '192.0.2.1',
        id: 'S1',
        subject: 'ada',
        isEnforced: true,
      },
    ])
  })
})

describe('while the store is away', () => {
  it('this process counts a quarter, says so, and the store counts again at once when it is back', async () => {
    const { count, from, state, told, decisions } = stage({ ...THREE, quota: 13 })
    await from('192.0.2.1')
    state.isAway = true
    expect(await count('192.0.2.1')).toBe(3)
    await hearing()
    expect(told).toMatchObject([{ check: 'three:fallback', isEnforced: true }])
    expect(decisions.map(({ outcome, isFallback }) => `${outcome} ${String(isFallback)}`)).toEqual([
      'allowed false',
      'allowed true',
      'allowed true',
      'allowed true',
      'refused true',
    ])
    state.isAway = false
    expect(await count('192.0.2.1')).toBe(12)
  })

  it('at least one gets through, also where one request costs more than a quarter', async () => {
    const { count, state } = stage([THREE, { name: 'costly', quota: 20, window: '1h', cost: 20 }])
    state.isAway = true
    expect(await count('192.0.2.1')).toBe(1)
    expect(await count('192.0.2.1')).toBe(0)
  })

  it('names the smaller quota on the wire', async () => {
    const { limiter, state } = stage({ ...THREE, quota: 40 })
    state.isAway = true
    const { fields } = await limiter.check(incoming(undefined, { address: '192.0.2.1' }))
    expect(parseFields(fields['RateLimit-Policy'])[0]?.['q']).toBe(10)
    expect(parseFields(fields.RateLimit)[0]?.['r']).toBe(9)
  })

  it('a fault that is none of the store’s is thrown', async () => {
    const { sojourn } = scene()
    const counters = { ...sojourn.counters, spend: async () => Promise.reject(new TypeError('x')) }
    const limiter = createRateLimiter({ ...sojourn, counters }, { policies: THREE })
    await expect(limiter.check(incoming(undefined, {}))).rejects.toThrow(TypeError)
  })
})

describe('looking', () => {
  it('counts nothing, and clearing fills up exactly what was looked at', async () => {
    const policies = [
      THREE,
      { ...THREE, name: 'own', by: 'account' },
      { ...THREE, name: 'both', by: 'account-network' },
      { ...THREE, name: 'other', by: () => 'x' },
    ] as const
    const { limiter, from, state } = stage(policies)
    const address = '192.0.2.1'
    await from(address, { subject: 'ada' })
    const left = async (who: Parameters<typeof limiter.look>[0]) =>
      (await limiter.look(who)).map(({ policy, remaining }) => `${policy} ${String(remaining)}`)
    for (let at = 0; at < 10; at += 1) await limiter.look({ address, subject: 'ada' })
    expect(await left({ address, subject: 'ada' })).toEqual(['three 2', 'own 2', 'both 2'])
    expect(await left({ address: '192.0.2.2', subject: 'ada' })).toEqual([
      'three 3',
      'own 2',
      'both 3',
    ])
    expect(await left({ address })).toEqual(['three 2'])
    expect(await left({ subject: 'grace' })).toEqual(['own 3'])
    expect(await left({})).toEqual([])
    expect(await limiter.look({ subject: 'ada' })).toEqual([
      { policy: 'own', quota: 3, window: 30_000, remaining: 2, resetAfter: 10_000 },
    ])
    expect(await limiter.clear({ address })).toEqual(['three'])
    expect(await left({ address, subject: 'ada' })).toEqual(['three 3', 'own 2', 'both 2'])
    state.isAway = true
    await expect(limiter.look({ address })).rejects.toThrow(StoreUnavailable)
  })
})

describe('policies that are wrong', () => {
  it.each([
    ['no name', { ...THREE, name: '' }],
    ['a name that needs escaping', { ...THREE, name: 'a"b' }],
    ['a name of two lines', { ...THREE, name: 'a\nb' }],
    ['no quota', { ...THREE, quota: 0 }],
    ['half a quota', { ...THREE, quota: 1.5 }],
    ['too much', { ...THREE, quota: 1_000_001 }],
    ['no time', { ...THREE, window: 0 }],
    ['no unit', { ...THREE, window: '15' as never }],
    ['too long', { ...THREE, window: '31d' as const }],
    ['nobody', { ...THREE, by: 'user' as never }],
    ['what no request can pay', { ...THREE, cost: 4 }],
    ['what gives back', { ...THREE, cost: -1 }],
    ['none', []],
    ['two of a name', [THREE, THREE]],
  ])('%s', (_, policies) => {
    expect(() => stage(policies as LimitPolicy)).toThrow(InvalidOption)
  })

  it.each([0, 31, 65, 63.5])('a network of %s bits', (ipv6Prefix) => {
    expect(() => stage(THREE, { ipv6Prefix })).toThrow(/ipv6Prefix/)
  })
})
