/**
 * guard/ owns what may refuse a request before the handler runs. Adapters ask it; it changes nothing and
 * answers with a refusal as a value, or `undefined`.
 */
import type { EndReason } from '../store/end-reason.js'
import type { RejectionCode, Resolution } from '../session/resolve.js'
import type { Session } from '../session/session.js'
import { describeRejection, toldOf, type ProofCode } from './rejection.js'

/** What a guard looks at. */
export type GuardedSession = Pick<
  Session,
  'isSignedIn' | 'endReason' | 'resolution' | 'isRecent' | 'schemes' | 'facts' | 'claims'
>

/** How a credential can be sent: in the session cookie, as a bearer token (RFC 6750), or bound to a key (RFC 9449). */
export type Scheme = 'Cookie' | 'Bearer' | 'DPoP'

/** Why a request may not go on, in words for machines (`code`, `reason`) and for people (`message`). */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 421 | 429 | 503
  readonly code:
    | Exclude<RejectionCode, ProofCode>
    /** What is told of every bad DPoP proof. */
    | 'invalid_dpop_proof'
    | 'session_missing'
    | 'session_ended'
    | 'session_rotated'
    | 'reauthentication_required'
    | 'insufficient_scope'
    | 'credential_in_url'
    /** What is told of a bound access token without a proof, and of every bad one in production. */
    | 'invalid_token'
    | 'cross_origin'
    | 'csrf_invalid'
    | 'tls_required'
    /** The Host header names none of the application's hosts. */
    | 'host_unknown'
    /** A limit is used up. */
    | 'rate_limited'
    /** Too many failed sign-ins. */
    | 'signin_locked'
    /** Nobody may come from this network for a while. */
    | 'network_blocked'
    /** A right that the session does not have. */
    | 'forbidden'
  readonly message: string
  /** Why the session that was presented is over. */
  readonly reason?: EndReason
  /** Seconds: the sign-in has to be this recent (RFC 9470 `max_age`). */
  readonly maxAge?: number
  /** How sure the authentication has to be (RFC 9470 `acr_values`), space-separated. */
  readonly acr?: string
  /** What the token has to allow (RFC 6750 section 3), space-separated. */
  readonly scope?: string
  /** Seconds after which it is worth trying again, for `Retry-After`. */
  readonly retryAfter?: number
  /** Which check failed, for who has to mend it: `sec-fetch-site`, `token_of_another_session`, the name of a policy, … */
  readonly check?: string
  /** Headers that go with it. */
  readonly headers?: Readonly<Record<string, string>>
  /** Ways in which something better can be sent; what the challenge of a 401 is made of. Default the cookie alone. */
  readonly schemes?: readonly Scheme[]
}

/**
 * Somebody must be signed in, and no further proof of who they are be awaited. The session must be loaded. `mayBePending`: for
 * the route that takes the proof.
 */
export function refuseUnlessSignedIn(
  session: GuardedSession,
  { mayBePending = false }: { readonly mayBePending?: boolean } = {},
): Refusal | undefined {
  if (session.isSignedIn)
    return isPending(session) && !mayBePending ? refusePending(session) : undefined
  const refusal =
    session.endReason === undefined
      ? refuseState(session.resolution)
      : refuseEnded(session.endReason)
  // Whoever shows a token of ours is told no more than that its session is over: that there was one is in the token.
  const isByToken = refusal.code === 'session_ended' && !session.schemes.includes('Cookie')
  const message = isByToken ? 'The session has ended.' : refusal.message
  return { ...refusal, message, schemes: session.schemes }
}

function isPending({ resolution }: GuardedSession): boolean {
  return resolution.state === 'active' && resolution.record.traits.awaits !== undefined
}

/** The first factor alone, or a session that is in doubt, opens nothing (GHSA-xg6x-h9c9-2m83). */
function refusePending({ schemes }: GuardedSession): Refusal {
  return {
    status: 401,
    code: 'reauthentication_required',
    message: 'Please confirm that it is you.',
    check: 'pending',
    schemes,
  }
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
    schemes: session.schemes,
  }
}

/** Anybody may come, but not as two people at once, nor in a way that leaves open who is meant. */
export function refuseAmbiguous({
  resolution,
  schemes,
}: Pick<GuardedSession, 'resolution' | 'schemes'>): Refusal | undefined {
  if (resolution.state !== 'rejected' || !AMBIGUOUS.has(resolution.code)) return undefined
  return { ...refuseRejected(resolution.code), schemes }
}

const AMBIGUOUS: ReadonlySet<RejectionCode> = new Set<RejectionCode>([
  'credentials_conflict',
  'header_duplicate',
  'invalid_request',
])

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

function refuseRejected(code: RejectionCode): Refusal {
  const [status, message] = describeRejection(code)
  return code === 'session_unknown'
    ? { status, code, message, reason: 'unknown' }
    : { status, code: toldOf(code), message }
}
