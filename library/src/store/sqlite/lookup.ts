import { StoreUnavailable } from '../../errors.js'
import { toEndReason } from '../end-reason.js'
import { endedBecause, expiresAt, type SessionRecord, type SubjectRecord } from '../record.js'
import type { Ending, Gone, ReadResult } from '../store.js'
import type { Context } from './context.js'
import {
  SESSION_COLUMNS,
  SUBJECT_COLUMNS,
  toData,
  toRecord,
  toSubject,
  type SessionRow,
  type SubjectRow,
} from './row.js'

/** A session with its subject's record, as they rest. */
export interface Resting {
  readonly record: SessionRecord
  readonly subject: SubjectRecord
  /** When the subject's epoch was last raised. */
  readonly epochAt: number | undefined
}

/** A row past its lingering is as good as swept. */
const FIND = `
  SELECT ${SESSION_COLUMNS}, data, ${SUBJECT_COLUMNS}
  FROM session LEFT JOIN subject ON subject.subject = session.subject
  WHERE session.id = ? AND expires_at > ?`

type FoundRow = SessionRow & SubjectRow & { readonly data: string }

/**
 * The session, whether it lives or lingers; `missing`, or `corrupt` where this version cannot read it.
 * Without its data where that is not asked for: then junk in there does not matter.
 */
export function find(
  context: Context,
  id: string,
  part: 'whole' | 'without data' = 'whole',
): Resting | 'missing' | 'corrupt' {
  let row: FoundRow | undefined
  try {
    row = context.connection.get(FIND, id, context.now - context.lingerFor) as FoundRow | undefined
  } catch (error) {
    if (isOutOfRange(error)) return 'corrupt'
    throw error
  }
  if (row === undefined) return 'missing'
  const record = toRecord(row)
  const subject = toSubject(row)
  const data = toData(part === 'whole' ? row.data : '[]')
  if (record === undefined || subject === undefined || data === undefined) return 'corrupt'
  return { record: { ...record, data }, subject, epochAt: row.epochAt ?? undefined }
}

/** The driver refuses to turn an integer past 2^53 into a number: no instant of ours is one. */
function isOutOfRange(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE'
}

const TOMBSTONE = `
  SELECT subject, reason, ended_at AS endedAt FROM tombstone WHERE id = ? AND forget_at > ?`

interface TombstoneRow {
  readonly subject: string | null
  readonly reason: string
  readonly endedAt: number
}

/** What the session's tombstone tells, while it stands. */
export function findEnding({ connection, now }: Context, id: string): Ending | undefined {
  const row = connection.get(TOMBSTONE, id, now) as TombstoneRow | undefined
  return (
    row && {
      reason: toEndReason(row.reason),
      endedAt: row.endedAt,
      subject: row.subject ?? undefined,
    }
  )
}

/** Why a session that still rests is over, and since when; `undefined` while it lives. */
export function endingOf({ record, subject, epochAt }: Resting, now: number): Ending | undefined {
  const reason = endedBecause(record, subject, now)
  if (reason === undefined) return undefined
  const isByTime = !subject.isDisabled && record.epoch >= subject.epoch
  const endedAt = Math.min(expiresAt(record), isByTime ? now : (epochAt ?? now))
  return { reason, endedAt, subject: record.subject }
}

/** The live session, or the answer of a verb that needs one. */
export function findLive(
  context: Context,
  id: string,
  part?: 'whole' | 'without data',
): Resting | Gone {
  const found = find(context, id, part)
  if (found === 'corrupt') return { status: 'gone', ending: undefined }
  if (found === 'missing') return { status: 'gone', ending: findEnding(context, id) }
  const ending = endingOf(found, context.now)
  return ending === undefined ? found : { status: 'gone', ending }
}

/** {@link Store.read}. */
export function read(context: Context, id: string): ReadResult {
  const { now } = context
  const found = find(context, id)
  if (found === 'corrupt') return { status: 'corrupt', now }
  if (found !== 'missing') {
    return { status: 'found', record: found.record, subject: found.subject, now }
  }
  // A session ends in one step, so what is in neither place was in neither place.
  const ending = findEnding(context, id)
  return ending === undefined ? { status: 'missing', now } : { status: 'ended', ending, now }
}

const SUBJECT = `SELECT ${SUBJECT_COLUMNS} FROM subject WHERE subject = ?`

/** What rests of a subject, as it is; `undefined` where nothing does. */
export function findSubject(
  { connection }: Context,
  subject: string,
):
  | { readonly record: SubjectRecord; readonly epochAt: number | undefined }
  | 'unreadable'
  | undefined {
  const row = connection.get(SUBJECT, subject) as SubjectRow | undefined
  if (row === undefined) return undefined
  const record = toSubject(row)
  return record === undefined ? 'unreadable' : { record, epochAt: row.epochAt ?? undefined }
}

const NO_ROW: SubjectRow = {
  subjectEpoch: null,
  epochReason: null,
  epochAt: null,
  isDisabled: null,
  attributesVersion: null,
  attributes: null,
}

/**
 * {@link Store.readSubject}.
 *
 * @throws StoreUnavailable where the row cannot be read: to take it for no record would enable a
 * disabled subject, or bring sessions of older epochs back.
 */
export function readSubject({ connection }: Context, subject: string): SubjectRecord {
  const row = connection.get(SUBJECT, subject) as SubjectRow | undefined
  const record = toSubject(row ?? NO_ROW)
  if (record === undefined) throw new StoreUnavailable('the record of a subject cannot be read')
  return record
}
