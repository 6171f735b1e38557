import assert from 'node:assert/strict'
import { assertAttempt, assertAttempts, assertWait, counting, lock, RULE } from './counting.js'
import { HOUR, MARGIN, MINUTE } from './fixtures.js'
import type { Chapter, ConformanceTest } from './harness.js'

const tests: readonly ConformanceTest[] = [
  counting('counts attempts, and locks behind the last one allowed', async ({ store, other }) => {
    const counted = { isAllowed: true, hasLocked: false, retryAfter: 0 }
    assertAttempt(await store.attempt('k', RULE), { ...counted, count: 1 })
    assertAttempt(await other.attempt('k', RULE), { ...counted, count: 2 })
    const locking = { isAllowed: true, count: 3, hasLocked: true, retryAfter: HOUR }
    assertAttempt(await store.attempt('k', RULE), locking)
    const refusal = { isAllowed: false, count: 3, hasLocked: false, retryAfter: HOUR }
    assertAttempt(await store.attempt('k', RULE), refusal)
    assertAttempt(await other.attempt('k', RULE), refusal)
    const one = await store.attempt('one', { ...RULE, max: 1 })
    assertAttempt(one, { ...locking, count: 1 })
  }),
  counting('does not prolong a lock by attempts meanwhile', async ({ store, other, advance }) => {
    await lock(store, 'k')
    for (let minutes = 10; minutes <= 50; minutes += 10) {
      await advance(10 * MINUTE)
      const { isAllowed, count, retryAfter } = await other.attempt('k', RULE)
      assert.deepEqual([isAllowed, count], [false, 3])
      assertWait(retryAfter, HOUR - minutes * MINUTE, 'retryAfter')
    }
    await advance(10 * MINUTE - MARGIN)
    assert.equal((await store.attempt('k', RULE)).isAllowed, false, 'the lock ended too soon')
    await advance(MARGIN)
    assert.equal((await store.attempt('k', RULE)).isAllowed, true, 'the lock was prolonged')
  }),
  counting('begins anew after a lock', async ({ store, other, advance }) => {
    for (let round = 0; round < 3; round += 1) {
      await lock(round % 2 ? store : other, 'k')
      await advance(HOUR)
    }
    assert.equal(await store.forget('k'), 0)
    assert.equal((await other.attempt('k', RULE)).count, 1)
  }),
  counting('forgets attempts a while after the last one', async ({ store, other, advance }) => {
    await store.attempt('k', RULE)
    await advance(9 * MINUTE)
    assert.equal((await other.attempt('k', RULE)).count, 2, 'it forgot too soon')
    await advance(9 * MINUTE)
    assert.equal((await store.attempt('k', { ...RULE, max: 4 })).count, 3, 'not from the last on')
    await advance(10 * MINUTE)
    assert.equal((await store.attempt('k', RULE)).count, 1, 'it never forgot')
  }),
  counting('goes by the rule at hand, and leaves a lock as it is', async ({ store, other }) => {
    await lock(store, 'k')
    const patient = { max: 100, lockFor: MINUTE, forgetAfter: MINUTE }
    const refusal = { isAllowed: false, count: 3, hasLocked: false, retryAfter: HOUR }
    assertAttempt(await other.attempt('k', patient), refusal)
    await store.attempt('other', patient)
    await store.attempt('other', patient)
    await store.attempt('other', patient)
    const locking = { isAllowed: true, count: 4, hasLocked: true, retryAfter: HOUR }
    assertAttempt(await other.attempt('other', RULE), locking)
  }),
  counting('tells how many attempts it forgets, and their lock with them', async (scene) => {
    const { store, other, advance } = scene
    assert.equal(await store.forget('k'), 0)
    await store.attempt('k', RULE)
    await store.attempt('k', RULE)
    assert.equal(await other.forget('k'), 2)
    assert.equal(await store.forget('k'), 0)
    await lock(store, 'k')
    assert.equal(await other.forget('k'), 3)
    await lock(other, 'k')
    await advance(HOUR)
    assert.equal(await store.forget('k'), 0, 'a lock that is over counts for nothing')
    await store.attempt('k', RULE)
    await advance(11 * MINUTE)
    assert.equal(await other.forget('k'), 0, 'attempts long ago count for nothing')
  }),
  counting('looks at attempts without counting them', async ({ store, other, advance }) => {
    const none = { count: 0, isLocked: false, resetAfter: 0 }
    assert.deepEqual(await store.look('k'), none)
    await store.attempt('k', RULE)
    for (const counters of [other, store, other]) {
      assertAttempts(await counters.look('k'), { ...none, count: 1, resetAfter: 10 * MINUTE })
    }
    assert.equal((await store.attempt('k', RULE)).count, 2)
    await store.attempt('k', RULE)
    await advance(20 * MINUTE)
    assertAttempts(await other.look('k'), { count: 3, isLocked: true, resetAfter: 40 * MINUTE })
    await advance(40 * MINUTE)
    assert.deepEqual(await other.look('k'), none, 'a lock that is over is none')
    await lock(store, 'k')
    await other.forget('k')
    assert.deepEqual(await store.look('k'), none)
  }),
  counting('of 200 attempts at once as many are allowed as lock', async ({ store, other }) => {
    for (const max of [1, 10, 150]) {
      const rule = { ...RULE, max }
      const calls = Array.from({ length: 200 }, (_, index) =>
        (index % 2 ? store : other).attempt(`k${max}`, rule),
      )
      const answers = await Promise.all(calls)
      const allowed = answers.filter(({ isAllowed }) => isAllowed)
      const counts = allowed.map(({ count }) => count).sort((left, right) => left - right)
      assert.deepEqual(
        counts,
        Array.from({ length: max }, (_, index) => index + 1),
      )
      assert.equal(answers.filter(({ hasLocked }) => hasLocked).length, 1)
      assert.equal(await store.forget(`k${max}`), max)
    }
  }),
  counting('tells 200 who forget at once of each attempt once', async ({ store, other }) => {
    await lock(store, 'k')
    const calls = Array.from({ length: 200 }, (_, index) => (index % 2 ? store : other).forget('k'))
    const counts = await Promise.all(calls)
    assert.deepEqual(
      counts.filter((count) => count > 0),
      [RULE.max],
    )
  }),
]

/** What locks a key, and for how long. */
export const attempts: Chapter = { title: 'attempts', tests: () => tests }
