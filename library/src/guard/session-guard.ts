/**
 * guard/ owns what may refuse a request before the handler runs. Adapters ask it; it changes nothing and
 * answers with a refusal as a value, or `undefined`.
 */
import type { EndReason } from '../store/end-reason.js'
import type { RejectionCode, Resolution } from '../session/resolve.js'
import type { Session } from '../session/session.js'

/** What a guard looks at. */
export type GuardedSession = Pick<Session, 'isSignedIn' | 'endReason' | 'resolution' | 'isRecent'>

/** Why a request may not go on, in words for machines (`code`, `reason`) and for people (`message`). */
export interface Refusal {
  readonly status: 400 | 401 | 403
  readonly code:
    | RejectionCode
    | 'session_missing'
    | 'session_ended'
    | 'session_rotated'
    | 'reauthentication_required'
    | 'cross_origin'
    | 'csrf_invalid'
  readonly message: string
  /** Why the session that was presented is over. */
  readonly reason?: EndReason
  /** Seconds: the sign-in has to be this recent (RFC 9470 `max_age`). */
  readonly maxAge?: number
}

/** Somebody must be signed in. The session must be loaded. */
export function refuseUnlessSignedIn(session: GuardedSession): Refusal | undefined {
  if (session.isSignedIn) return undefined
  return session.endReason === undefined
    ? refuseState(session.resolution)
    : refuseEnded(session.endReason)
}

/** Somebody must be signed in, and have proved who they are at most `maxAge` milliseconds ago. */
export function refuseUnlessRecent(session: GuardedSession, maxAge: number): Refusal | undefined {
  const refusal = refuseUnlessSignedIn(session)
  if (refusal !== undefined || session.isRecent(maxAge)) return refusal
  return {
    status: 401,
    code: 'reauthentication_required',
    message: 'Please confirm that it is you.',
    maxAge: Math.floor(maxAge / 1000),
  }
}

function refuseEnded(reason: EndReason): Refusal {
  const message = 'The session does not exist or has ended.'
  return reason === 'signed_in'
    ? { status: 401, code: 'session_rotated', message, reason }
    : { status: 401, code: 'session_ended', message, reason }
}

function refuseState(resolution: Resolution): Refusal {
  switch (resolution.state) {
    case 'none':
      return MISSING
    case 'active':
      // A guest. One that has become somebody else's signed-in session meanwhile is told so.
      return resolution.record.endsAs === 'signed_in' ? refuseEnded('signed_in') : MISSING
    case 'expired':
    case 'revoked':
      return refuseEnded(resolution.reason)
    case 'rejected':
      return refuseRejected(resolution.code)
  }
}

const MISSING: Refusal = {
  status: 401,
  code: 'session_missing',
  message: 'No session. Please sign in.',
}

const UNKNOWN = 'The session does not exist or has ended.'

/** Status and words for each kind of refused credential. */
const REJECTED: Readonly<Record<RejectionCode, readonly [status: 400 | 401, message: string]>> = {
  session_invalid: [401, 'The session cookie is malformed.'],
  session_unknown: [401, UNKNOWN],
  session_corrupt: [401, UNKNOWN],
  cookie_duplicate: [400, 'Two session cookies with the same name were sent.'],
  cookie_too_many: [400, 'More than 100 cookies were sent.'],
  header_too_large: [400, 'The Cookie header is larger than 8192 bytes.'],
}

function refuseRejected(code: RejectionCode): Refusal {
  const [status, message] = REJECTED[code]
  return code === 'session_unknown'
    ? { status, code, message, reason: 'unknown' }
    : { status, code, message }
}
