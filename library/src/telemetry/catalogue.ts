import { END_REASONS } from '../store/end-reason.js'
import type { CounterText, WordCounterText } from './counting.js'
import * as vocabulary from './vocabulary.js'

/** The counters that the event catalogue makes, each with what it counts. */

type WordCounterName =
  | 'started'
  | 'renewed'
  | 'ended'
  | 'refused'
  | 'rejected'
  | 'revoked'
  | 'refreshed'
  | 'refreshRefused'
  | 'storeFailed'

/** Counters that tell what they count by a word. */
export const WORD_COUNTERS: Readonly<Record<WordCounterName, WordCounterText>> = {
  started: {
    name: 'sojourn_sessions_started_total',
    help: 'Sessions created.',
    label: 'kind',
    words: vocabulary.SESSION_KINDS,
  },
  renewed: {
    name: 'sojourn_sessions_renewed_total',
    help: 'Sessions that got a new secret.',
    label: 'kind',
    words: vocabulary.SESSION_KINDS,
  },
  ended: {
    name: 'sojourn_sessions_ended_total',
    help: 'Sessions that ended, by reason.',
    label: 'reason',
    words: END_REASONS,
  },
  refused: {
    name: 'sojourn_sessions_refused_total',
    help: 'Sessions that were not started, because of a limit or a disabled subject.',
    label: 'reason',
    words: vocabulary.REFUSAL_REASONS,
  },
  rejected: {
    name: 'sojourn_credentials_rejected_total',
    help: 'Credentials that were malformed, foreign, unknown or wrong.',
    label: 'code',
    words: vocabulary.REJECTION_CODES,
  },
  revoked: {
    name: 'sojourn_subjects_revoked_total',
    help: 'How often all sessions of a subject were ended at once.',
    label: 'reason',
    words: END_REASONS,
  },
  refreshed: {
    name: 'sojourn_refreshes_total',
    help: 'Refresh tokens that were exchanged, by outcome.',
    label: 'outcome',
    words: vocabulary.REFRESH_OUTCOMES,
  },
  refreshRefused: {
    name: 'sojourn_refreshes_refused_total',
    help: 'Refresh tokens that were not exchanged, by reason.',
    label: 'reason',
    words: vocabulary.REFRESH_REFUSALS,
  },
  storeFailed: {
    name: 'sojourn_store_failures_total',
    help: 'Store calls that were not answered.',
    label: 'operation',
    words: vocabulary.STORE_VERBS,
  },
}

type PlainCounterName =
  | 'writesRefused'
  | 'dataConflicts'
  | 'dataInvalid'
  | 'recordsCorrupt'
  | 'storeRollbacks'
  | 'storeResets'
  | 'cookieDiagnostics'
  | 'subjectsDisabled'
  | 'subjectsEnabled'
  | 'upkeepFailed'
  | 'refreshReused'
  | 'impersonated'

/** Counters without labels. */
export const PLAIN_COUNTERS: Readonly<Record<PlainCounterName, CounterText>> = {
  writesRefused: {
    name: 'sojourn_writes_refused_total',
    help: 'Writes to sessions that had ended meanwhile; nothing was written.',
  },
  dataConflicts: {
    name: 'sojourn_data_conflicts_total',
    help: 'Keys that two requests wrote at once; the later one won.',
  },
  dataInvalid: {
    name: 'sojourn_data_invalid_total',
    help: 'Values at rest that did not fit their schema.',
  },
  recordsCorrupt: {
    name: 'sojourn_records_corrupt_total',
    help: 'Records that this version could not read.',
  },
  storeRollbacks: {
    name: 'sojourn_store_rollbacks_total',
    help: 'How often the store had lost writes that it had acknowledged.',
  },
  storeResets: {
    name: 'sojourn_store_resets_total',
    help: 'How often the store was found empty, or was another one.',
  },
  cookieDiagnostics: {
    name: 'sojourn_cookie_diagnostics_total',
    help: 'Cookies that could not be set or would not come back.',
  },
  subjectsDisabled: {
    name: 'sojourn_subjects_disabled_total',
    help: 'How often a subject was disabled.',
  },
  subjectsEnabled: {
    name: 'sojourn_subjects_enabled_total',
    help: 'How often a subject was enabled again.',
  },
  upkeepFailed: {
    name: 'sojourn_upkeep_failures_total',
    help: 'Touches and tidying that a store failure cut short.',
  },
  refreshReused: {
    name: 'sojourn_refresh_reuse_total',
    help: 'Spent refresh tokens that came in once more; their sessions were ended.',
  },
  impersonated: {
    name: 'sojourn_impersonations_started_total',
    help: 'Sessions in which somebody acts for somebody else.',
  },
}
