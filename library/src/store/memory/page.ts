import { InvalidInput } from '../../errors.js'
import type { SessionRecord } from '../record.js'
import type { ListResult, Page } from '../store.js'

const MAX_LIMIT = 100
/** An instant and a session id: the place of the last session shown, which keeps though it end. */
const PLACE = /^(\d{1,15})\.([A-Za-z0-9_-]{2}\.[A-Za-z0-9_-]{1,64})$/

type Place = Pick<SessionRecord, 'lastSeenAt' | 'id'>

/** Cuts one page out of a subject's live sessions. */
export function pageOf(
  records: readonly SessionRecord[],
  { limit, cursor }: Page,
): Omit<ListResult, 'now'> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new InvalidInput('limit', `limit must be a whole number from 1 to ${MAX_LIMIT}`)
  }
  const after = cursor === undefined ? undefined : toPlace(cursor)
  const rest = records
    .filter((record) => after === undefined || compare(after, record) < 0)
    .sort(compare)
  const shown = rest.slice(0, limit)
  const last = shown.at(-1)
  return { records: shown, next: last && rest.length > limit ? toCursor(last) : undefined }
}

/** Most recently seen first; by id, which no two share, where two were seen at the same instant. */
function compare(left: Place, right: Place): number {
  if (left.lastSeenAt !== right.lastSeenAt) return right.lastSeenAt - left.lastSeenAt
  return left.id < right.id ? -1 : 1
}

function toCursor({ lastSeenAt, id }: Place): string {
  return Buffer.from(`${lastSeenAt}.${id}`).toString('base64url')
}

function toPlace(cursor: string): Place {
  const match = cursor.length > 128 ? null : PLACE.exec(Buffer.from(cursor, 'base64url').toString())
  const place = { lastSeenAt: Number(match?.[1]), id: match?.[2] ?? '' }
  // Buffer skips over characters that are not base64url: only the text we would write ourselves is ours.
  if (match === null || toCursor(place) !== cursor) {
    throw new InvalidInput('cursor', 'cursor is not one that a list gave')
  }
  return place
}
