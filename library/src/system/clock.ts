/**
 * system/ owns the only doors to time, chance and hashing. Everything else receives them as
 * parameters, so that tests can move time and no token is ever built from weak randomness.
 */

/** A source of the present instant. */
export interface Clock {
  /** The present instant, in milliseconds since the Unix epoch. May jump when the host's clock is set. */
  now(): number
  /** Milliseconds on a clock that never goes backwards; only differences mean anything. For deadlines. */
  elapsed(): number
}

/** The host's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
}
