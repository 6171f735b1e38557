import type { RejectionCode } from '../session/resolve.js'
import type { SojournEvents } from '../session/events.js'
import type { Counters } from '../store/counters.js'
import type { Store } from '../store/store.js'

/**
 * The words that may stand in a label. Each list is a record, so that a word which is added to its type
 * and forgotten here does not compile.
 */

/** What a store is, rather than what it does. */
type StoreFact = 'name' | 'bucketOf' | 'shardOf' | 'mayForget' | 'close' | 'changes' | 'counters'
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
