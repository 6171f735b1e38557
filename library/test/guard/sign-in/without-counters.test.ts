import { describe, expect, it } from 'vitest'
import { StoreUnavailable, type Counters } from '../../../src/index.js'
import { addressOf, inTurn, world } from './support.js'

/** Counters that are away while told so; what they hold stays. */
function failing(): { around: (counters: Counters) => Counters; set(isAway: boolean): void } {
  let isAway = false
  const unlessAway = <Value>(work: () => Promise<Value>): Promise<Value> =>
    isAway ? Promise.reject(new StoreUnavailable('away')) : work()
  return {
    set: (value) => (isAway = value),
    around: (counters) => ({
      spend: (...args) => unlessAway(() => counters.spend(...args)),
      attempt: (...args) => unlessAway(() => counters.attempt(...args)),
      look: (...args) => unlessAway(() => counters.look(...args)),
      forget: (...args) => unlessAway(() => counters.forget(...args)),
    }),
  }
}

describe('while the counters are away', () => {
  it('each process counts for itself, half as many', async () => {
    const { around, set } = failing()
    const { signIn, checked } = world({}, around)
    set(true)
    await Promise.all(Array.from({ length: 100 }, () => signIn({})))
    expect(checked()).toBe(3)
    await inTurn(100, (at) => signIn({ address: addressOf(at) }))
    expect(checked()).toBe(10)
    await inTurn(100, (at) => signIn({ account: `p${String(at)}`, address: '192.0.2.1' }))
    expect(checked()).toBe(20)
  })

  it('the owner’s device still gets in, and a lock from before holds when they are back', async () => {
    const { around, set } = failing()
    const { signIn } = world({}, around)
    await inTurn(5, () => signIn({}))
    set(true)
    const first = await signIn({ password: 'right', address: '192.0.2.1' })
    expect(first.is).toBe('right')
    set(false)
    expect(await signIn({ password: 'right' })).toMatchObject({ is: 'refused' })
  })

  it('an attempt whose outcome cannot be counted goes on as it went', async () => {
    const { around, set } = failing()
    const { guard, heard } = world({}, around)
    const incoming = {
      address: '203.0.113.1',
      cookieHeader: undefined,
      isSecure: true,
      userAgent: undefined,
      target: '/login',
    }
    for (const verb of ['succeeded', 'failed', 'abandoned'] as const) {
      set(false)
      const start = await guard.begin({ account: 'ada', incoming })
      if (!start.isAllowed) throw new Error('refused')
      set(true)
      if (verb === 'succeeded') await start.attempt.succeeded('ada')
      else await start.attempt[verb]()
    }
    expect(await heard('signin.failed')).toEqual([
      { subject: undefined, reason: 'credentials_invalid', address: '203.0.113.1', path: '/login' },
    ])
  })

  it('nothing is unlocked, and no token is used up', async () => {
    const { around, set } = failing()
    const { guard } = world({}, around)
    const token = guard.createUnlockToken('ada')
    set(true)
    await expect(guard.unlock('ada', { by: 'admin' })).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(guard.unlockByToken(token)).rejects.toBeInstanceOf(StoreUnavailable)
    set(false)
    expect(await guard.unlockByToken(token)).toBe(true)
  })

  it('a fault of another kind is nobody’s leave to guess', async () => {
    const broken = (): Promise<never> => Promise.reject(new TypeError('a slip'))
    const { signIn, checked } = world({}, () => ({
      spend: broken,
      attempt: broken,
      look: broken,
      forget: broken,
    }))
    await expect(signIn({})).rejects.toBeInstanceOf(TypeError)
    expect(checked()).toBe(0)
  })
})

describe('an attempt that was abandoned', () => {
  it('is given back to everybody who shares it, and not to the account from that network', async () => {
    const { guard, signIn } = world()
    const incoming = {
      address: '203.0.113.1',
      cookieHeader: undefined,
      isSecure: true,
      userAgent: undefined,
      target: '/login',
    }
    for (let at = 0; at < 40; at += 1) {
      const start = await guard.begin({ account: `p${String(at)}`, incoming })
      if (!start.isAllowed) throw new Error('refused')
      await start.attempt.abandoned()
    }
    await inTurn(5, async () => {
      const start = await guard.begin({ account: 'ada', incoming })
      if (start.isAllowed) await start.attempt.abandoned()
    })
    expect(await signIn({ account: 'ada' })).toMatchObject({ is: 'refused', code: 'signin_locked' })
    expect(await signIn({ account: 'bob' })).toMatchObject({ is: 'wrong' })
  })
})
