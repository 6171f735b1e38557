import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findSqliteDriver } from 'sojourn/sqlite'
import type { Config } from '../config/config.js'
import { databasePlaceOf } from '../database-place.js'

/** What a file still holds of what was deleted. */
export interface Compacted {
  readonly file: string
  /** `false`: somebody was reading all the time; the rest goes when the file is written to next. */
  readonly isClean: boolean
}

/** How often a busy file is tried again. */
const TRIES = 20
const PATIENCE_MS = 5_000

/**
 * Rewrites the SQLite files: what was deleted otherwise rests in free pages until something is written over it. The service may run
 * meanwhile; it waits while a file is written anew, about a second for 500 MB.
 */
export async function compactFiles(config: Config): Promise<readonly Compacted[]> {
  const place = await databasePlaceOf(config)
  const files = [
    ...(place.kind === 'sqlite' ? [place.file] : []),
    ...(config.redis === undefined ? [join(config.dataDir, 'sessions.db')] : []),
  ].filter((file) => existsSync(file))
  const results: Compacted[] = []
  for (const file of files) results.push({ file, isClean: await compact(file) })
  return results
}

async function compact(file: string): Promise<boolean> {
  const { DatabaseSync } = await findSqliteDriver()
  const database = new DatabaseSync(file)
  try {
    database.exec(`pragma busy_timeout = ${String(PATIENCE_MS)}`)
    database.exec('vacuum')
    for (let tries = 0; tries < TRIES; tries += 1) {
      const [answer] = database.prepare('pragma wal_checkpoint(truncate)').all()
      if ((answer as { readonly busy?: unknown } | undefined)?.busy === 0) return true
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return false
  } finally {
    database.close()
  }
}
