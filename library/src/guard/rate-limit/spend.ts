import { StoreUnavailable } from '../../errors.js'
import type { Counters, Rate, Spent } from '../../store/counters.js'
import { CounterTables, createMemoryCounters } from '../../store/memory/counters.js'
import type { GuardContext } from '../context.js'

/** What was taken, and from where: it is given back there. */
export interface Taken {
  readonly spent: Spent
  readonly rate: Rate
  /** The store was away, and this process alone has counted. */
  readonly isFallback: boolean
  /** Gives it back, as far as that can be done now; answers how things stand then. */
  giveBack(): Promise<Spent>
}

/** Takes `cost` from the allowance under `key`. Never throws `StoreUnavailable`. */
export type Take = (key: string, rate: Rate, cost: number) => Promise<Taken>

/** About 2 MB; who comes from more networks than that makes the oldest forgotten. */
const MOST_KEYS = 10_000
/** Of several processes each lets only so much through while they cannot count together. */
const SHARE = 4

/**
 * Counts in the store; while that is away, more strictly in this process: a quarter of the quota. Each call asks the
 * store first (behind its breaker, which answers at once while it is open), so it counts again as soon as it is back.
 */
export function createTake({ counters, clock }: Pick<GuardContext, 'counters' | 'clock'>): Take {
  const own = createMemoryCounters(clock, new CounterTables(MOST_KEYS))
  return async (key, rate, cost) => {
    try {
      return await takeFrom(counters, key, rate, cost, false)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      const stricter = { ...rate, quota: Math.max(Math.floor(rate.quota / SHARE), 1) }
      return takeFrom(own, key, stricter, Math.min(cost, stricter.quota), true)
    }
  }
}

async function takeFrom(
  counters: Counters,
  key: string,
  rate: Rate,
  cost: number,
  isFallback: boolean,
): Promise<Taken> {
  const spent = await counters.spend(key, rate, cost)
  return {
    spent,
    rate,
    isFallback,
    async giveBack() {
      if (!spent.isAllowed) return spent
      try {
        return await counters.spend(key, rate, -cost)
      } catch (error) {
        // It comes back by itself, with time.
        if (error instanceof StoreUnavailable) return spent
        throw error
      }
    },
  }
}
