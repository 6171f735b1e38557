import { isEqualSecret } from '../system/digest.js'
import type { PresentedToken } from '../credential/session-token.js'
import type { AuthorizationProblem } from '../credential/authorization.js'
import type { ProofProblem } from '../credential/dpop/index.js'
import type { AccessClaims, TokenProblemCode } from '../credential/jwt/index.js'
import type { PresentRefusal } from '../credential/present.js'
import type { EndReason } from '../store/end-reason.js'
import {
  endedBecause,
  expiresAt,
  type SessionId,
  type SessionRecord,
  type SubjectRecord,
} from '../store/record.js'
import type { Ending, ReadResult } from '../store/store.js'

/** What was presented cannot be a credential of ours, or names a session that nobody knows. */
export type RejectionCode =
  | PresentRefusal
  | AuthorizationProblem
  | TokenProblemCode
  | ProofProblem
  /** An access token that is bound to a key came without a proof of it. */
  | 'proof_required'
  | 'session_unknown'
  | 'session_corrupt'
  /** The facts in the token have changed since it was issued: refresh it. */
  | 'token_stale'
  /** The session is bound to another address or network than the request comes from. */
  | 'binding_mismatch'
  /** The session is bound to another browser or operating system than the request comes from. */
  | 'agent_mismatch'
  /** A cookie and a token of two different sessions. */
  | 'credentials_conflict'

/** What resolving a credential can say. */
export type Resolution =
  /** Nothing was presented. */
  | { readonly state: 'none' }
  | ActiveResolution
  /** It ran out of time. */
  | (End & { readonly state: 'expired' })
  /** Somebody ended it. */
  | (End & {
      readonly state: 'revoked'
      /** The store has yet to take that end of this session; whoever asked for it was told that it failed. */
      readonly pendingEnd?: SessionId
    })
  | { readonly state: 'rejected'; readonly code: RejectionCode }

/** What is known of a session that is over. */
interface End {
  readonly reason: EndReason
  readonly subject: string | undefined
  /** Epoch ms by the store's clock; `undefined` where it is not known, as for one that ended with all of its subject's. */
  readonly endedAt?: number | undefined
}

/** A live session. */
export interface ActiveResolution {
  readonly state: 'active'
  readonly record: SessionRecord
  readonly subject: SubjectRecord
  /** The instant of the answer, by the store's clock. */
  readonly now: number
  /** What was presented is the secret from before the last renewal. */
  readonly isPreviousSecret: boolean
  /** What the access token says, where one was presented and no cookie. */
  readonly claims?: AccessClaims | undefined
}

export const NONE: Resolution = { state: 'none' }

/** Judges what the store said: whether the secret fits, and whether the session still lives. */
export function judge(answer: ReadResult, token: PresentedToken): Resolution {
  switch (answer.status) {
    case 'missing':
      return { state: 'rejected', code: 'session_unknown' }
    case 'corrupt':
      return { state: 'rejected', code: 'session_corrupt' }
    case 'ended':
      return toEnded(answer.ending, token.id)
    case 'found':
      return judgeRecord(answer.record, answer.subject, answer.now, token)
  }
}

/** Judges what the store said of the session that a good access token names. `clockTolerance` is in seconds. */
export function judgeBearer(
  answer: ReadResult,
  claims: AccessClaims,
  clockTolerance: number,
): Resolution {
  switch (answer.status) {
    case 'missing':
      // Signed by us, so it did exist: even its tombstone is gone.
      return ended('unknown', claims.subject)
    case 'corrupt':
      return { state: 'rejected', code: 'session_corrupt' }
    case 'ended':
      return toEnded(answer.ending, claims.sessionId)
    case 'found': {
      const { record, subject, now } = answer
      if (record.subject !== claims.subject) return { state: 'rejected', code: 'session_unknown' }
      const reason = endedBecause(record, subject, now)
      if (reason !== undefined) return endedRecord(reason, record, now)
      // The store has the last word on the time: this host's clock may have stood still.
      const isLate = now >= (claims.expiresAt + clockTolerance) * 1000
      if (isLate) return { state: 'rejected', code: 'token_expired' }
      if (isStale(claims.version, subject)) return { state: 'rejected', code: 'token_stale' }
      return { state: 'active', record, subject, now, isPreviousSecret: false, claims }
    }
  }
}

/** Judges what the store said of a session that is held open: only whether it still lives. */
export function judgeHeld(
  answer: ReadResult,
  { id, subject: owner }: { readonly id: SessionId; readonly subject: string | undefined },
): Resolution {
  switch (answer.status) {
    case 'missing':
      return ended('unknown', owner)
    case 'corrupt':
      return { state: 'rejected', code: 'session_corrupt' }
    case 'ended':
      return toEnded(answer.ending, id)
    case 'found': {
      const { record, subject, now } = answer
      if (record.subject !== owner) return { state: 'rejected', code: 'session_unknown' }
      const reason = endedBecause(record, subject, now)
      if (reason !== undefined) return endedRecord(reason, record, now)
      return { state: 'active', record, subject, now, isPreviousSecret: false }
    }
  }
}

/** What an access token says of its subject's record: `<epoch>.<version>`. */
export function versionOf({ epoch, version }: Pick<SubjectRecord, 'epoch' | 'version'>): string {
  return `${String(epoch)}.${String(version)}`
}

function isStale(version: string | undefined, subject: SubjectRecord): boolean {
  const issued = Number(version?.split('.', 2)[1] ?? 0)
  return !(issued >= subject.version)
}

function judgeRecord(
  record: SessionRecord,
  subject: SubjectRecord,
  now: number,
  token: PresentedToken,
): Resolution {
  const isCurrent = isEqualSecret(record.secretDigest, token.secretDigest)
  if (!isCurrent && !isPreviousGood(record, now, token)) {
    return { state: 'rejected', code: 'session_unknown' }
  }
  const reason = endedBecause(record, subject, now)
  if (reason !== undefined) return endedRecord(reason, record, now)
  return { state: 'active', record, subject, now, isPreviousSecret: !isCurrent }
}

function isPreviousGood(record: SessionRecord, now: number, token: PresentedToken): boolean {
  return (
    record.previousDigest !== undefined &&
    now < (record.previousUntil ?? 0) &&
    isEqualSecret(record.previousDigest, token.secretDigest)
  )
}

/** One that is over and still has its record: by time, or because all sessions of its subject are. */
function endedRecord(reason: EndReason, record: SessionRecord, now: number): Resolution {
  const expiry = expiresAt(record)
  return ended(reason, record.subject, expiry <= now ? expiry : undefined)
}

function toEnded(ending: Ending, id: SessionId): Resolution {
  const resolution = ended(ending.reason, ending.subject, ending.endedAt)
  const isOpen = ending.isPending === true && resolution.state === 'revoked'
  return isOpen ? { ...resolution, pendingEnd: id } : resolution
}

/** When what was presented ended, where it has and somebody knows. */
export function endedAt(resolution: Resolution | undefined): number | undefined {
  return resolution !== undefined && 'endedAt' in resolution ? resolution.endedAt : undefined
}

/** How a session that is over is told of. */
export function ended(
  reason: EndReason,
  subject: string | undefined,
  instant?: number,
): Resolution {
  const isByTime = reason === 'expired_idle' || reason === 'expired_absolute'
  return { state: isByTime ? 'expired' : 'revoked', reason, subject, endedAt: instant }
}
