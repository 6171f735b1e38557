import { END_REASONS } from '../../store/end-reason.js'
import type { SeriesText } from '../declare.js'
import * as vocabulary from '../vocabulary.js'

type Name =
  | 'started'
  | 'renewed'
  | 'ended'
  | 'refused'
  | 'revoked'
  | 'disabled'
  | 'enabled'
  | 'refreshed'
  | 'refreshRefused'
  | 'refreshReused'
  | 'impersonated'
  | 'rejected'
  | 'writesRefused'
  | 'dataConflicts'
  | 'dataInvalid'
  | 'cookieDiagnostics'

/** What becomes of sessions, and of what is presented for them. */
export const SESSION_SERIES: Readonly<Record<Name, SeriesText>> = {
  started: {
    name: 'sojourn_sessions_started_total',
    kind: 'counter',
    help: 'Sessions created.',
    labels: { kind: vocabulary.SESSION_KINDS },
  },
  renewed: {
    name: 'sojourn_sessions_renewed_total',
    kind: 'counter',
    help: 'Sessions that got a new secret.',
    labels: { kind: vocabulary.SESSION_KINDS },
  },
  ended: {
    name: 'sojourn_sessions_ended_total',
    kind: 'counter',
    help: 'Sessions that ended, by reason.',
    labels: { reason: END_REASONS },
  },
  refused: {
    name: 'sojourn_sessions_refused_total',
    kind: 'counter',
    help: 'Sessions that were not started, because of a limit or a disabled subject.',
    labels: { reason: vocabulary.REFUSAL_REASONS },
  },
  revoked: {
    name: 'sojourn_subjects_revoked_total',
    kind: 'counter',
    help: 'How often all sessions of a subject were ended at once.',
    labels: { reason: END_REASONS },
  },
  disabled: {
    name: 'sojourn_subjects_disabled_total',
    kind: 'counter',
    help: 'How often a subject was disabled.',
    labels: {},
  },
  enabled: {
    name: 'sojourn_subjects_enabled_total',
    kind: 'counter',
    help: 'How often a subject was enabled again.',
    labels: {},
  },
  refreshed: {
    name: 'sojourn_refreshes_total',
    kind: 'counter',
    help: 'Refresh tokens that were exchanged, by outcome.',
    labels: { outcome: vocabulary.REFRESH_OUTCOMES },
  },
  refreshRefused: {
    name: 'sojourn_refreshes_refused_total',
    kind: 'counter',
    help: 'Refresh tokens that were not exchanged, by reason.',
    labels: { reason: vocabulary.REFRESH_REFUSALS },
  },
  refreshReused: {
    name: 'sojourn_refresh_reuse_total',
    kind: 'counter',
    help: 'Spent refresh tokens that came in once more; their sessions were ended.',
    labels: {},
  },
  impersonated: {
    name: 'sojourn_impersonations_started_total',
    kind: 'counter',
    help: 'Sessions in which somebody acts for somebody else.',
    labels: {},
  },
  rejected: {
    name: 'sojourn_credentials_rejected_total',
    kind: 'counter',
    help: 'Credentials that were malformed, foreign, unknown or wrong.',
    labels: { code: vocabulary.REJECTION_CODES },
  },
  writesRefused: {
    name: 'sojourn_writes_refused_total',
    kind: 'counter',
    help: 'Writes to sessions that had ended meanwhile; nothing was written.',
    labels: {},
  },
  dataConflicts: {
    name: 'sojourn_data_conflicts_total',
    kind: 'counter',
    help: 'Keys that two requests wrote at once; the later one won.',
    labels: {},
  },
  dataInvalid: {
    name: 'sojourn_data_invalid_total',
    kind: 'counter',
    help: 'Values at rest that did not fit their schema.',
    labels: {},
  },
  cookieDiagnostics: {
    name: 'sojourn_cookie_diagnostics_total',
    kind: 'counter',
    help: 'Cookies that could not be set or would not come back.',
    labels: {},
  },
}
