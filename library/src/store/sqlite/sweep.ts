import type { Context } from './context.js'

/** Rows of each kind that one sweep removes at most. */
const MOST = 32
/** Milliseconds after which a subject's record is looked at again while it still has sessions. */
const LATER = 3_600_000

const SESSIONS = `
  DELETE FROM session WHERE rowid IN (
    SELECT rowid FROM session WHERE expires_at <= ? ORDER BY expires_at LIMIT ${String(MOST)})`
const TOMBSTONES = `
  DELETE FROM tombstone WHERE id IN (
    SELECT id FROM tombstone WHERE forget_at <= ? ORDER BY forget_at LIMIT ${String(MOST)})`
const DOCUMENTS = `DELETE FROM document WHERE forget_at <= ?`
const SUBJECTS = `
  SELECT subject FROM subject
  WHERE is_disabled = 0 AND forget_at <= ? ORDER BY forget_at LIMIT ${String(MOST)}`
const FORGET = `
  DELETE FROM subject
  WHERE subject = ?1 AND NOT EXISTS (SELECT 1 FROM session WHERE session.subject = ?1)`
const POSTPONE = `UPDATE subject SET forget_at = ? WHERE subject = ?`

/**
 * Removes some of what has had its time: records that have lingered, tombstones that have told for long
 * enough, documents that nobody reads, and records of subjects without sessions. SQLite uses the freed pages again, so that a file
 * whose sessions come and go stays as large as the most it ever held at once.
 */
export function sweep({ connection, now, lingerFor }: Context): void {
  connection.run(SESSIONS, now - lingerFor)
  connection.run(TOMBSTONES, now)
  connection.run(DOCUMENTS, now)
  for (const row of connection.all(SUBJECTS, now)) {
    const { subject } = row as { readonly subject: string }
    if (connection.run(FORGET, subject) === 0) connection.run(POSTPONE, now + LATER, subject)
  }
}
