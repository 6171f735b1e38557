import type { Clock } from '../../system/clock.js'
import type { EndReason } from '../end-reason.js'
import type { SessionId } from '../record.js'

/** Options of `createJournal`. Durations are milliseconds. */
export interface JournalOptions {
  /** For how long an end is kept at least. Default 15 minutes; up to 1,000 are kept for a day. */
  readonly keptFor?: number
  /** How many ends are kept at most, of sessions and of subjects each; the oldest go. Default 100,000 (30 MB). */
  readonly maxEntries?: number
  /** How often it is looked whether the store is what it was, while it is in use and {@link keptFor} afterwards. Default 1 s. */
  readonly pulseEvery?: number
  /** See `onStoreReset` in options.ts. Default `'accept'`. */
  readonly onStoreReset?: 'accept' | 'fail'
  /** Default: the host's. */
  readonly clock?: Clock
  /** The store went back in time. Told once, with how much is being re-applied. */
  readonly onRollback?: (entries: { readonly sessions: number; readonly subjects: number }) => void
  /** The store was emptied, or is another one. */
  readonly onReset?: () => void
  /** The store took an end that it had refused before. */
  readonly onEnded?: (id: SessionId, subject: string | undefined, reason: EndReason) => void
  /** The same for all sessions of a subject. */
  readonly onAllEnded?: (subject: string, reason: EndReason, count: number) => void
}
