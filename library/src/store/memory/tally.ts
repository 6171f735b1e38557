import type { Attempt, AttemptRule, Attempts } from '../counters.js'

/** Attempts under one key. */
export interface Tally {
  readonly count: number
  readonly isLocked: boolean
  /** When they are forgotten; where they are locked, when the lock is over. */
  readonly endsAt: number
}

/** One step of {@link Counters.attempt}. */
export interface Attempting {
  readonly attempt: Attempt
  /** What is to be written; `undefined`: nothing, the key is locked. */
  readonly tally: Tally | undefined
}

/** The sums of {@link Counters.attempt}. The Redis store's Lua does the same. */
export function attemptAt(
  known: Tally | undefined,
  now: number,
  { max, lockFor, forgetAfter }: AttemptRule,
): Attempting {
  const live = known !== undefined && known.endsAt > now ? known : undefined
  if (live?.isLocked === true) return { attempt: refused(live, now), tally: undefined }
  const count = (live?.count ?? 0) + 1
  const isLocked = count >= max
  const endsAt = now + (isLocked ? lockFor : forgetAfter)
  return {
    attempt: { isAllowed: true, count, hasLocked: isLocked, retryAfter: isLocked ? lockFor : 0 },
    tally: { count, isLocked, endsAt },
  }
}

/** The sums of {@link Counters.look}. */
export function attemptsAt(known: Tally | undefined, now: number): Attempts {
  if (known === undefined || known.endsAt <= now) return NO_ATTEMPTS
  const { count, isLocked, endsAt } = known
  return { count, isLocked, resetAfter: endsAt - now }
}

const NO_ATTEMPTS: Attempts = { count: 0, isLocked: false, resetAfter: 0 }

function refused({ count, endsAt }: Tally, now: number): Attempt {
  return { isAllowed: false, count, hasLocked: false, retryAfter: endsAt - now }
}
