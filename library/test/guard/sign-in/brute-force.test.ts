import { describe, expect, it } from 'vitest'
import { createSignInGuard } from '../../../src/index.js'
import { addressOf, incoming, inTurn, world } from './support.js'

const MINUTE = 60_000

describe('one account', () => {
  it('S3-54, S3-55: MAX_LOGIN_ATTEMPTS wrong passwords, then a wait of LOCKOUT_TIME, as configured', async () => {
    const { signIn, clock } = world({ maxAttempts: 3, lockout: 1800 })
    expect((await inTurn(3, () => signIn({}))).map(({ is }) => is)).toEqual(Array(3).fill('wrong'))
    expect(await signIn({ password: 'right' })).toMatchObject({
      is: 'refused',
      code: 'signin_locked',
      retryAfter: 1800,
      body: { status: 429 },
    })
    clock.advance(1800_000 - 1)
    expect(await signIn({ password: 'right' })).toMatchObject({ is: 'refused', retryAfter: 1 })
    clock.advance(1)
    expect(await signIn({ password: 'right' })).toMatchObject({ is: 'right' })
  })

  it('locks at the fifth failure for 15 minutes where nothing is configured', async () => {
    const { signIn } = world()
    await inTurn(5, () => signIn({}))
    expect(await signIn({ password: 'right' })).toMatchObject({ is: 'refused', retryAfter: 900 })
  })

  it('behaviour 19e: tries while locked do not prolong the lock, and unknown people wait the same', async () => {
    const { signIn, clock } = world()
    const seen = { known: [] as unknown[], nobody: [] as unknown[] }
    for (const account of ['known', 'nobody'] as const) {
      const address = account === 'known' ? '203.0.113.1' : '203.0.113.2'
      const note = async (): Promise<void> => {
        seen[account].push(await signIn({ account, address }))
      }
      await inTurn(6, note)
    }
    clock.advance(10 * MINUTE)
    for (const account of ['known', 'nobody'] as const) {
      const address = account === 'known' ? '203.0.113.1' : '203.0.113.2'
      const tries = await inTurn(30, () => signIn({ account, address }))
      expect(tries.every(({ is }) => is === 'refused')).toBe(true)
      seen[account].push(tries[29])
    }
    expect(seen.nobody).toEqual(seen.known)
    expect(seen.known.at(-1)).toMatchObject({ retryAfter: 300 })
    clock.advance(5 * MINUTE)
    for (const account of ['known', 'nobody'] as const) {
      const address = account === 'known' ? '203.0.113.1' : '203.0.113.2'
      expect(await signIn({ account, address, password: 'right' })).toMatchObject({ is: 'right' })
    }
  })

  it('begins to count anew after a success, and after a pause of the lockout', async () => {
    const { signIn, clock } = world()
    await inTurn(4, () => signIn({}))
    await signIn({ password: 'right' })
    expect((await inTurn(5, () => signIn({}))).every(({ is }) => is === 'wrong')).toBe(true)
    expect(await signIn({})).toMatchObject({ is: 'refused' })
    clock.advance(15 * MINUTE)
    await inTurn(4, () => signIn({}))
    clock.advance(15 * MINUTE)
    expect((await inTurn(5, () => signIn({}))).every(({ is }) => is === 'wrong')).toBe(true)
  })

  it('does not count successes: fifty sign-ins without a cookie from anywhere', async () => {
    const { signIn } = world()
    const all = await inTurn(50, (at) => signIn({ address: addressOf(at % 7), password: 'right' }))
    expect(all.every(({ is }) => is === 'right')).toBe(true)
  })

  it('lets in a hundred right passwords at once, after failures too, and fifty people of one network', async () => {
    const { signIn } = world()
    await inTurn(4, () => signIn({}))
    const right = (facts: object): Promise<unknown> => signIn({ password: 'right', ...facts })
    const own = await Promise.all(Array.from({ length: 100 }, () => right({})))
    const others = await Promise.all(
      Array.from({ length: 50 }, (_, at) => right({ account: `person-${String(at)}` })),
    )
    for (const outcome of [...own, ...others]) expect(outcome).toMatchObject({ is: 'right' })
  })

  it('CVE-2024-4629: of 100 parallel wrong passwords at most 5 are checked', async () => {
    const { signIn, checked } = world()
    const all = await Promise.all(Array.from({ length: 100 }, () => signIn({})))
    expect(checked()).toBe(5)
    expect(all.filter(({ is }) => is === 'refused')).toHaveLength(95)
    // They are the account's: nobody else of that network has paid for what was refused.
    expect(await signIn({ account: 'bob' })).toMatchObject({ is: 'wrong' })
  })

  it('CVE-2024-4629: nor where ten processes share the counters', async () => {
    const { context } = world()
    const guards = Array.from({ length: 10 }, () => createSignInGuard(context, { delay: false }))
    let checked = 0
    await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        const start = await guards[at % 10]?.begin({ account: 'ada', incoming: incoming() })
        if (start?.isAllowed !== true) return
        checked += 1
        await start.attempt.failed()
      }),
    )
    expect(checked).toBe(5)
  })

  it('checks no password of a parallel hundred from a hundred networks beyond the account’s 20', async () => {
    const { signIn, checked } = world()
    await Promise.all(Array.from({ length: 100 }, (_, at) => signIn({ address: addressOf(at) })))
    expect(checked()).toBe(20)
  })

  it('is not counted from a network that is refused because of others', async () => {
    const { signIn, clock } = world()
    await inTurn(20, (at) => signIn({ address: addressOf(at) }))
    const tries = await inTurn(10, () => signIn({ address: '192.0.2.1', password: 'right' }))
    expect(tries.every(({ is }) => is === 'refused')).toBe(true)
    expect(tries[9]).toMatchObject({ code: 'signin_locked', retryAfter: 45 })
    clock.advance(45_000)
    expect(await signIn({ address: '192.0.2.1', password: 'right' })).toMatchObject({ is: 'right' })
  })

  it('takes from a network no more than was checked, also where a hundred come at once', async () => {
    const { signIn, checked } = world({ maxAttempts: 100, accountAttempts: 5, networkAttempts: 20 })
    await Promise.all(Array.from({ length: 100 }, () => signIn({})))
    expect(checked()).toBe(5)
    await inTurn(40, (at) => signIn({ account: `person-${String(at)}` }))
    expect(checked()).toBe(20)
  })

  it('takes spellings of a name for one, as one, and different names for different ones', async () => {
    const { signIn } = world()
    const spellings = ['Zoë', 'Zoe\u0308', 'zoë', ' ｚｏë ', 'ZOË']
    await inTurn(5, (at) => signIn({ account: spellings[at] ?? '' }))
    expect(await signIn({ account: 'zoë' })).toMatchObject({ is: 'refused' })
    expect(await signIn({ account: 'zoë.' })).toMatchObject({ is: 'wrong' })
    expect(await signIn({ account: 'zoe' })).toMatchObject({ is: 'wrong' })
  })
})

