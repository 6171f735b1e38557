/**
 * The part of a store that counts: how often something may happen, for all processes together. guard/ calls it, with keys
 * that it has made of addresses and names by a keyed digest, so that nobody can read here who came.
 *
 * ## The contract
 *
 * 1. Every verb is atomic, over all processes, and costs one round trip: of a hundred calls at once exactly as many are
 *    allowed as the rule says.
 * 2. The store's clock rules.
 * 3. What is refused writes nothing: nobody prolongs a wait by trying again.
 * 4. Nothing is kept for longer than it can make a difference.
 * 5. A fault throws {@link StoreUnavailable}, never "allowed".
 *
 * A key is 1 to 128 characters of `A-Z a-z 0-9 . _ : -`; another one throws {@link InvalidInput}, and so does a rate or a
 * rule out of bounds. The keys of {@link Counters.spend} and of {@link Counters.attempt} may be the same text and are apart.
 * A key has one rate: at another one, it owes the time that it owed.
 */
export interface Counters {
  /**
   * Takes `cost` out of an allowance that refills steadily (GCRA, ITU-T I.371 appendix A): at most `quota` at once, and
   * one more each `window / quota`, exactly, whatever fraction of a millisecond that is. A cost of 0 only looks, and is
   * always allowed; a negative one gives back, at most what is missing.
   */
  spend(key: string, rate: Rate, cost?: number): Promise<Spent>

  /**
   * Notes an attempt **before** its outcome is known, so that attempts at the same time count too; who succeeds calls
   * {@link Counters.forget}. The one that reaches `max` is allowed, and locks the key behind itself for `lockFor`. When
   * the lock is over, counting starts anew.
   */
  attempt(key: string, rule: AttemptRule): Promise<Attempt>

  /** How the attempts of a key stand. Counts none, and writes nothing. */
  look(key: string): Promise<Attempts>

  /** Drops the attempts and the lock of a key. Answers how many attempts there were. */
  forget(key: string): Promise<number>
}

/** An allowance. */
export interface Rate {
  /** How many at once, from 1 to 1,000,000. */
  readonly quota: number
  /** Milliseconds in which an empty allowance is full again: a whole number, from 1 to 30 days. */
  readonly window: number
}

/** What became of {@link Counters.spend}. */
export interface Spent {
  readonly isAllowed: boolean
  /** How many more would be allowed now. */
  readonly remaining: number
  /** Milliseconds after which the same cost would be allowed; 0 where it was, `Infinity` where it is over `quota`. */
  readonly retryAfter: number
  /** Milliseconds after which the allowance is full again. */
  readonly resetAfter: number
}

/** When attempts lock a key. The times are whole milliseconds, from 1 to 30 days. */
export interface AttemptRule {
  /** The number that locks. From 1. */
  readonly max: number
  readonly lockFor: number
  /** Attempts are forgotten so long after the last one. */
  readonly forgetAfter: number
}

/** What became of {@link Counters.attempt}. */
export interface Attempt {
  readonly isAllowed: boolean
  /** Attempts so far, this one included where it was allowed. */
  readonly count: number
  /** This one locked the key. */
  readonly hasLocked: boolean
  /** Milliseconds until the key is free again; 0 while it is. */
  readonly retryAfter: number
}

/** What {@link Counters.look} sees. */
export interface Attempts {
  /** Attempts that are not forgotten. */
  readonly count: number
  readonly isLocked: boolean
  /** Milliseconds until they are forgotten, or the lock is over; 0 where there are none. */
  readonly resetAfter: number
}
