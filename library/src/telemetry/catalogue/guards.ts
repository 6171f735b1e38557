import type { SeriesText } from '../declare.js'
import * as vocabulary from '../vocabulary.js'

type Name =
  | 'signInFailed'
  | 'lockedOut'
  | 'unlocked'
  | 'suspicious'
  | 'credentialChanged'
  | 'refused'
  | 'anomalies'
  | 'signals'
  | 'adminActed'

/** What guards see and refuse, and what befalls sign-ins. */
export const GUARD_SERIES: Readonly<Record<Name, SeriesText>> & {
  readonly limited: SeriesText<'policy' | 'outcome' | 'by'>
} = {
  signInFailed: {
    name: 'sojourn_sign_in_failures_total',
    kind: 'counter',
    help: 'Failed sign-ins that the application reported, by reason.',
    labels: { reason: [...vocabulary.SIGN_IN_FAILURE_REASONS, 'other'] },
  },
  lockedOut: {
    name: 'sojourn_sign_in_lockouts_total',
    kind: 'counter',
    help: 'How often so many sign-ins failed that further ones have to wait, by whom that concerns.',
    labels: { scope: vocabulary.LOCK_SCOPES },
  },
  unlocked: {
    name: 'sojourn_sign_in_unlocks_total',
    kind: 'counter',
    help: 'Accounts that were unlocked before their time, by whom.',
    labels: { by: vocabulary.UNLOCKERS },
  },
  suspicious: {
    name: 'sojourn_sign_ins_suspicious_total',
    kind: 'counter',
    help: 'Sign-ins, and attempts, that somebody should look at.',
    labels: { kind: vocabulary.SUSPICIONS },
  },
  credentialChanged: {
    name: 'sojourn_credentials_changed_total',
    kind: 'counter',
    help: 'Passwords, and other ways to prove who one is, that were set, changed or removed.',
    labels: {},
  },
  refused: {
    name: 'sojourn_requests_refused_total',
    kind: 'counter',
    help: 'Requests that a guard refused (refused), or would have (shadowed). Whoever presents nothing where a session is needed is not counted.',
    labels: { guard: vocabulary.GUARDS, outcome: ['refused', 'shadowed'] },
  },
  limited: {
    name: 'sojourn_limit_decisions_total',
    kind: 'counter',
    help: 'How rate limits decided, by policy. by="process": the store was away.',
    labels: {
      policy: 'The name of a policy, as the application gave it.',
      outcome: ['allowed', 'refused', 'shadowed'],
      by: ['store', 'process'],
    },
    when: 'rate limits are watched',
  },
  anomalies: {
    name: 'sojourn_anomalies_total',
    kind: 'counter',
    help: 'Sessions that were used in another way than before, by what followed.',
    labels: { answer: vocabulary.ANOMALY_ANSWERS, outcome: ['enforced', 'shadowed'] },
  },
  signals: {
    name: 'sojourn_anomaly_signals_total',
    kind: 'counter',
    help: 'What spoke against a session. One anomaly may have several.',
    labels: { signal: vocabulary.ANOMALY_SIGNALS },
  },
  adminActed: {
    name: 'sojourn_admin_acts_total',
    kind: 'counter',
    help: 'What administrators did to sessions and accounts.',
    labels: {},
  },
}
