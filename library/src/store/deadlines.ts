import { systemClock } from '../system/clock.js'

/** One call that has to be answered in time. */
export interface Waiting {
  /** Set by whoever settles the call first: its answer, its fault, or the deadline. */
  isDone: boolean
  readonly dueAt: number
  readonly giveUp: () => void
}

/**
 * One deadline for many calls. Since all wait equally long, they come due in the order in which they came: one
 * timer at a time is enough, where a timer for each call would cost more than the call to a fast store. They are
 * measured on the host's own clock, like the timers, whatever clock the rest is given.
 */
export class Deadlines {
  readonly #milliseconds: number
  #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds
  }

  /** Calls `giveUp` once the deadline is over, unless `isDone` was set before. */
  add(giveUp: () => void): Waiting {
    const waiting = { isDone: false, dueAt: systemClock.elapsed() + this.#milliseconds, giveUp }
    this.#waiting.push(waiting)
    if (this.#timer === undefined) this.#arm(this.#milliseconds)
    return waiting
  }

  #arm(milliseconds: number): void {
    // After a long pause of the event loop timers come first; answers that have arrived are let in before.
    this.#timer = setTimeout(
      () =>
        setImmediate(() => {
          this.#sweep()
        }),
      milliseconds,
    ).unref()
  }

  #sweep(): void {
    const now = systemClock.elapsed()
    const isDue = ({ isDone, dueAt }: Waiting): boolean => isDone || dueAt <= now
    const firstAhead = this.#waiting.findIndex((waiting) => !isDue(waiting))
    const due = firstAhead === -1 ? this.#waiting : this.#waiting.slice(0, firstAhead)
    this.#waiting = firstAhead === -1 ? [] : this.#waiting.slice(firstAhead)
    const [next] = this.#waiting
    if (next === undefined) this.#timer = undefined
    else this.#arm(Math.max(1, next.dueAt - now))
    for (const waiting of due) {
      if (waiting.isDone) continue
      waiting.isDone = true
      waiting.giveUp()
    }
  }
}
