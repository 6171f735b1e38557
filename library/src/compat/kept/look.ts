import type { EndReason } from '../../store/end-reason.js'
import {
  endedBecause,
  expiresAt,
  type SessionRecord,
  type SubjectRecord,
} from '../../store/record.js'
import type { ReadResult } from '../../store/store.js'
import { isEqualSecret } from '../../system/digest.js'
import type { RestingName } from './sid.js'

/** What a session id turned out to name. */
export type Look =
  | {
      readonly state: 'live'
      readonly record: SessionRecord
      readonly subject: SubjectRecord
      readonly now: number
    }
  | {
      readonly state: 'over'
      readonly reason: EndReason
      readonly subject: string | undefined
      /** Milliseconds since it ended. */
      readonly since: number
    }
  | { readonly state: 'unknown' }
  | { readonly state: 'corrupt' }

/** A session that lives. */
export type LiveLook = Extract<Look, { readonly state: 'live' }>

/** Judges what the store said of it. */
export function lookAt(answer: ReadResult, name: RestingName): Look {
  switch (answer.status) {
    case 'missing':
      return { state: 'unknown' }
    case 'corrupt':
      return { state: 'corrupt' }
    case 'ended': {
      const { reason, subject, endedAt } = answer.ending
      return { state: 'over', reason, subject, since: answer.now - endedAt }
    }
    case 'found':
      return isEqualSecret(answer.record.secretDigest, name.secretDigest)
        ? lookAtRecord(answer)
        : { state: 'unknown' }
  }
}

function lookAtRecord({
  record,
  subject,
  now,
}: Extract<ReadResult, { readonly status: 'found' }>): Look {
  const reason = endedBecause(record, subject, now)
  if (reason === undefined) return { state: 'live', record, subject, now }
  const since = Math.max(0, now - expiresAt(record))
  return { state: 'over', reason, subject: record.subject, since }
}

/** Nobody decided it: its time ran out. */
export function isByTime(reason: EndReason): boolean {
  return reason === 'expired_idle' || reason === 'expired_absolute'
}
