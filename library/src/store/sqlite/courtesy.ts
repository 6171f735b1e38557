import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../system/clock.js'

/** Milliseconds without a write in which another process gets its turn: it looks once in about one. */
const BREAK = 2
/** Milliseconds for which one process may write without a break: half of what others wait by default. */
const LONGEST_STREAK = 50
/** The same while others are known to write too. */
const SHORT_STREAK = 5
/** Milliseconds for which it is remembered that another process was met. */
const MEMORY = 1_000

/** How one process keeps from locking the others out: SQLite has no queue, whoever looks first is next. */
export interface Courtesy {
  /** Resolves when this process may write again: on the next turn of the event loop, or after a break. */
  giveWay(): Promise<void>
  /** To be told of every commit, and whether others were met before it. */
  wrote(metOthers: boolean): void
}

/** Costs nothing until a process has written for {@link LONGEST_STREAK} without a break, and then a twenty-fifth. */
export function createCourtesy(): Courtesy {
  let streakSince = Number.NEGATIVE_INFINITY
  let wroteAt = Number.NEGATIVE_INFINITY
  let metOthersAt = Number.NEGATIVE_INFINITY
  return {
    async giveWay() {
      const now = systemClock.elapsed()
      if (now - wroteAt >= BREAK) streakSince = now
      const longest = now - metOthersAt < MEMORY ? SHORT_STREAK : LONGEST_STREAK
      if (now - streakSince < longest) return nextTurn()
      await pause(BREAK)
      streakSince = systemClock.elapsed()
    },
    wrote(metOthers) {
      wroteAt = systemClock.elapsed()
      if (metOthers) metOthersAt = wroteAt
    },
  }
}
