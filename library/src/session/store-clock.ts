import type { Clock } from '../system/clock.js'

/**
 * The store's clock, as this process can know it: its own, corrected by what the last answers said. All
 * processes judge a token's expiry by it, so that hosts whose clocks differ by half a minute refuse nothing early.
 */
export interface StoreClock extends Clock {
  /** Whether the store has told the time yet. */
  readonly isKnown: boolean
  /** The store said `now`, just now. */
  heard(now: number): void
}

export function createStoreClock(clock: Clock): StoreClock {
  let lead: number | undefined
  return {
    now: () => (lead === undefined ? clock.now() : Math.floor(clock.elapsed() + lead)),
    elapsed: () => clock.elapsed(),
    get isKnown() {
      return lead !== undefined
    },
    heard(now) {
      lead = now - clock.elapsed()
    },
  }
}
