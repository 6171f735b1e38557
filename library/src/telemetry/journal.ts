import type { JournalStats } from '../store/journal.js'
import { JOURNAL_SERIES } from './catalogue/index.js'
import { declareGauge, showFrom } from './declare.js'
import type { Metrics } from './metrics.js'

/**
 * Shows what a journal of ends holds: `observeJournal(metrics, () => sojourn.journalStats())`. Read when the text is made;
 * how often the store lost something is counted by `observeSojourn`, from its events.
 */
export function observeJournal(metrics: Metrics, stats: () => JournalStats): void {
  const entries = declareGauge(metrics, JOURNAL_SERIES.entries)
  for (const kind of ['sessions', 'subjects', 'exchanges'] as const) {
    entries.series({ kind }).readFrom(() => stats()[kind])
  }
  showFrom(metrics, JOURNAL_SERIES.pending, () => stats().pending)
  showFrom(metrics, JOURNAL_SERIES.restoring, () => Number(stats().isRestoring))
}
