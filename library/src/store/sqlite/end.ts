import type { EndReason } from '../end-reason.js'
import { expiresAt } from '../record.js'
import type { EndAllResult, EndOptions, EndResult, ReapResult } from '../store.js'
import type { Context } from './context.js'
import { endingOf, findLive, readSubject } from './lookup.js'
import { ROW_VERSION, SESSION_COLUMNS, toColumns, type SessionRow } from './row.js'
import { writeSubject } from './subject.js'
import { bury } from './tombstone.js'

const PUT_OFF = `
  UPDATE session SET absolute_expires_at = ?, expires_at = ?, ends_as = ? WHERE id = ?`

/** {@link Store.end}. Does not look at the data: a session whose data is junk can still be ended. */
export function end(
  context: Context,
  id: string,
  reason: EndReason,
  { after = 0 }: EndOptions = {},
): EndResult {
  const found = findLive(context, id, 'without data')
  if ('status' in found) return found
  const { record } = found
  const { now } = context
  if (after > 0) {
    const absoluteExpiresAt = Math.min(record.absoluteExpiresAt, now + after)
    const expiry = expiresAt({ ...record, absoluteExpiresAt })
    context.connection.run(PUT_OFF, absoluteExpiresAt, expiry, reason, id)
  } else {
    bury(context, id, { reason, endedAt: now, subject: record.subject })
  }
  return { status: 'ended', record }
}

const COUNT = `
  SELECT count(*) AS count FROM session WHERE subject = ? AND epoch = ? AND expires_at > ?`
const SPARE = `UPDATE session SET epoch = ? WHERE id = ?`

/** {@link Store.endAll}. */
export function endAll(
  context: Context,
  subject: string,
  reason: EndReason,
  except: string | undefined,
): EndAllResult {
  const { connection, now } = context
  const before = readSubject(context, subject)
  const { count } = connection.get(COUNT, subject, before.epoch, now) as { readonly count: number }
  const epoch = before.epoch + 1
  const isSpared = except !== undefined && isLiveOf(context, except, subject)
  if (isSpared) connection.run(SPARE, epoch, except)
  writeSubject(
    context,
    subject,
    { ...before, epoch, epochReason: reason },
    {
      except: isSpared ? except : undefined,
    },
  )
  return { count: isSpared ? count - 1 : count, epoch }
}

function isLiveOf(context: Context, id: string, subject: string): boolean {
  const found = findLive(context, id, 'without data')
  return 'record' in found && found.record.subject === subject
}

/** What nobody can be told about any more goes without a word. */
const FORGET = `
  DELETE FROM session WHERE rowid IN (
    SELECT rowid FROM session WHERE subject = ? AND expires_at <= ? LIMIT ?)`
const DUE = `
  SELECT ${SESSION_COLUMNS} FROM session
  WHERE subject = ? AND (epoch < ? OR expires_at <= ?) AND version = ${String(ROW_VERSION)}
  LIMIT ?`
const EPOCH_AT = `SELECT epoch_at AS epochAt FROM subject WHERE subject = ?`

/** {@link Store.reap}. */
export function reap(context: Context, subject: string, limit: number): ReapResult {
  const { connection, now, lingerFor } = context
  const forgotten = connection.run(FORGET, subject, now - lingerFor, limit)
  const owner = readSubject(context, subject)
  const epochAt = (connection.get(EPOCH_AT, subject) as { epochAt: number | null } | undefined)
    ?.epochAt
  const due = connection.all(DUE, subject, owner.epoch, now, limit + 1) as readonly SessionRow[]
  const reaped: { id: string; reason: EndReason }[] = []
  for (const row of due.slice(0, limit)) {
    const resting = { record: toColumns(row), subject: owner, epochAt: epochAt ?? undefined }
    const ending = endingOf(resting, now)
    if (ending === undefined) continue
    bury(context, row.id, ending)
    reaped.push({ id: row.id, reason: ending.reason })
  }
  return { reaped, hasMore: due.length > limit || forgotten >= limit }
}
