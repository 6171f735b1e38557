import { isEqualSecret } from '../system/digest.js'
import type { PresentedToken } from '../credential/session-token.js'
import type { PresentRefusal } from '../credential/present.js'
import type { EndReason } from '../store/end-reason.js'
import { endedBecause, type SessionRecord, type SubjectRecord } from '../store/record.js'
import type { ReadResult } from '../store/store.js'

/** What was presented cannot be a session of ours, or names one that nobody knows. */
export type RejectionCode = PresentRefusal | 'session_unknown' | 'session_corrupt'

/** What resolving a credential can say. */
export type Resolution =
  /** Nothing was presented. */
  | { readonly state: 'none' }
  | ActiveResolution
  /** It ran out of time. */
  | { readonly state: 'expired'; readonly reason: EndReason; readonly subject: string | undefined }
  /** Somebody ended it. */
  | { readonly state: 'revoked'; readonly reason: EndReason; readonly subject: string | undefined }
  | { readonly state: 'rejected'; readonly code: RejectionCode }

/** A live session. */
export interface ActiveResolution {
  readonly state: 'active'
  readonly record: SessionRecord
  readonly subject: SubjectRecord
  /** The instant of the answer, by the store's clock. */
  readonly now: number
  /** What was presented is the secret from before the last renewal. */
  readonly isPreviousSecret: boolean
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
      return ended(answer.ending.reason, answer.ending.subject)
    case 'found':
      return judgeRecord(answer.record, answer.subject, answer.now, token)
  }
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
  if (reason !== undefined) return ended(reason, record.subject)
  return { state: 'active', record, subject, now, isPreviousSecret: !isCurrent }
}

function isPreviousGood(record: SessionRecord, now: number, token: PresentedToken): boolean {
  return (
    record.previousDigest !== undefined &&
    now < (record.previousUntil ?? 0) &&
    isEqualSecret(record.previousDigest, token.secretDigest)
  )
}

function ended(reason: EndReason, subject: string | undefined): Resolution {
  const isByTime = reason === 'expired_idle' || reason === 'expired_absolute'
  return { state: isByTime ? 'expired' : 'revoked', reason, subject }
}
