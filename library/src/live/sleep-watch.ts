import type { Clock } from '../system/clock.js'

/** The wall clock went ahead of the one that never jumps by more than this. Milliseconds. */
const SLEPT = 1_000

/**
 * Notices that the machine slept, or that a frozen process was moved: timers stand still then, and what was due in the meantime
 * would be late by as long. A wall clock that is set forward looks the same, and costs one look at each session.
 */
export class SleepWatch {
  readonly #clock: Clock
  #offset: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#offset = this.#ahead()
  }

  /** Whether it did since the last call. */
  hasSlept(): boolean {
    const offset = this.#ahead()
    const isAhead = offset - this.#offset > SLEPT
    this.#offset = offset
    return isAhead
  }

  #ahead(): number {
    return this.#clock.now() - this.#clock.elapsed()
  }
}
