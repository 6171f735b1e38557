import assert from 'node:assert/strict'
import type { Attempt, AttemptRule, Attempts, Counters, Rate, Spent } from '../../store/counters.js'
import type { Store } from '../../store/store.js'
import { assertBetween, HOUR, MARGIN, MINUTE } from './fixtures.js'
import type { ConformanceTest, Scene } from './harness.js'

/** Five at once, and one more each twelve minutes. */
export const RATE: Rate = { quota: 5, window: HOUR }
export const EACH: number = HOUR / 5

/** The third attempt locks for an hour; two are forgotten after ten minutes. */
export const RULE: AttemptRule = { max: 3, lockFor: HOUR, forgetAfter: 10 * MINUTE }

/** What one test of counters works with: those of both handles. */
export interface Counting extends Omit<Scene, 'store' | 'other'> {
  readonly store: Counters
  readonly other: Counters
}

/** A test of stores that count; others pass it. */
export function counting(
  title: string,
  run: (scene: Counting) => Promise<void>,
  needs?: ConformanceTest['needs'],
): ConformanceTest {
  return {
    title,
    ...(needs === undefined ? {} : { needs }),
    async run(scene) {
      if (scene.store.counters === undefined) return
      const { store, other } = scene
      await run({ ...scene, store: countersOf(store), other: countersOf(other) })
    },
  }
}

export function countersOf({ counters }: Store): Counters {
  assert.ok(counters, 'one handle can count, another cannot')
  return counters
}

/** Asserts an answer of `spend`, whose times may be shorter by what passed meanwhile. */
export function assertSpent(spent: Spent, expected: Spent): void {
  const { retryAfter, resetAfter, ...rest } = spent
  const { retryAfter: wait, resetAfter: reset, ...others } = expected
  assert.deepEqual(rest, others)
  assertWait(retryAfter, wait, 'retryAfter')
  assertWait(resetAfter, reset, 'resetAfter')
}

/** Asserts an answer of `attempt`, as {@link assertSpent} does. */
export function assertAttempt(attempt: Attempt, expected: Attempt): void {
  const { retryAfter, ...rest } = attempt
  const { retryAfter: wait, ...others } = expected
  assert.deepEqual(rest, others)
  assertWait(retryAfter, wait, 'retryAfter')
}

/** Asserts an answer of `look`, as {@link assertSpent} does. */
export function assertAttempts(attempts: Attempts, expected: Attempts): void {
  const { resetAfter, ...rest } = attempts
  const { resetAfter: wait, ...others } = expected
  assert.deepEqual(rest, others)
  assertWait(resetAfter, wait, 'resetAfter')
}

export function assertWait(milliseconds: number, expected: number, what: string): void {
  const isWait = expected > MARGIN && Number.isFinite(expected)
  assertBetween(milliseconds, isWait ? expected - MARGIN : expected, expected, what)
  assert.ok(milliseconds === Infinity || Number.isSafeInteger(milliseconds), `${what} is no whole`)
}

/** Takes all of {@link RATE}. */
export async function spendAll(counters: Counters, key: string): Promise<void> {
  for (let left = RATE.quota - 1; left >= 0; left -= 1) {
    assert.equal((await counters.spend(key, RATE)).remaining, left)
  }
}

/** Tries until {@link RULE} locks. */
export async function lock(counters: Counters, key: string): Promise<void> {
  for (let count = 1; count <= RULE.max; count += 1) {
    const attempt = await counters.attempt(key, RULE)
    assert.deepEqual([attempt.isAllowed, attempt.count], [true, count])
  }
}
