import type { StoredSession } from '../express-session/contract.js'
import { isCookieData } from '../express-session/cookie.js'

/**
 * Records of another store that old nodes still read and write, such as those of connect-redis. Every method may
 * throw: then nothing is known, and whoever asked is told so.
 */
export interface LegacyRecords {
  /** What rests under a session id. */
  read(sid: string): Promise<LegacyAnswer>
  /**
   * Keeps `session` for `ttl` milliseconds. With `mustExist`, only where there is a record: `false` says that there was
   * none, and nothing was written. One atomic step (Redis: `SET … XX`), or a sign-out on an old node would be undone.
   */
  write(sid: string, session: StoredSession, options: LegacyWrite): Promise<boolean>
  /** The record is kept for `ttl` milliseconds from now. `false`: there is none. Changes nothing else of it. */
  touch(sid: string, ttl: number): Promise<boolean>
  /**
   * Removes it; where a `version` is given that `read` told, only while that is still what rests there: otherwise the
   * answer is `false`.
   */
  remove(sid: string, version?: string): Promise<unknown>
}

export interface LegacyWrite {
  readonly ttl: number
  readonly mustExist: boolean
  /**
   * The `version` that `read` told: writes only where that is still what rests there, in one atomic step. What an old node
   * wrote meanwhile would be lost otherwise. `undefined`: whatever rests there.
   */
  readonly replaces?: string | undefined
}

/** `version` is told by records that can compare it, see {@link LegacyWrite}: for instance the very text that rests. */
export type LegacyAnswer =
  | {
      readonly status: 'found'
      readonly session: StoredSession
      readonly version?: string | undefined
    }
  | { readonly status: 'missing'; readonly version?: string | undefined }
  /** Something rests there that is no session. It is left as it is. */
  | { readonly status: 'undecodable'; readonly version?: string | undefined }

/** Whether a session can be made of what was read. */
export function isSession(value: unknown): value is StoredSession {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && isCookieData((value as { cookie?: unknown }).cookie)
}

/**
 * A mark in the cookie of a legacy record: the revision of our record that it shows. Old nodes give it to their Cookie,
 * which leaves it out when they write: a record without it was written by an old node since we did.
 */
const MARK = 'sojourn'

export function marked(session: StoredSession, revision: number): StoredSession {
  return { ...session, cookie: { ...session.cookie, [MARK]: revision } as StoredSession['cookie'] }
}

/** The revision that a legacy record shows; `undefined`: an old node wrote it. */
export function markOf({ cookie }: StoredSession): number | undefined {
  const mark = (cookie as Readonly<Record<string, unknown>>)[MARK]
  return typeof mark === 'number' ? mark : undefined
}

/** The session as an old node would see it, without our mark. */
export function unmarked(session: StoredSession): StoredSession {
  const { [MARK]: _mark, ...cookie } = session.cookie as Record<string, unknown>
  return { ...session, cookie }
}
