import type { RejectionCode } from '../session/resolve.js'
import type { SojournEvents } from '../session/events.js'
import type { Store } from '../store/store.js'

/**
 * The words that may stand in a label. Each list is a record, so that a word which is added to its type
 * and forgotten here does not compile.
 */

type StoreVerb = Exclude<keyof Store, 'name' | 'bucketOf' | 'close'>

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
  end: true,
  endAll: true,
  reap: true,
  list: true,
  readSubject: true,
  changeSubject: true,
  check: true,
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
