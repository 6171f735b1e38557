import { InvalidInput } from '../../errors.js'
import type { SessionRecord } from '../record.js'
import type { ListResult, Page } from '../store.js'
import type { Context } from './context.js'
import { SESSION_COLUMNS, toRecord, type SessionRow } from './row.js'

/** One statement, and so one instant: the epoch is the one in which the sessions are found. */
const LIST = `
  SELECT ${SESSION_COLUMNS} FROM session
  WHERE subject = ?1 AND expires_at > ?2
    AND epoch = coalesce((SELECT epoch FROM subject WHERE subject.subject = ?1), 0)
    AND last_seen_at <= ?3 AND (last_seen_at < ?3 OR session.id > ?4)
  ORDER BY last_seen_at DESC, session.id LIMIT ?5`

const MAX_LIMIT = 100

/** Where a page starts: after this session, in the order of the list. */
interface Place {
  readonly lastSeenAt: number
  readonly id: string
}

const BEGINNING: Place = { lastSeenAt: Number.MAX_SAFE_INTEGER, id: '' }

/** {@link Store.list}. A page may be shorter than asked for: records that cannot be read are left out. */
export function list({ connection, now }: Context, subject: string, page: Page): ListResult {
  assertLimit(page.limit)
  const { lastSeenAt, id } = page.cursor === undefined ? BEGINNING : toPlace(page.cursor)
  const rows = connection.all(LIST, subject, now, lastSeenAt, id, page.limit + 1) as SessionRow[]
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  return {
    records: shown.map(toRecord).filter((record): record is SessionRecord => record !== undefined),
    next: last === undefined || rows.length <= page.limit ? undefined : toCursor(last),
    now,
  }
}

function assertLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return
  throw new InvalidInput('limit', `limit must be a whole number from 1 to ${String(MAX_LIMIT)}`)
}

function toCursor({ lastSeenAt, id }: Place): string {
  return `${lastSeenAt.toString(36)}~${id}`
}

/** An instant in base 36 and a session id. The id may hold anything that ids hold, but no end of line. */
const CURSOR = /^([0-9a-z]{1,10})~([\w-]{2}\.[\w.-]{1,100})$/

function toPlace(cursor: string): Place {
  const match = CURSOR.exec(cursor)
  const lastSeenAt = Number.parseInt(match?.[1] ?? '', 36)
  if (match?.[2] === undefined || !Number.isSafeInteger(lastSeenAt)) {
    throw new InvalidInput('cursor', 'cursor is not one that this list gave')
  }
  return { lastSeenAt, id: match[2] }
}
