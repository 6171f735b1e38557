import type { Clock } from '../../system/clock.js'
import type { Counters } from '../counters.js'
import { checkAttemptRule, checkCounterKey, checkRate } from '../input.js'
import { spendAt, type Debt } from './allowance.js'
import { EndingRows } from './ending-rows.js'
import { attemptAt, attemptsAt, type Tally } from './tally.js'

/**
 * Most keys of each verb that are counted at once. Beyond, some of those that end soon are forgotten: who can come with
 * as many keys can get rid of a count, so a guard must not take what a client chooses freely for a key.
 */
const MOST_KEYS = 100_000

/** What is counted, for as many as count it. */
export class CounterTables {
  readonly debts: EndingRows<Debt>
  readonly tallies: EndingRows<Tally>

  constructor(mostKeys: number = MOST_KEYS) {
    this.debts = new EndingRows(mostKeys)
    this.tallies = new EndingRows(mostKeys)
  }

  get size(): number {
    return this.debts.size + this.tallies.size
  }

  /** Drops everything that is over. */
  sweep(now: number): void {
    this.debts.sweep(now)
    this.tallies.sweep(now)
  }
}

/** Counts in this process's memory: for a memory store, and for a guard whose store is away. */
export function createMemoryCounters(
  clock: Pick<Clock, 'now'>,
  tables?: CounterTables,
  mostKeys: number = MOST_KEYS,
): Counters {
  const { debts, tallies } = tables ?? new CounterTables(mostKeys)
  return {
    async spend(key, rate, cost = 1) {
      checkCounterKey(key)
      checkRate(rate, cost)
      const now = clock.now()
      const { spent, isChange, debt } = spendAt(debts.get(key), now, rate, cost)
      if (isChange && debt !== undefined) debts.set(key, debt, now)
      else if (isChange) debts.delete(key)
      return spent
    },
    async attempt(key, rule) {
      checkCounterKey(key)
      checkAttemptRule(rule)
      const now = clock.now()
      const { attempt, tally } = attemptAt(tallies.get(key), now, rule)
      if (tally !== undefined) tallies.set(key, tally, now)
      return attempt
    },
    async look(key) {
      checkCounterKey(key)
      return attemptsAt(tallies.get(key), clock.now())
    },
    async forget(key) {
      checkCounterKey(key)
      const tally = tallies.get(key)
      tallies.delete(key)
      return tally !== undefined && tally.endsAt > clock.now() ? tally.count : 0
    },
  }
}
