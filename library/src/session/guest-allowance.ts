import type { Clock } from '../system/clock.js'

const WINDOW = 60_000
/** So many networks are told apart in a window; further ones share what is left of the last place. */
const MOST_NETWORKS = 10_000

/** Caps how many anonymous sessions one network may start, so that a crawler cannot fill the store. */
export interface GuestAllowance {
  /** Takes one from the network's allowance; `false` when it is used up for this minute. */
  take(network: string): boolean
}

/** An allowance of `perMinute` for each network, counted in this process, in bounded memory. */
export function createGuestAllowance(perMinute: number, clock: Clock): GuestAllowance {
  let windowStart = clock.elapsed()
  const used = new Map<string, number>()
  return {
    take(network) {
      const now = clock.elapsed()
      if (now - windowStart >= WINDOW) {
        windowStart = now
        used.clear()
      }
      const key = used.size < MOST_NETWORKS || used.has(network) ? network : 'others'
      const count = (used.get(key) ?? 0) + 1
      used.set(key, count)
      return count <= perMinute
    },
  }
}
