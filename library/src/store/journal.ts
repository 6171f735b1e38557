import { systemClock } from '../system/clock.js'
import { JournaledStore } from './journal/journaled-store.js'
import type { JournalOptions } from './journal/options.js'
import type { JournalStats } from './journal/stats.js'
import type { Store } from './store.js'

export type { JournalOptions } from './journal/options.js'
export type { JournalStats } from './journal/stats.js'

/**
 * journal/ owns what this process knows to have ended, and holds a store to it that may forget what it acknowledged:
 * Redis after a failover, or started again from an older file. sojourn.ts puts it in front of such a store, above the
 * deadlines, so that an end which the store refuses is not forgotten. It never ends what nobody asked it to end, and
 * never calls anything live that the store does not.
 */

/** A store that is held to what it acknowledged. */
export interface Journal {
  /** The store itself, where it does not forget. */
  readonly store: Store
  /** Looks now whether the store is what it was. Never throws. */
  verify(): Promise<void>
  stats(): JournalStats
}

const DEFAULTS: Required<JournalOptions> = {
  keptFor: 900_000,
  maxEntries: 100_000,
  pulseEvery: 1_000,
  onStoreReset: 'accept',
  clock: systemClock,
  onRollback: () => undefined,
  onReset: () => undefined,
  onEnded: () => undefined,
  onAllEnded: () => undefined,
}

/** What there is to tell of a store that does not forget. */
const NOTHING: JournalStats = {
  sessions: 0,
  subjects: 0,
  exchanges: 0,
  pending: 0,
  rollbacks: 0,
  resets: 0,
  restored: 0,
  isRestoring: false,
  isReset: false,
  takesWrites: true,
}

/** Puts a journal in front of a store that says {@link Store.mayForget}; any other is left as it is. */
export function createJournal(store: Store, options: JournalOptions = {}): Journal {
  if (store.mayForget !== true) {
    return { store, verify: async () => Promise.resolve(), stats: () => NOTHING }
  }
  const journaled = new JournaledStore(store, { ...DEFAULTS, ...options })
  return {
    store: journaled,
    verify: () => journaled.verify(),
    stats: () => journaled.stats(),
  }
}