describe('ASVS 6.3.1', () => {
  it('ASVS 6.3.1, behaviour 19c: 10,000 networks on one account get 20 passwords checked in 15 minutes, 200 in a day', async () => {
    const { signIn, checked, clock } = world()
    await Promise.all(Array.from({ length: 10_000 }, (_, at) => signIn({ address: addressOf(at) })))
    expect(checked()).toBe(20)
    for (let hour = 0; hour < 23; hour += 1) {
      clock.advance(60 * MINUTE)
      await inTurn(25, (at) => signIn({ address: addressOf(20_000 + hour * 25 + at) }))
    }
    // A hundred at once, and a hundred more spread over the day: NIST SP 800-63B has 100 in a row.
    expect(checked()).toBeLessThanOrEqual(200)
  })

  it('ASVS 6.3.1: rotation within an IPv6 /64 is one network, and the next /64 another', async () => {
    const { signIn, checked } = world()
    await inTurn(40, (at) => signIn({ address: `2001:db8:1:2::${(at + 1).toString(16)}` }))
    expect(checked()).toBe(5)
    expect(await signIn({ address: '2001:db8:1:3::1' })).toMatchObject({ is: 'wrong' })
  })

  it('ASVS 6.3.1, S3-67: one password on 1000 accounts from one network stops after 20', async () => {
    const { signIn, checked, clock } = world()
    const all = await inTurn(1000, (at) => signIn({ account: `person-${String(at)}` }))
    expect(checked()).toBe(20)
    expect(all[20]).toMatchObject({
      is: 'refused',
      code: 'network_blocked',
      body: { status: 429, message: 'IP temporarily blocked' },
      retryAfter: 45,
    })
    // Waiting is all it takes: what is refused is not counted.
    clock.advance(45_000)
    expect(await signIn({ account: 'person-999', password: 'right' })).toMatchObject({
      is: 'right',
    })
  })

  it('a success on an account of one’s own does not give a guesser the network’s failures back', async () => {
    const { signIn, checked } = world()
    await inTurn(300, async (at) => {
      await signIn({ account: `person-${String(at)}` })
      if (at % 3 === 0) await signIn({ account: 'own', password: 'right' })
    })
    // 20 failures, and no more sign-ins of the own account than happened before the twentieth.
    expect(checked()).toBeLessThanOrEqual(20 + 8)
  })

  it('does not block "the network" where connections have no address', async () => {
    const { signIn } = world()
    await inTurn(40, (at) => signIn({ account: `person-${String(at)}`, address: '' }))
    expect(await signIn({ account: 'ada', address: '' })).toMatchObject({ is: 'wrong' })
  })
})

