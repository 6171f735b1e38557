import { expect, it } from 'vitest'
import type { JournalStats } from '../../src/store/journal.js'
import { createMetrics, observeJournal } from '../../src/telemetry/index.js'

it('a journal shows what it holds as it is when the text is made', () => {
  let stats: JournalStats = {
    ...{ sessions: 3, subjects: 2, exchanges: 1, pending: 4, rollbacks: 9, resets: 9, restored: 9 },
    ...{ isRestoring: false, isReset: false, takesWrites: true },
  }
  const metrics = createMetrics()
  observeJournal(metrics, () => stats)
  const lines = (): readonly string[] =>
    metrics
      .text()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .sort()
  expect(lines()).toEqual([
    'sojourn_store_journal_entries{kind="exchanges"} 1',
    'sojourn_store_journal_entries{kind="sessions"} 3',
    'sojourn_store_journal_entries{kind="subjects"} 2',
    'sojourn_store_journal_pending 4',
    'sojourn_store_journal_restoring 0',
  ])
  stats = { ...stats, pending: 0, isRestoring: true }
  expect(lines().slice(-2)).toEqual([
    'sojourn_store_journal_pending 0',
    'sojourn_store_journal_restoring 1',
  ])
})
