import { InvalidInput } from '../../errors.js'
import type { Clock } from '../../system/clock.js'
import type { Attempt, AttemptRule, Counters, Rate, Spent } from '../counters.js'

/** Most keys that are counted at once: about 20 MB. Beyond, those that end first are forgotten. */
const MOST_KEYS = 100_000
const KEY = /^[A-Za-z0-9._:-]{1,128}$/
const LONGEST_WINDOW = 30 * 86_400_000

/** Attempts under one key. */
interface Tally {
  count: number
  /** 0: not locked. */
  lockedUntil: number
  endsAt: number
}

/** What is counted, for as many as count it. */
export class CounterTables {
  /** Theoretical arrival times by key. */
  readonly arrivals: Map<string, number> = new Map()
  readonly tallies: Map<string, Tally> = new Map()
}

/** Counts in this process's memory: for a memory store, and for a guard whose store is away. */
export function createMemoryCounters(
  clock: Pick<Clock, 'now'>,
  { arrivals, tallies }: CounterTables = new CounterTables(),
  mostKeys: number = MOST_KEYS,
): Counters {
  return {
    async spend(key, rate, cost = 1) {
      assertKey(key)
      assertRate(rate, cost)
      const now = clock.now()
      const { spent, arrivesAt } = spendAt(arrivals.get(key) ?? now, now, rate, cost)
      if (arrivesAt > now) {
        makeRoom(arrivals, mostKeys, (at) => at <= now)
        arrivals.set(key, arrivesAt)
      } else arrivals.delete(key)
      return spent
    },
    async attempt(key, rule) {
      assertKey(key)
      assertRule(rule)
      const now = clock.now()
      const known = tallies.get(key)
      const { attempt, tally } = attemptAt(known, now, rule)
      makeRoom(tallies, mostKeys, ({ endsAt }) => endsAt <= now)
      tallies.set(key, tally)
      return attempt
    },
    async forget(key) {
      assertKey(key)
      const tally = tallies.get(key)
      tallies.delete(key)
      return tally !== undefined && tally.endsAt > clock.now() ? tally.count : 0
    },
  }
}

/** One step of {@link Counters.spend}: the outcome, and the arrival time to keep. The scripts of the Redis store do the same sums. */
export function spendAt(
  arrivesAt: number,
  now: number,
  { quota, window }: Rate,
  cost: number,
): { readonly spent: Spent; readonly arrivesAt: number } {
  const each = window / quota
  const from = Math.max(arrivesAt, now)
  const to = Math.max(from + cost * each, now)
  const isAllowed = cost <= 0 || to - now <= window + ROUNDING
  const kept = isAllowed ? to : from
  const retryAfter = cost > quota ? Infinity : Math.max(Math.ceil(to - now - window), 1)
  return {
    spent: {
      isAllowed,
      remaining: Math.max(Math.floor((window - (kept - now)) / each + ROUNDING), 0),
      retryAfter: isAllowed ? 0 : retryAfter,
      resetAfter: Math.ceil(kept - now),
    },
    arrivesAt: kept,
  }
}

/** Thirds of a millisecond do not add up exactly. */
const ROUNDING = 1e-6

function attemptAt(
  known: Tally | undefined,
  now: number,
  { max, lockFor, forgetAfter }: AttemptRule,
): { readonly attempt: Attempt; readonly tally: Tally } {
  if (known !== undefined && known.lockedUntil > now) {
    const { count, lockedUntil } = known
    const retryAfter = Math.ceil(lockedUntil - now)
    return { attempt: { isAllowed: false, count, hasLocked: false, retryAfter }, tally: known }
  }
  const isOver = known === undefined || known.endsAt <= now || known.lockedUntil !== 0
  const count = isOver ? 1 : known.count + 1
  const hasLocked = count >= max
  const tally = hasLocked
    ? { count, lockedUntil: now + lockFor, endsAt: now + lockFor }
    : { count, lockedUntil: 0, endsAt: now + forgetAfter }
  const retryAfter = hasLocked ? lockFor : 0
  return { attempt: { isAllowed: true, count, hasLocked, retryAfter }, tally }
}

/** The oldest stand first: when there are too many, those that are over go, and then the oldest. */
function makeRoom<Value>(
  map: Map<string, Value>,
  most: number,
  isOver: (value: Value) => boolean,
): void {
  if (map.size < most) return
  for (const [key, value] of map) if (isOver(value)) map.delete(key)
  const [oldest] = map.keys()
  if (map.size >= most && oldest !== undefined) map.delete(oldest)
}

/** @throws InvalidInput */
export function assertKey(key: string): void {
  if (!KEY.test(key)) throw new InvalidInput('key', 'key must be 1 to 128 of A-Z a-z 0-9 . _ : -')
}

/** @throws InvalidInput */
export function assertRate({ quota, window }: Rate, cost: number): void {
  const isRight = Number.isInteger(quota) && quota >= 1 && quota <= 1_000_000 && isSpan(window, 1)
  if (!isRight)
    throw new InvalidInput('rate', 'quota must be 1 to 1,000,000, window 1 ms to 30 days')
  if (!Number.isInteger(cost)) throw new InvalidInput('cost', 'cost must be a whole number')
}

/** @throws InvalidInput */
export function assertRule({ max, lockFor, forgetAfter }: AttemptRule): void {
  const isRight = Number.isInteger(max) && max >= 1 && isSpan(lockFor, 1) && isSpan(forgetAfter, 1)
  if (!isRight)
    throw new InvalidInput('rule', 'max must be 1 or more, and the times 1 ms to 30 days')
}

function isSpan(milliseconds: number, least: number): boolean {
  return Number.isFinite(milliseconds) && milliseconds >= least && milliseconds <= LONGEST_WINDOW
}
