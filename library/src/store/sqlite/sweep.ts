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

const COUNTS = ['debt', 'tally'] as const
const removalFrom = (table: string, some: string): string => `
  DELETE FROM ${table} WHERE key IN (SELECT key FROM ${table} ${some})`
const COUNTS_OVER = COUNTS.map((table) =>
  removalFrom(table, `WHERE ends_at <= ? ORDER BY ends_at LIMIT ${String(MOST)}`),
)
const COUNTS_IN_ORDER = COUNTS.map((table) => ({
  size: `SELECT count(*) AS size FROM ${table}`,
  remove: removalFrom(table, 'ORDER BY ends_at LIMIT ?'),
}))

/**
 * Removes some of what has had its time: records that have lingered, tombstones that have told for long
 * enough, documents that nobody reads, counts, and records of subjects without sessions. SQLite uses the freed pages again,
 * so that a file whose sessions come and go stays as large as the most it ever held at once.
 */
export function sweep(context: Context): void {
  const { connection, now, lingerFor } = context
  sweepCounts(context)
  connection.run(SESSIONS, now - lingerFor)
  connection.run(TOMBSTONES, now)
  connection.run(DOCUMENTS, now)
  for (const row of connection.all(SUBJECTS, now)) {
    const { subject } = row as { readonly subject: string }
    if (connection.run(FORGET, subject) === 0) connection.run(POSTPONE, now + LATER, subject)
  }
}

/** Removes some of the counts that have had their time. */
export function sweepCounts({ connection, now }: Context): void {
  for (const remove of COUNTS_OVER) connection.run(remove, now)
}

/** Counts of each kind that are kept at most: some 60 MB. Somebody may come with a new key each time. */
const MOST_COUNTS = 500_000
/** How many of those that end first are removed at most: more than come in before the next look. */
const MOST_SURPLUS = 2_048

/** Removes the counts that end first, where there are too many. To look takes five milliseconds then, to remove some tens. */
export function forgetSurplusCounts({ connection }: Context, most: number = MOST_COUNTS): void {
  for (const { size, remove } of COUNTS_IN_ORDER) {
    const row = connection.get(size) as { readonly size: number }
    if (row.size > most) connection.run(remove, Math.min(row.size - most, MOST_SURPLUS))
  }
}
