import assert from 'node:assert/strict'
import { InvalidInput } from '../../errors.js'
import { counting, EACH, lock, RATE, RULE } from './counting.js'
import { DAY, HOUR } from './fixtures.js'
import type { Chapter, ConformanceTest } from './harness.js'
import { countersAgainstTheModel } from './random/counters.js'

/** Kept apart by every verb; the longest is as long as one may be. */
const KEYS: readonly string[] = [
  ...['k', 'K', 'k:', ':k', 'k.', '-', '_', '.', '..', 'k:k', '0', 'constructor', '__proto__'],
  'k'.repeat(127),
  'k'.repeat(128),
]
const WRONG_KEYS: readonly string[] = [
  ...['', ' ', 'a b', 'a\n', '\na', 'a\0', 'é', '{x}', '*', '%', "'", 'a/b', 'k'.repeat(129)],
]
const NO_WHOLE: readonly number[] = [0, -1, 1.5, Number.NaN, Infinity, 2 ** 53]

const tests: readonly ConformanceTest[] = [
  counting('keeps keys apart, and what was spent from attempts', async ({ store, other }) => {
    const rate = { quota: 2, window: HOUR }
    for (const key of KEYS) {
      assert.equal((await store.spend(key, rate)).remaining, 1, key)
      assert.equal((await other.attempt(key, RULE)).count, 1, key)
    }
    for (const key of KEYS) {
      assert.equal(await other.forget(key), 1, key)
      assert.equal((await store.spend(key, rate)).remaining, 0, key)
      assert.equal((await other.attempt(key, RULE)).count, 1, key)
    }
  }),
  counting('refuses keys that could be anything else, by name', async ({ store }) => {
    const wrong = (error: unknown): boolean =>
      error instanceof InvalidInput && error.field === 'key'
    for (const key of WRONG_KEYS) {
      await assert.rejects(store.spend(key, RATE), wrong, JSON.stringify(key))
      await assert.rejects(store.attempt(key, RULE), wrong, JSON.stringify(key))
      await assert.rejects(store.forget(key), wrong, JSON.stringify(key))
    }
  }),
  counting('refuses rates, costs and rules out of bounds, by name', async ({ store }) => {
    const wrong = (field: string) => (error: unknown) =>
      error instanceof InvalidInput && error.field === field
    for (const number of NO_WHOLE) {
      const { spend, attempt } = store
      await assert.rejects(spend('k', { ...RATE, quota: number }), wrong('rate'))
      await assert.rejects(spend('k', { ...RATE, window: number }), wrong('rate'))
      await assert.rejects(attempt('k', { ...RULE, max: number }), wrong('rule'))
      await assert.rejects(attempt('k', { ...RULE, lockFor: number }), wrong('rule'))
      await assert.rejects(attempt('k', { ...RULE, forgetAfter: number }), wrong('rule'))
    }
    for (const cost of NO_WHOLE.slice(2)) {
      await assert.rejects(store.spend('k', RATE, cost), wrong('cost'))
    }
    await assert.rejects(store.spend('k', { quota: 1_000_001, window: HOUR }), wrong('rate'))
    const tooLong = 30 * DAY + 1
    await assert.rejects(store.spend('k', { quota: 1, window: tooLong }), wrong('rate'))
    await assert.rejects(store.attempt('k', { ...RULE, lockFor: tooLong }), wrong('rule'))
    await assert.rejects(store.attempt('k', { ...RULE, forgetAfter: tooLong }), wrong('rule'))
    assert.equal((await store.spend('k', RATE, 0)).remaining, 5)
    assert.equal(await store.forget('k'), 0)
  }),
  counting(
    'keeps nothing for longer than it makes a difference',
    async ({ store, other, advance, countEntries }) => {
      await store.spend('looked', RATE, 0)
      await store.spend('returned', RATE, 2)
      await other.spend('returned', RATE, -2)
      await store.attempt('forgotten', RULE)
      await other.forget('forgotten')
      assert.equal(await countEntries(), 0)
      await store.spend('spent', RATE)
      await store.attempt('tried', RULE)
      await lock(store, 'locked')
      assert.equal(await countEntries(), 3)
      await advance(EACH)
      assert.equal(await countEntries(), 1)
      await advance(HOUR)
      assert.equal(await countEntries(), 0)
    },
    'countEntries',
  ),
]

/** What both kinds of counts have in common: keys, bounds, and that they end. */
export const counters: Chapter = {
  title: 'counters',
  tests: ({ operations }) => [...tests, countersAgainstTheModel(operations)],
}
