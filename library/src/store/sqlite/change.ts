import { applyChange } from '../memory/change.js'
import { expiresAt, type SessionRecord } from '../record.js'
import type { Change, ChangeResult } from '../store.js'
import type { Durability } from './connection.js'
import type { Context } from './context.js'
import { writeFamily } from './family.js'
import { findLive } from './lookup.js'
import { fromData, fromTraits } from './row.js'

/**
 * A touch, with a new idle time or without, or a patch of the data may be lost with the machine's power, as it
 * may be lost a moment before it was asked for; a secret or a fact about the session that was replaced must
 * stay replaced.
 */
export function durabilityOf(change: Change): Durability {
  const isAboutFamily = change.family !== undefined || change.presentedGeneration !== undefined
  return isAboutFamily || isAboutFacts(change) ? 'synced' : 'written'
}

function isAboutFacts(change: Change): boolean {
  const { renewal, forgetPrevious, traits, isAuthentication } = change
  const isAboutSecret = renewal !== undefined || forgetPrevious === true
  return isAboutSecret || traits !== undefined || isAuthentication === true
}

/** {@link Store.change}. */
export function change(context: Context, id: string, wanted: Change): ChangeResult {
  const found = findLive(context, id)
  if ('status' in found) return found
  const applied = applyChange(found.record, wanted, context.now)
  if (applied.status !== 'changed') return applied
  const { record, conflicts, values } = applied
  save(context, found.record, record, wanted)
  return {
    status: 'changed',
    revision: record.revision,
    lastSeenAt: record.lastSeenAt,
    authenticatedAt: record.authenticatedAt,
    conflicts,
    values,
    now: context.now,
  }
}

const TOUCH = `UPDATE session SET last_seen_at = ?, expires_at = ? WHERE id = ?`
/** Names `ends_as` for its trigger, which tells near caches of the change: this one they have to hear of. */
const NEW_IDLE_TIME = `
  UPDATE session SET last_seen_at = ?, expires_at = ?, idle_timeout = ?, ends_as = ends_as WHERE id = ?`
const PATCH = `UPDATE session SET revision = ?, data = ? WHERE id = ?`
const REWRITE = `
  UPDATE session SET
    last_seen_at = ?, expires_at = ?, secret_digest = ?, previous_digest = ?, previous_until = ?,
    authenticated_at = ?, revision = ?, traits = ?, data = ?
  WHERE id = ?`

/** Names as few columns as it can: SQLite updates the indexes of every column named, changed or not. */
function save(
  { connection }: Context,
  before: SessionRecord,
  record: SessionRecord,
  wanted: Change,
): void {
  if (record.family !== before.family) writeFamily(connection, record.id, record.family)
  const isNewIdleTime = record.idleTimeout !== before.idleTimeout
  if (isNewIdleTime) writeIdleTime(connection, record)
  if (isAboutFacts(wanted)) return rewrite(connection, record)
  const isPatched = record.revision !== before.revision
  if (record.lastSeenAt !== before.lastSeenAt && !isNewIdleTime) touch(connection, record)
  if (isPatched) connection.run(PATCH, record.revision, fromData(record.data), record.id)
}

/** Writes down when a session was last seen. */
export function touch(connection: Context['connection'], record: SessionRecord): void {
  connection.run(TOUCH, record.lastSeenAt, expiresAt(record), record.id)
}

function writeIdleTime(connection: Context['connection'], record: SessionRecord): void {
  const { id, lastSeenAt, idleTimeout } = record
  connection.run(NEW_IDLE_TIME, lastSeenAt, expiresAt(record), idleTimeout, id)
}

function rewrite(connection: Context['connection'], record: SessionRecord): void {
  connection.run(
    REWRITE,
    record.lastSeenAt,
    expiresAt(record),
    record.secretDigest,
    record.previousDigest ?? null,
    record.previousUntil ?? null,
    record.authenticatedAt ?? null,
    record.revision,
    fromTraits(record.traits),
    fromData(record.data),
    record.id,
  )
}