describe('a known device', () => {
  it('behaviour 19d: under attack from 1000 networks its owner signs in with the first right password', async () => {
    const { signIn } = world()
    const first = await signIn({ password: 'right', address: '192.0.2.7' })
    if (first.is !== 'right') throw new Error('the owner did not get in')
    await inTurn(1000, (at) => signIn({ address: addressOf(at) }))
    // Their own network is blocked, too, and the account from it locked.
    await inTurn(30, (at) => signIn({ account: `p${String(at)}`, address: '192.0.2.7' }))
    await inTurn(6, () => signIn({ address: '192.0.2.7' }))
    expect(await signIn({ password: 'right', address: '192.0.2.8' })).toMatchObject({
      is: 'refused',
    })
    const { cookie } = first
    expect(await signIn({ password: 'right', address: '192.0.2.7', cookie })).toMatchObject({
      is: 'right',
    })
  })

  it('has its own five tries, which lock it and nobody else', async () => {
    const { signIn, clock } = world()
    const first = await signIn({ password: 'right' })
    const cookie = first.is === 'right' ? first.cookie : ''
    await inTurn(5, () => signIn({ cookie }))
    expect(await signIn({ cookie, password: 'right' })).toMatchObject({
      is: 'refused',
      code: 'signin_locked',
      retryAfter: 900,
    })
    expect(await signIn({ password: 'right' })).toMatchObject({ is: 'right' })
    clock.advance(15 * MINUTE)
    expect(await signIn({ cookie, password: 'right' })).toMatchObject({ is: 'right' })
  })

  it('of an attacker helps on no other account', async () => {
    const { signIn, checked } = world()
    const own = await signIn({ account: 'mallory', password: 'right' })
    const cookie = own.is === 'right' ? own.cookie : ''
    const before = checked()
    await inTurn(40, (at) => signIn({ cookie, address: addressOf(at) }))
    expect(checked() - before).toBe(20)
  })

  it('success there leaves the lock against everybody else as it is', async () => {
    const { signIn } = world()
    const first = await signIn({ password: 'right' })
    const cookie = first.is === 'right' ? first.cookie : ''
    await inTurn(20, (at) => signIn({ address: addressOf(at) }))
    await signIn({ password: 'right', cookie })
    expect(await signIn({ address: addressOf(99) })).toMatchObject({ is: 'refused' })
  })
})
