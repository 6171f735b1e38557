import type { Clock } from '../system/clock.js'
import { toMilliseconds, type DurationText } from '../system/duration.js'

/** A clock that stands still until it is told to move. */
export interface ManualClock extends Clock {
  /**
   * Moves both readings forward: by a whole number of **milliseconds**, or by text with a unit (`'15m'`).
   * Throws a `RangeError` for anything else, so that a typing error never leaves time standing still.
   */
  advance(by: number | DurationText): void
}

/** Monday, 2024-01-01T00:00:00Z: readable in a failing test, and not today. */
const DEFAULT_START = 1_704_067_200_000

/**
 * A {@link ManualClock} for tests.
 *
 * @param startAt The first `now()`, in milliseconds since the Unix epoch. Default 2024-01-01T00:00:00Z.
 */
export function createManualClock(startAt: number = DEFAULT_START): ManualClock {
  let passed = 0
  return {
    now: () => startAt + passed,
    elapsed: () => passed,
    advance(by) {
      const milliseconds = typeof by === 'number' ? by : toMilliseconds(by)
      if (milliseconds === undefined || !Number.isSafeInteger(milliseconds) || milliseconds < 0) {
        throw new RangeError(`cannot advance a clock by ${JSON.stringify(by)}`)
      }
      passed += milliseconds
    },
  }
}
