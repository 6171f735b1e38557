import type { SignalName } from '../guard/anomaly/options.js'
import type { RejectionCode } from '../session/resolve.js'
import type { SojournEvents } from '../session/events.js'
import type { Counters } from '../store/counters.js'
import type { Store } from '../store/store.js'

/**
 * The words that may stand in a label. Each list is a record, so that a word which is added to its type
 * and forgotten here does not compile.
 */

/** What a store is, rather than what it does. */
type StoreFact =
  'name' | 'bucketOf' | 'shardOf' | 'mayForget' | 'close' | 'changes' | 'counters' | 'transfer'
type StoreVerb = Exclude<keyof Store, StoreFact> | keyof Counters

/** Whom a session belongs to: to somebody, or to nobody yet. */
export type SessionKind = 'signed_in' | 'guest'

export const SESSION_KINDS: readonly SessionKind[] = ['signed_in', 'guest']

export const REJECTION_CODES: readonly string[] = words<RejectionCode>({
  session_invalid: true,
  cookie_duplicate: true,
  cookie_too_many: true,
  header_too_large: true,
  session_unknown: true,
  session_corrupt: true,
  invalid_request: true,
  scheme_unsupported: true,
  header_duplicate: true,
  credentials_conflict: true,
  token_missing: true,
  token_too_large: true,
  token_malformed: true,
  crit_unsupported: true,
  header_unsupported: true,
  alg_not_allowed: true,
  typ_mismatch: true,
  kid_unknown: true,
  signature_invalid: true,
  claims_invalid: true,
  issuer_mismatch: true,
  audience_mismatch: true,
  token_expired: true,
  token_not_yet_valid: true,
  token_stale: true,
  proof_missing: true,
  proof_repeated: true,
  proof_malformed: true,
  proof_private_key: true,
  proof_algorithm: true,
  proof_mismatch: true,
  proof_replayed: true,
  proof_crowded: true,
  proof_required: true,
  binding_mismatch: true,
  agent_mismatch: true,
})

export const REFUSAL_REASONS: readonly string[] = words<SojournEvents['session.refused']['reason']>(
  {
    limit: true,
    disabled: true,
  },
)

export const STORE_VERBS: readonly string[] = words<StoreVerb>({
  create: true,
  read: true,
  change: true,
  rotate: true,
  end: true,
  endAll: true,
  reap: true,
  list: true,
  walk: true,
  readSubject: true,
  changeSubject: true,
  readDocument: true,
  writeDocument: true,
  spend: true,
  attempt: true,
  look: true,
  forget: true,
  check: true,
  pulse: true,
})

/** What becomes of a refresh token that is exchanged. */
export const REFRESH_OUTCOMES: readonly string[] = words<SojournEvents['refresh.rotated']['how']>({
  rotated: true,
  replayed: true,
  healed: true,
  forgiven: true,
})

/** Why one is not. */
export const REFRESH_REFUSALS: readonly string[] = [
  'kind',
  'unknown',
  'proof',
  'client',
  'expired',
  'ahead',
  'reused',
  'gone',
]

/** What refuses requests. */
export const GUARDS: readonly string[] = words<SojournEvents['request.refused']['guard']>({
  csrf: true,
  cross_origin: true,
  limit: true,
  https: true,
  cors: true,
  embedding: true,
  credential_in_url: true,
  authorization: true,
  binding: true,
  anomaly: true,
  sign_in: true,
  admin: true,
})

/** Whom a lock keeps out. */
export const LOCK_SCOPES: readonly string[] = words<SojournEvents['signin.locked']['scope']>({
  account: true,
  account_network: true,
  device: true,
  network: true,
})

/** Who unlocks. */
export const UNLOCKERS: readonly string[] = words<SojournEvents['signin.unlocked']['by']>({
  admin: true,
  token: true,
})

/** What is odd about a sign-in. */
export const SUSPICIONS: readonly string[] = words<SojournEvents['signin.suspicious']['kind']>({
  after_failures: true,
  new_device: true,
  new_network: true,
  spray: true,
  stuffing: true,
  impossible_travel: true,
})

/** What follows an anomaly. */
export const ANOMALY_ANSWERS: readonly string[] = words<
  SojournEvents['anomaly.detected']['answer']
>({ observe: true, notify: true, 'step-up': true, revoke: true })

/** What can speak against a session; other words count as `other`. */
export const ANOMALY_SIGNALS: readonly string[] = words<SignalName>({
  network_changed: true,
  agent_changed: true,
  client_hints: true,
  unusual_hour: true,
  alternating_networks: true,
  impossible_travel: true,
  refresh_replay: true,
  failed_attempts: true,
})

/** Why a sign-in fails, as most applications say it. */
export const SIGN_IN_FAILURE_REASONS: readonly string[] = [
  'wrong_password',
  'unknown_account',
  'disabled',
  'limited',
]

function words<Word extends string>(all: Readonly<Record<Word, true>>): readonly string[] {
  return Object.keys(all)
}
