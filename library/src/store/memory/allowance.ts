import type { Rate, Spent } from '../counters.js'

/**
 * What was taken out of an allowance and has not come back yet: a debt that shrinks by a millisecond in each, and is gone
 * `spare / quota` milliseconds before `endsAt`. All are whole numbers, so that nothing is ever rounded: a third of a
 * millisecond stays one, however often it is added, and the Redis store's Lua does the same sums.
 */
export interface Debt {
  readonly endsAt: number
  readonly spare: number
  readonly quota: number
}

/** One step of {@link Counters.spend}. */
export interface Spending {
  readonly spent: Spent
  /** Whether anything is to be written: not where it was refused, nor where it only looked. */
  readonly isChange: boolean
  /** What is to be kept then; `undefined`: nothing, the allowance is full. */
  readonly debt: Debt | undefined
}

/**
 * The sums of {@link Counters.spend}. What is owed is counted in parts of a millisecond, `quota` of them in each: one
 * costs `window` of these, and `quota * window` may be owed at most. With the bounds of {@link Rate} that is below 2^52.
 */
export function spendAt(known: Debt | undefined, now: number, rate: Rate, cost: number): Spending {
  const { quota, window } = rate
  const before = owed(known, now, quota)
  const after = Math.max(before + cost * window, 0)
  const isAllowed = cost <= 0 || after <= quota * window
  return {
    spent: toSpent(isAllowed, isAllowed ? after : before, rate, cost),
    isChange: isAllowed && cost !== 0,
    debt: toDebt(after, now, quota),
  }
}

/** The answer, from what is owed now. */
export function toSpent(
  isAllowed: boolean,
  owes: number,
  { quota, window }: Rate,
  cost: number,
): Spent {
  const wait = cost > quota ? Infinity : Math.ceil((owes + cost * window - quota * window) / quota)
  return {
    isAllowed,
    remaining: Math.max(Math.floor((quota * window - owes) / window), 0),
    retryAfter: isAllowed ? 0 : wait,
    resetAfter: Math.ceil(owes / quota),
  }
}

/** A debt made at another quota is rounded up to the millisecond. */
function owed(debt: Debt | undefined, now: number, quota: number): number {
  if (debt === undefined) return 0
  const spare = debt.quota === quota ? debt.spare : 0
  return Math.max((debt.endsAt - now) * quota - spare, 0)
}

function toDebt(owes: number, now: number, quota: number): Debt | undefined {
  if (owes === 0) return undefined
  const lasts = Math.ceil(owes / quota)
  return { endsAt: now + lasts, spare: lasts * quota - owes, quota }
}
