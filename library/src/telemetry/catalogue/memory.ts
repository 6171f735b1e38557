import type { SeriesText } from '../declare.js'

type CacheName = 'flushes' | 'evictions' | 'entries' | 'age' | 'news'

/** What a process keeps at hand of the store's answers. */
export const CACHE_SERIES: Readonly<Record<CacheName, SeriesText<never>>> & {
  readonly lookups: SeriesText<'outcome'>
} = {
  lookups: {
    name: 'sojourn_cache_lookups_total',
    kind: 'counter',
    help: 'Reads that the near cache answered (hit), could not (miss), or must not (bypass).',
    labels: { outcome: ['hit', 'miss', 'bypass'] },
    when: '`observeCache` is called',
  },
  flushes: {
    name: 'sojourn_cache_flushes_total',
    kind: 'counter',
    help: 'How often the near cache was emptied, since changes might have gone untold.',
    labels: {},
    when: '`observeCache` is called',
  },
  evictions: {
    name: 'sojourn_cache_evictions_total',
    kind: 'counter',
    help: 'Sessions that left the near cache for others, since it was full.',
    labels: {},
    when: '`observeCache` is called',
  },
  entries: {
    name: 'sojourn_cache_entries',
    kind: 'gauge',
    help: 'Sessions in the near cache.',
    labels: {},
    when: '`observeCache` is called',
  },
  age: {
    name: 'sojourn_cache_age_seconds',
    kind: 'gauge',
    help: 'For how long changes may have gone untold at the worst. +Inf: nobody tells.',
    labels: {},
    when: '`observeCache` is called',
  },
  news: {
    name: 'sojourn_cache_news_seconds',
    kind: 'histogram',
    help: 'How long the news of an ended session was under way to this process, at most: by the clock of the store, one round trip too long at the worst.',
    labels: {},
    when: '`observeCache` is called',
  },
}

/** What a process remembers to have ended, in case the store forgets it. */
export const JOURNAL_SERIES: Readonly<Record<'pending' | 'restoring', SeriesText<never>>> & {
  readonly entries: SeriesText<'kind'>
} = {
  entries: {
    name: 'sojourn_store_journal_entries',
    kind: 'gauge',
    help: 'What this process remembers to have ended, in case the store forgets it.',
    labels: { kind: ['sessions', 'subjects', 'exchanges'] },
    when: '`observeJournal` is called',
  },
  pending: {
    name: 'sojourn_store_journal_pending',
    kind: 'gauge',
    help: 'Ends that the store has yet to take; they hold in this process.',
    labels: {},
    when: '`observeJournal` is called',
  },
  restoring: {
    name: 'sojourn_store_journal_restoring',
    kind: 'gauge',
    help: '1 while ends that the store had lost are being re-applied.',
    labels: {},
    when: '`observeJournal` is called',
  },
}

type AuditName = 'waiting' | 'written' | 'dropped' | 'failures'

/** The records of the audit trail that are on their way. */
export const AUDIT_SERIES: Readonly<Record<AuditName, SeriesText<never>>> = {
  waiting: {
    name: 'sojourn_audit_queue_length',
    kind: 'gauge',
    help: 'Records of the audit trail that wait to be written.',
    labels: {},
    when: '`observeAudit` is called',
  },
  written: {
    name: 'sojourn_audit_records_written_total',
    kind: 'counter',
    help: 'Records of the audit trail that were written.',
    labels: {},
    when: '`observeAudit` is called',
  },
  dropped: {
    name: 'sojourn_audit_records_dropped_total',
    kind: 'counter',
    help: 'Records of the audit trail that were lost, since too many waited.',
    labels: {},
    when: '`observeAudit` is called',
  },
  failures: {
    name: 'sojourn_audit_write_failures_total',
    kind: 'counter',
    help: 'How often records of the audit trail could not be written; they are tried again.',
    labels: {},
    when: '`observeAudit` is called',
  },
}

/** How a migration goes. */
export const ADOPTION_SERIES: {
  readonly adopted: SeriesText<never>
  readonly records: SeriesText<'outcome'>
} = {
  adopted: {
    name: 'sojourn_sessions_adopted_total',
    kind: 'counter',
    help: 'Sessions that were taken over from legacy records.',
    labels: {},
    when: '`observeAdoption` is called',
  },
  records: {
    name: 'sojourn_legacy_records_total',
    kind: 'counter',
    help: 'Legacy records written beside ours (mirrored), changed by an old node (merged), destroyed by one (ended), or no session (undecodable).',
    labels: { outcome: ['mirrored', 'merged', 'ended', 'undecodable'] },
    when: '`observeAdoption` is called',
  },
}
