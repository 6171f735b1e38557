import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../system/clock.js'
import { isBusy } from './fault.js'

/** Milliseconds for which every turn of the event loop tries again: most locks are held for less than one. */
const EAGER = 3

/**
 * Tries until no other process holds the lock, for `patience` milliseconds of real time at most, and
 * throws the last fault then. The event loop goes on in between: with SQLite's own busy timeout, fifty
 * requests that meet a locked file would stop the process fifty times as long, one after another.
 */
export async function whenFree<T>(attempt: () => T, patience: number): Promise<T> {
  const start = systemClock.elapsed()
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      const waited = systemClock.elapsed() - start
      if (!isBusy(error) || waited >= patience) throw error
      await (waited < EAGER ? nextTurn() : pause(1))
    }
  }
}
