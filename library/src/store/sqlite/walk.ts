import { checkWalkLimit, fromWalkCursor, toWalkCursor } from '../input.js'
import type { SessionRecord } from '../record.js'
import type { WalkResult, WalkStep } from '../store.js'
import type { Context } from './context.js'
import { findLive } from './lookup.js'

/** In the order of the primary key: row numbers need not outlive a VACUUM. */
const STEP = `SELECT id FROM session WHERE id > ? ORDER BY id LIMIT ?`

/** {@link Store.walk}. One by one, so that a row which cannot be read is passed over alone. */
export function walk(context: Context, step: WalkStep): WalkResult {
  checkWalkLimit(step)
  const { limit, cursor } = step
  const rows = context.connection.all(STEP, fromWalkCursor(cursor), limit)
  const ids = rows.map((row) => (row as { readonly id: string }).id)
  const records: SessionRecord[] = []
  for (const id of ids) {
    const found = findLive(context, id)
    if ('record' in found) records.push(found.record)
  }
  const last = ids.at(-1)
  const next = last === undefined || ids.length < limit ? undefined : toWalkCursor(last)
  return { records, next, now: context.now }
}
