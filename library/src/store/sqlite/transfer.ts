import { checkWalkLimit, fromWalkCursor, toWalkCursor, wrongWalkCursor } from '../input.js'
import { endedBecause, expiresAt, type SessionRecord } from '../record.js'
import type { WalkStep } from '../store.js'
import {
  isUsedLater,
  replacesSubject,
  type GiveResult,
  type Resting,
  type RestingDocument,
  type RestingEnding,
  type RestingSession,
  type RestingSubject,
  type TakeResult,
} from '../transfer.js'
import type { Context } from './context.js'
import { findDocument, putDocument } from './document.js'
import { fromFamily } from './family.js'
import { find, findEnding, findSubject, readSubject } from './lookup.js'
import { fromData, fromTraits, ROW_VERSION } from './row.js'
import { writeSubject } from './subject.js'
import { bury } from './tombstone.js'

/** What a walk meets, table after table: names behind a name, in order, and how one of them is read. */
const TABLES = [
  { letter: 'd', names: namesOf('document', 'name'), read: giveDocument },
  { letter: 'u', names: namesOf('subject', 'subject'), read: giveSubject },
  { letter: 't', names: namesOf('tombstone', 'id'), read: giveEnding },
  { letter: 's', names: namesOf('session', 'id'), read: giveSession },
] as const

function namesOf(table: string, column: string): string {
  return `SELECT ${column} AS name FROM ${table} WHERE ${column} > ? ORDER BY ${column} LIMIT ?`
}

/** {@link Transfer.give}. */
export function give(context: Context, step: WalkStep): GiveResult {
  checkWalkLimit(step)
  const { at, after } = toPlace(step.cursor)
  const table = TABLES[at]
  if (table === undefined) throw wrongWalkCursor()
  const rows = context.connection.all(table.names, after, step.limit)
  const names = rows.map((row) => (row as { readonly name: string }).name)
  const answers = names.map((name) => table.read(context, name))
  const last = names.at(-1)
  const isLastOfTable = last === undefined || names.length < step.limit
  return {
    items: answers.filter((answer) => typeof answer === 'object'),
    unreadable: answers.filter((answer) => answer === 'unreadable').length,
    next: isLastOfTable ? TABLES[at + 1]?.letter : table.letter + toWalkCursor(last),
    now: context.now,
  }
}

/** A letter names the table, and behind it stands a cursor as those of `walk`; without one, its beginning. */
function toPlace(cursor: string | undefined): { readonly at: number; readonly after: string } {
  if (cursor === undefined) return { at: 0, after: '' }
  const at = TABLES.findIndex(({ letter }) => cursor.startsWith(letter))
  if (at < 0) throw wrongWalkCursor()
  return { at, after: cursor.length === 1 ? '' : fromWalkCursor(cursor.slice(1)) }
}

/** `undefined`: its time is over. */
type Given = Resting | 'unreadable' | undefined

function giveDocument(context: Context, name: string): Given {
  const found = findDocument(context, name)
  if (found === undefined) return undefined
  return { kind: 'document', name, document: { text: found.text, revision: found.revision } }
}

function giveSubject(context: Context, subject: string): RestingSubject | 'unreadable' | undefined {
  const found = findSubject(context, subject)
  return typeof found === 'object' ? { kind: 'subject', subject, ...found } : found
}

function giveEnding(context: Context, id: string): Given {
  const ending = findEnding(context, id)
  return ending && { kind: 'ending', id, ending }
}

function giveSession(context: Context, id: string): Given {
  const found = find(context, id)
  if (found === 'corrupt') return 'unreadable'
  if (found === 'missing') return undefined
  const { record, subject, epochAt } = found
  const owner = record.subject
  if (owner === undefined) return { kind: 'session', record, owner: undefined }
  return {
    kind: 'session',
    record,
    owner: { kind: 'subject', subject: owner, record: subject, epochAt },
  }
}

/** {@link Transfer.take}. Buckets mean nothing here: subjects are a column. */
export function take(context: Context, item: Resting): TakeResult {
  switch (item.kind) {
    case 'document':
      return takeDocument(context, item)
    case 'subject':
      return takeSubject(context, item)
    case 'ending':
      return takeEnding(context, item)
    case 'session':
      return takeSession(context, item)
  }
}

function takeDocument(context: Context, { name, document }: RestingDocument): TakeResult {
  const there = findDocument(context, name)
  if (there !== undefined && there.revision >= document.revision) {
    return there.revision === document.revision && there.text === document.text ? 'taken' : 'kept'
  }
  putDocument(context, name, document)
  return 'taken'
}

const SET_EPOCH_AT = `UPDATE subject SET epoch_at = ?, epoch_except = NULL WHERE subject = ?`

function takeSubject(context: Context, { subject, record, epochAt }: RestingSubject): TakeResult {
  const there = findSubject(context, subject)
  if (there === 'unreadable') return 'kept'
  if (there !== undefined && !replacesSubject(there.record, record)) return 'kept'
  const isRaised = record.epoch > (there?.record.epoch ?? 0)
  writeSubject(context, subject, record, undefined)
  if (isRaised) context.connection.run(SET_EPOCH_AT, epochAt ?? context.now, subject)
  return 'taken'
}

function takeEnding(context: Context, { id, ending }: RestingEnding): TakeResult {
  if (findEnding(context, id) !== undefined) return 'taken'
  if (find(context, id, 'without data') === 'corrupt') return 'kept'
  bury(context, id, ending)
  return 'taken'
}

function takeSession(context: Context, { record, owner }: RestingSession): TakeResult {
  // First: it decides whether the session lives.
  if (owner !== undefined && owner.record.epoch + owner.record.version > 0) {
    takeSubject(context, owner)
  }
  if (findEnding(context, record.id) !== undefined) return 'over'
  if (expiresAt(record) + context.lingerFor <= context.now) return 'over'
  const there = find(context, record.id)
  if (there === 'corrupt') return 'kept'
  if (there !== 'missing' && isUsedLater(there.record, record)) return 'kept'
  insert(context, record)
  if (record.subject === undefined) return 'taken'
  const isOver = endedBecause(record, readSubject(context, record.subject), context.now)
  return isOver === undefined ? 'taken' : 'over'
}

const INSERT = `
  INSERT OR REPLACE INTO session (
    id, version, subject, secret_digest, previous_digest, previous_until, created_at, last_seen_at,
    authenticated_at, idle_timeout, absolute_expires_at, ends_as, epoch, revision, expires_at,
    seed_digest, generation, parent, rotated_at, is_presented, family_expires_at, traits, data)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
/** A row that takes the place of another is not told of by the triggers. */
const TELL = `INSERT INTO change (kind, name) VALUES ('session', ?)`

function insert({ connection }: Context, record: SessionRecord): void {
  connection.run(
    INSERT,
    record.id,
    ROW_VERSION,
    record.subject ?? null,
    record.secretDigest,
    record.previousDigest ?? null,
    record.previousUntil ?? null,
    record.createdAt,
    record.lastSeenAt,
    record.authenticatedAt ?? null,
    record.idleTimeout,
    record.absoluteExpiresAt,
    record.endsAs ?? null,
    record.epoch,
    record.revision,
    expiresAt(record),
    ...fromFamily(record.family),
    fromTraits(record.traits),
    fromData(record.data),
  )
  connection.run(TELL, record.id)
}
