import assert from 'node:assert/strict'
import { assertSpent, assertWait, counting, EACH, RATE, spendAll } from './counting.js'
import { DAY, HOUR, MARGIN, MINUTE } from './fixtures.js'
import type { Chapter, ConformanceTest } from './harness.js'

const tests: readonly ConformanceTest[] = [
  counting('allows a quota at once, and says what is left and when it is back', async (scene) => {
    const { store, other } = scene
    for (let count = 1; count <= 5; count += 1) {
      assertSpent(await (count % 2 ? store : other).spend('k', RATE), {
        isAllowed: true,
        remaining: 5 - count,
        retryAfter: 0,
        resetAfter: count * EACH,
      })
    }
    const refusal = { isAllowed: false, remaining: 0, retryAfter: EACH, resetAfter: HOUR }
    assertSpent(await store.spend('k', RATE), refusal)
    assertSpent(await other.spend('k', RATE), refusal)
  }),
  counting('refills one by one, each at its instant', async ({ store, other, advance }) => {
    await spendAll(store, 'k')
    for (let round = 0; round < 3; round += 1) {
      await advance(EACH - MARGIN)
      assert.equal((await store.spend('k', RATE)).isAllowed, false, 'it refilled too soon')
      await advance(MARGIN)
      assert.equal((await other.spend('k', RATE)).isAllowed, true, 'it refilled too late')
      assert.equal((await store.spend('k', RATE)).isAllowed, false, 'it refilled too much')
    }
    await advance(DAY)
    await spendAll(other, 'k')
    assert.equal((await store.spend('k', RATE)).isAllowed, false, 'it holds more than the quota')
  }),
  counting('writes nothing where it refuses: nobody prolongs a wait', async (scene) => {
    const { store, other, advance } = scene
    await spendAll(store, 'k')
    for (let minute = 0; minute < 11; minute += 1) {
      await advance(MINUTE)
      const { isAllowed, retryAfter } = await (minute % 2 ? store : other).spend('k', RATE)
      assert.equal(isAllowed, false)
      assertWait(retryAfter, EACH - (minute + 1) * MINUTE, 'retryAfter')
      assert.equal((await store.spend('k', RATE, 5)).isAllowed, false)
    }
    await advance(MINUTE)
    assert.equal((await store.spend('k', RATE)).isAllowed, true)
  }),
  counting('adds thirds of a millisecond up without losing one', async ({ store, advance }) => {
    const rate = { quota: 3, window: 1_000 * MINUTE + 1 }
    for (let round = 0; round < 20; round += 1) {
      for (let count = 0; count < 3; count += 1) {
        assert.equal((await store.spend('k', rate)).isAllowed, true, `round ${round}`)
      }
      const { isAllowed, resetAfter } = await store.spend('k', rate)
      assert.equal(isAllowed, false, `round ${round}`)
      assertWait(resetAfter, rate.window, 'resetAfter')
      await advance(rate.window)
    }
    const dense = { quota: 999_983, window: HOUR }
    assert.equal((await store.spend('dense', dense, 999_983 - 100)).isAllowed, true)
    const { isAllowed, resetAfter } = await store.spend('dense', dense, 100)
    assert.equal(isAllowed, true)
    assertWait(resetAfter, HOUR, 'resetAfter')
  }),
  counting('takes what is asked for whole, or nothing of it', async ({ store, other }) => {
    const first = { isAllowed: true, remaining: 2, retryAfter: 0, resetAfter: 3 * EACH }
    assertSpent(await store.spend('k', RATE, 3), first)
    const refusal = { isAllowed: false, remaining: 2, retryAfter: EACH, resetAfter: 3 * EACH }
    assertSpent(await other.spend('k', RATE, 3), refusal)
    assertSpent(await store.spend('k', RATE, 6), { ...refusal, retryAfter: Infinity })
    const never = await other.spend('k', RATE, Number.MAX_SAFE_INTEGER)
    assertSpent(never, { ...refusal, retryAfter: Infinity })
    assert.equal((await other.spend('k', RATE, 2)).remaining, 0)
  }),
  counting('only looks at a cost of 0, also where nothing is left', async ({ store, other }) => {
    const full = { isAllowed: true, remaining: 5, retryAfter: 0, resetAfter: 0 }
    assertSpent(await store.spend('k', RATE, 0), full)
    assertSpent(await store.spend('k', RATE, 0), full)
    await spendAll(store, 'k')
    assertSpent(await other.spend('k', RATE, 0), { ...full, remaining: 0, resetAfter: HOUR })
    assert.equal((await store.spend('k', RATE)).isAllowed, false)
  }),
  counting('gives back at a negative cost, at most what is missing', async ({ store, other }) => {
    await spendAll(store, 'k')
    const back = { isAllowed: true, remaining: 2, retryAfter: 0, resetAfter: 3 * EACH }
    assertSpent(await other.spend('k', RATE, -2), back)
    const full = { isAllowed: true, remaining: 5, retryAfter: 0, resetAfter: 0 }
    assertSpent(await store.spend('k', RATE, -100), full)
    assertSpent(await store.spend('k', RATE, -Number.MAX_SAFE_INTEGER), full)
    await spendAll(other, 'k')
    assert.equal((await store.spend('k', RATE)).isAllowed, false)
  }),
  counting('owes the same time at another rate', async ({ store, other }) => {
    await spendAll(store, 'k')
    const wider = { quota: 10, window: 2 * HOUR }
    assertSpent(await other.spend('k', wider, 0), {
      isAllowed: true,
      remaining: 5,
      retryAfter: 0,
      resetAfter: HOUR,
    })
    const tighter = await store.spend('k', { quota: 5, window: HOUR / 2 })
    assertSpent(tighter, {
      isAllowed: false,
      remaining: 0,
      retryAfter: HOUR / 2 + EACH / 2,
      resetAfter: HOUR,
    })
  }),
  counting('keeps to bounds of a millisecond, and of a million in 30 days', async ({ store }) => {
    const slow = { quota: 1, window: 30 * DAY }
    assert.equal((await store.spend('slow', slow)).resetAfter, 30 * DAY)
    assertSpent(await store.spend('slow', slow), {
      isAllowed: false,
      remaining: 0,
      retryAfter: 30 * DAY,
      resetAfter: 30 * DAY,
    })
    const most = { quota: 1_000_000, window: 30 * DAY }
    assert.equal((await store.spend('most', most, 999_999)).remaining, 1)
    assert.equal((await store.spend('all', most, 1_000_000)).isAllowed, true)
    assert.equal((await store.spend('all', most, 1_000_000)).isAllowed, false)
    assert.equal((await store.spend('quick', { quota: 1, window: 1 })).resetAfter, 1)
  }),
  counting(
    'CVE-2024-1722: of 200 calls at once as many are allowed as the quota',
    async (scene) => {
      const { store, other } = scene
      for (const [quota, cost] of [
        [1, 1],
        [37, 1],
        [100, 3],
        [199, 1],
      ] as const) {
        const key = `k${quota}`
        const calls = Array.from({ length: 200 }, (_, index) =>
          (index % 2 ? store : other).spend(key, { quota, window: DAY }, cost),
        )
        const allowed = (await Promise.all(calls)).filter(({ isAllowed }) => isAllowed)
        assert.equal(allowed.length, Math.floor(quota / cost))
        // Each took its own: no two were told the same.
        assert.equal(new Set(allowed.map(({ remaining }) => remaining)).size, allowed.length)
      }
    },
  ),
]

/** What may be spent: exact over all who spend, to the millisecond. */
export const allowances: Chapter = { title: 'allowances', tests: () => tests }
