import type { SessionId } from '../../store/record.js'
import { sha256 } from '../../system/digest.js'

/** How a session id of express-session rests: nothing of it can be presented. */
export interface RestingName {
  /** Public, safe to log and to list. */
  readonly id: SessionId
  readonly secretDigest: string
}

const BUCKET = /^[\w-]{2}(?=\.)/
const PUBLIC_ID = /^[\w-]{2}\.[\w-]{22}$/

/**
 * Names the record of a session id. Two digests of it rest, which tell nothing of each other; the first places it: in
 * the bucket that the session id begins with, so that all sessions of a subject lie together, or in any.
 */
export function restingName(sid: string): RestingName {
  const digest = sha256(`sojourn sid${sid}`)
  const bucket = BUCKET.exec(sid)?.[0] ?? digest.slice(22, 24)
  return { id: `${bucket}.${digest.slice(0, 22)}`, secretDigest: sha256(sid) }
}

/** Whether a text may be the public id of a record, as `ids` and `list` answer it. */
export function isPublicId(text: string): boolean {
  return PUBLIC_ID.test(text)
}
