import type { Ending } from '../store.js'
import type { Context } from './context.js'

const REMOVE = `DELETE FROM session WHERE id = ?`
const BURY = `INSERT OR REPLACE INTO tombstone VALUES (?, ?, ?, ?, ?)`

/** Puts a tombstone into the place of a session. */
export function bury({ connection, now, tombstoneFor }: Context, id: string, ending: Ending): void {
  connection.run(REMOVE, id)
  const { subject, reason, endedAt } = ending
  connection.run(BURY, id, subject ?? null, reason, endedAt, now + tombstoneFor)
}
