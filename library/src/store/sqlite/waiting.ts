import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../system/clock.js'
import { isBusy } from './fault.js'

/**
 * Lets the event loop go on for about a millisecond before the next try. To try on every turn of the
 * loop would take the processor from the very process that holds the lock; courtesy.ts sees to it that
 * who looks once a millisecond gets a turn.
 */
export async function backOff(): Promise<void> {
  await pause(1)
}

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
      if (!isBusy(error) || systemClock.elapsed() - start >= patience) throw error
      await backOff()
    }
  }
}
