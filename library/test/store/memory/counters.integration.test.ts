import { describe, expect, it } from 'vitest'
import { CounterTables, createMemoryCounters } from '../../../src/store/memory/counters.js'
import { EndingRows } from '../../../src/store/memory/ending-rows.js'
import { createNearCache } from '../../../src/store/near-cache.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { createResilientStore } from '../../../src/store/resilient.js'
import { StoreUnavailable } from '../../../src/errors.js'
import { createManualClock } from '../../../src/testing/index.js'

const RULE = { max: 2, lockFor: 1_000, forgetAfter: 500 }

describe('an allowance in memory', () => {
  it.each([
    [1, 1],
    [3, 1_000],
    [7, 1_000],
    [1_000_000, 1_000],
    [999_983, 30 * 86_400_000],
  ])('of %i in %i ms refills at the very millisecond, for ever', async (quota, window) => {
    const clock = createManualClock()
    const counters = createMemoryCounters(clock)
    const rate = { quota, window }
    const begin = clock.now()
    expect((await counters.spend('k', rate, quota)).resetAfter).toBe(window)
    // With one more as soon as it may be, the n-th is due n emission intervals after the beginning.
    for (let count = 1; count <= 200; count += 1) {
      const due = begin + Math.ceil((count * window) / quota)
      const { retryAfter } = await counters.spend('k', rate, 1)
      if (due === clock.now()) continue
      expect(clock.now() + retryAfter).toBe(due)
      clock.advance(retryAfter - 1)
      expect((await counters.spend('k', rate)).isAllowed).toBe(false)
      clock.advance(1)
      expect((await counters.spend('k', rate)).isAllowed).toBe(true)
    }
  })

  it('of a thousand keys that are given back leaves nothing', async () => {
    const tables = new CounterTables()
    const counters = createMemoryCounters(createManualClock(), tables)
    const rate = { quota: 3, window: 1_000 }
    for (let key = 0; key < 1_000; key += 1) await counters.spend(`k${key}`, rate)
    for (let key = 0; key < 1_000; key += 1) await counters.spend(`k${key}`, rate, -1)
    expect(tables.size).toBe(0)
  })
})

describe('counters in memory', () => {
  it('stay within their bound under 200,000 keys, and are as quick full as empty', async () => {
    const tables = new CounterTables(10_000)
    const counters = createMemoryCounters(createManualClock(), tables)
    let most = 0
    const begin = performance.now()
    for (let key = 0; key < 200_000; key += 1) {
      await counters.spend(`k${key}`, { quota: 1, window: 60_000 })
      if (key % 2 === 0) await counters.attempt(`k${key}`, RULE)
      most = Math.max(most, tables.debts.size, tables.tallies.size)
    }
    expect(most).toBe(10_000)
    // A walk over all for each new key would be two thousand million steps.
    expect(performance.now() - begin).toBeLessThan(5_000)
  })

  it('stay as small as what counts, by looking at a few rows with each new one', async () => {
    const clock = createManualClock()
    const tables = new CounterTables()
    const counters = createMemoryCounters(clock, tables)
    let most = 0
    for (let key = 0; key < 20_000; key += 1) {
      await counters.spend(`k${key}`, { quota: 1, window: 100 })
      await counters.attempt(`k${key}`, { ...RULE, forgetAfter: 100 })
      clock.advance(1)
      most = Math.max(most, tables.size)
    }
    expect(most).toBeLessThan(400)
  })

  it('count a key that is there already without forgetting another', async () => {
    const counters = createMemoryCounters(createManualClock(), undefined, 2)
    const rate = { quota: 3, window: 1_000 }
    for (const key of ['a', 'b', 'a', 'b', 'a', 'b']) await counters.spend(key, rate)
    expect((await counters.spend('a', rate)).isAllowed).toBe(false)
    expect((await counters.spend('b', rate)).isAllowed).toBe(false)
  })
})

describe('rows that end', () => {
  it('make room by what is over, and then by what ends first of those looked at', () => {
    const rows = new EndingRows(3)
    rows.set('long', { endsAt: 900 }, 0)
    rows.set('over', { endsAt: 10 }, 0)
    rows.set('short', { endsAt: 100 }, 0)
    rows.set('more', { endsAt: 800 }, 10)
    expect([rows.get('over'), rows.size]).toEqual([undefined, 3])
    rows.set('most', { endsAt: 700 }, 10)
    expect([rows.get('short'), rows.size]).toEqual([undefined, 3])
    expect(rows.get('long')).toBeDefined()
  })
})

describe('stores around a store', () => {
  it('pass counters on, and a store without them stays one', async () => {
    const store = createMemoryStore()
    const wrapped = createResilientStore(createNearCache(store))
    expect((await wrapped.counters?.attempt('k', RULE))?.count).toBe(1)
    expect((await wrapped.counters?.spend('k', { quota: 2, window: 1_000 }))?.remaining).toBe(1)
    expect(await store.counters?.forget('k')).toBe(1)
    const without = Object.assign(createMemoryStore(), { counters: undefined })
    expect(createResilientStore(createNearCache(without)).counters).toBeUndefined()
  })

  it('hold them to the deadline', async () => {
    const never = (): Promise<never> => new Promise(() => undefined)
    const counters = { spend: never, attempt: never, look: never, forget: never }
    const hanging = Object.assign(createMemoryStore(), { counters })
    const store = createResilientStore(hanging, { commandDeadline: 10 })
    const calls = [
      store.counters?.spend('k', { quota: 1, window: 1 }),
      store.counters?.attempt('k', RULE),
      store.counters?.look('k'),
      store.counters?.forget('k'),
    ]
    for (const call of calls) await expect(call).rejects.toThrow(StoreUnavailable)
  })
})
