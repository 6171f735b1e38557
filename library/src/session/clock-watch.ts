import type { Clock } from '../system/clock.js'
import type { Events } from './events.js'

/** Clocks that are further apart are told of. Milliseconds. */
const APART = 60_000
/** They count as together again below this, so that two that drift at the bound are no storm. */
const TOGETHER = 30_000

/** Compares the store's clock with that of the host, whenever the store answers. */
export interface ClockWatch {
  /** The store said `now`, just now. */
  heard(now: number): void
}

/** Tells `store.clock_skew` when the clocks part, when they part by a minute more or less, and when they meet again. */
export function createClockWatch(clock: Clock, events: Pick<Events, 'emit'>): ClockWatch {
  let told = 0
  return {
    heard(now) {
      const ahead = Math.round(now - clock.now())
      const distance = Math.abs(ahead)
      const isNews = told === 0 ? distance > APART : Math.abs(ahead - told) > APART
      const isOver = told !== 0 && distance < TOGETHER
      if (!isNews && !isOver) return
      const isApart = distance > APART
      told = isApart ? ahead : 0
      events.emit('store.clock_skew', { isApart, ahead })
    },
  }
}
