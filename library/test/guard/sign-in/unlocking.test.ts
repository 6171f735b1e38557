import { describe, expect, it } from 'vitest'
import { addressOf, inTurn, world } from './support.js'

describe('an administrator', () => {
  it('unlocks an account wherever it was locked, at once', async () => {
    const { guard, signIn, heard, clock } = world()
    await inTurn(5, () => signIn({}))
    await inTurn(40, (at) => signIn({ address: addressOf(at) }))
    clock.advance(60_000)
    await guard.unlock('ADA', { by: 'admin' })
    expect(await heard('signin.unlocked')).toEqual([{ subject: 'ada', by: 'admin' }])
    expect(await signIn({ password: 'right' })).toMatchObject({ is: 'right' })
    expect(await signIn({ address: addressOf(99) })).toMatchObject({ is: 'wrong' })
  })

  it('gives no more than the usual tries, also to a hundred at once', async () => {
    const { guard, signIn, checked, clock } = world()
    await inTurn(5, () => signIn({}))
    clock.advance(1_000)
    await guard.unlock('ada', { by: 'admin' })
    clock.advance(1_000)
    const before = checked()
    await Promise.all(Array.from({ length: 100 }, () => signIn({})))
    expect(checked() - before).toBeLessThanOrEqual(5)
    await inTurn(20, () => signIn({}))
    expect(checked() - before).toBe(5)
    expect(await signIn({ password: 'right' })).toMatchObject({ is: 'refused' })
    clock.advance(5_000)
    expect(await signIn({ password: 'right' })).toMatchObject({ is: 'refused', retryAfter: 895 })
  })

  it('gives no more where their steps mingle', async () => {
    let calls = 0
    const staggered = async (): Promise<void> => {
      for (let turn = (calls += 1) % 7; turn > 0; turn -= 1) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const { guard, signIn, checked, clock } = world({}, (counters) => ({
      spend: (...args) => staggered().then(() => counters.spend(...args)),
      attempt: (...args) => staggered().then(() => counters.attempt(...args)),
      look: (...args) => staggered().then(() => counters.look(...args)),
      forget: (...args) => staggered().then(() => counters.forget(...args)),
    }))
    await inTurn(5, () => signIn({}))
    clock.advance(1_000)
    await guard.unlock('ada', { by: 'admin' })
    const before = checked()
    await Promise.all(Array.from({ length: 100 }, () => signIn({})))
    expect(checked() - before).toBe(5)
  })

  it('looks without counting, and clears what was looked at', async () => {
    const { guard, signIn, clock } = world()
    const address = addressOf(7)
    await inTurn(5, () => signIn({ address }))
    const who = { account: 'ADA', address }
    const minutes = 15 * 60_000
    const locked = { used: 5, most: 5, isLocked: true, freeAfter: minutes, resetAfter: minutes }
    await inTurn(30, () => guard.look(who))
    expect(await guard.look(who)).toMatchObject([
      { kind: 'account_network', ...locked },
      { kind: 'network', used: 5, most: 20, isLocked: false, freeAfter: 0 },
      { kind: 'account', used: 5, most: 20, isLocked: false, freeAfter: 0 },
      { kind: 'account_day', used: 5, most: 100, isLocked: false, freeAfter: 0 },
    ])
    expect(await guard.look({ account: 'ada', address: addressOf(8) })).toMatchObject([
      { kind: 'account_network', used: 0, resetAfter: 0 },
      { kind: 'network', used: 0 },
      { used: 5 },
      { used: 5 },
    ])
    expect(await guard.look({})).toEqual([])
    clock.advance(1_000)
    // Unlocking the account voids the lock, which is looked at as none.
    await guard.unlock('ada', { by: 'admin' })
    expect((await guard.look(who)).map(({ used }) => used)).toEqual([0, 5, 0, 0])
    await inTurn(4, () => signIn({ address }))
    await guard.clear(who, { by: 'admin' })
    expect((await guard.look(who)).map(({ used }) => used)).toEqual([0, 0, 0, 0])
    await inTurn(4, () => signIn({ address }))
    expect(await signIn({ address, password: 'right' })).toMatchObject({ is: 'right' })
  })

  it('clears a network by itself, and tells of nobody', async () => {
    const { guard, signIn, heard } = world()
    const address = addressOf(9)
    await inTurn(20, (at) => signIn({ account: `nobody-${String(at)}`, address }))
    const [network] = await guard.look({ address })
    expect(network).toMatchObject({ kind: 'network', used: 20, isLocked: true })
    expect(await signIn({ address, password: 'right' })).toMatchObject({ is: 'refused' })
    await guard.clear({ address }, { by: 'admin' })
    expect(await signIn({ address, password: 'right' })).toMatchObject({ is: 'right' })
    expect(await heard('signin.unlocked')).toEqual([])
    expect(guard.limits).toEqual({
      ...{ maxAttempts: 5, lockout: 900_000, accountAttempts: 20 },
      ...{ accountAttemptsPerDay: 100, networkAttempts: 20 },
    })
  })

  it('unlocks again what was locked again, and a known device too', async () => {
    const { guard, signIn, clock } = world()
    const first = await signIn({ password: 'right' })
    const cookie = first.is === 'right' ? first.cookie : ''
    for (let round = 0; round < 3; round += 1) {
      await inTurn(6, () => signIn({ cookie }))
      expect(await signIn({ cookie, password: 'right' })).toMatchObject({ is: 'refused' })
      clock.advance(5_000)
      await guard.unlock('ada', { by: 'admin' })
      clock.advance(5_000)
      expect((await signIn({ cookie })).is).toBe('wrong')
    }
  })

  it('unlocks nobody else', async () => {
    const { guard, signIn } = world()
    await inTurn(5, () => signIn({ account: 'ada' }))
    await inTurn(5, () => signIn({ account: 'bob' }))
    await guard.unlock('ada', { by: 'admin' })
    expect(await signIn({ account: 'bob', password: 'right' })).toMatchObject({ is: 'refused' })
  })
})

describe('a token', () => {
  it('ASVS 6.5.1: unlocks its own account, once, for 30 minutes: a replay is refused', async () => {
    const { guard, signIn, heard, clock } = world()
    await inTurn(5, () => signIn({}))
    const token = guard.createUnlockToken('ada')
    clock.advance(1_000)
    expect(await guard.unlockByToken(token)).toBe(true)
    expect(await guard.unlockByToken(token)).toBe(false)
    expect(await heard('signin.unlocked')).toEqual([{ subject: 'ada', by: 'token' }])
    expect(await signIn({ password: 'right' })).toMatchObject({ is: 'right' })
    const late = guard.createUnlockToken('ada')
    clock.advance(30 * 60_000)
    expect(await guard.unlockByToken(late)).toBe(false)
  })

  it('is used by one of a hundred at once', async () => {
    const { guard } = world()
    const token = guard.createUnlockToken('ada')
    const all = await Promise.all(Array.from({ length: 100 }, () => guard.unlockByToken(token)))
    expect(all.filter(Boolean)).toHaveLength(1)
  })

  it('is nothing where a character is another one, or another application made it', async () => {
    const { guard } = world()
    const token = guard.createUnlockToken('ada')
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A'
      const forged = token.slice(0, at) + other + token.slice(at + 1)
      expect(await guard.unlockByToken(forged)).toBe(false)
    }
    const foreign = world({}, undefined, ['x'.repeat(40)]).guard.createUnlockToken('ada')
    for (const text of [foreign, '', '...', 'x'.repeat(10_000)]) {
      expect(await guard.unlockByToken(text)).toBe(false)
    }
    expect(await guard.unlockByToken(token)).toBe(true)
  })
})
