import type { JournalStats } from '../store/journal.js'
import type { Metrics } from './metrics.js'

/**
 * Shows what a journal of ends holds: `observeJournal(metrics, () => sojourn.journalStats())`. Read when the text is made;
 * how often the store lost something is counted by `observeSojourn`, from its events.
 */
export function observeJournal(metrics: Metrics, stats: () => JournalStats): void {
  const entries = metrics.gauge('sojourn_store_journal_entries', ENTRIES, ['kind'])
  for (const kind of ['sessions', 'subjects', 'exchanges'] as const) {
    entries.series({ kind }).readFrom(() => stats()[kind])
  }
  const level = (name: string, help: string, read: () => number): void => {
    metrics.gauge(name, help).series({}).readFrom(read)
  }
  level('sojourn_store_journal_pending', PENDING, () => stats().pending)
  level('sojourn_store_journal_restoring', RESTORING, () => Number(stats().isRestoring))
}

const ENTRIES = 'What this process remembers to have ended, in case the store forgets it.'
const PENDING = 'Ends that the store has yet to take; they hold in this process.'
const RESTORING = '1 while ends that the store had lost are being re-applied.'
