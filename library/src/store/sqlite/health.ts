import { statSync } from 'node:fs'
import { StoreUnavailable } from '../../errors.js'
import { systemClock } from '../../system/clock.js'
import type { StoreHealth } from '../store.js'
import type { Connection } from './connection.js'
import type { Context } from './context.js'

/** Sessions are counted up to this: a health check must not take longer as the file grows. */
const MOST_COUNTED = 100_000

const FACTS = `
  SELECT
    sqlite_version() AS version,
    (SELECT user_version FROM pragma_user_version) AS schema,
    (SELECT journal_mode FROM pragma_journal_mode) AS journalMode,
    (SELECT page_count FROM pragma_page_count) AS pages,
    (SELECT freelist_count FROM pragma_freelist_count) AS freePages,
    (SELECT page_size FROM pragma_page_size) AS pageSize,
    (SELECT count(*) FROM (SELECT 1 FROM session WHERE expires_at > ? LIMIT ${String(MOST_COUNTED)}))
      AS sessions`

interface Facts {
  readonly version: string
  readonly schema: number
  readonly journalMode: string
  readonly pages: number
  readonly freePages: number
  readonly pageSize: number
  readonly sessions: number
}

/** Which file a path names: it changes when the file is deleted or replaced. */
export function identityOf(file: string): string {
  const { dev, ino } = statSync(file, { bigint: true })
  return `${String(dev)}:${String(ino)}`
}

/** What a look at the open file tells. `sessions` stops at 100,000. */
export function look({ connection, now }: Context, file: string): StoreHealth['details'] {
  const start = systemClock.elapsed()
  const { pageSize, ...facts } = connection.get(FACTS, now) as Facts
  return {
    ...facts,
    fileBytes: facts.pages * pageSize,
    logBytes: sizeOf(`${file}-wal`),
    busy: connection.busy,
    milliseconds: Math.round((systemClock.elapsed() - start) * 1_000) / 1_000,
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

const CHANGE_NOTHING = `UPDATE setting SET value = value`

/** Takes the writer's lock, changes nothing, and lets go. Throws where that cannot be done. */
export function probeWriting(connection: Connection): void {
  connection.begin('written')
  try {
    // To begin is not enough: SQLite finds out that it may only read when the first page changes.
    connection.exec(CHANGE_NOTHING)
  } finally {
    if (connection.isTransaction) connection.exec('ROLLBACK')
  }
}

/**
 * Sees that the path still names the file that is open. SQLite does not: after a deletion it goes on
 * writing to a file without a name, and all of it is lost when the process ends.
 *
 * @throws StoreUnavailable where it does not.
 */
export function assertInPlace(file: string, identity: string): void {
  let found: string | undefined
  try {
    found = identityOf(file)
  } catch {
    found = undefined
  }
  if (found === identity) return
  throw new StoreUnavailable(
    `the session file was ${found === undefined ? 'removed' : 'replaced'} while it was open: restart the process`,
  )
}
