import { join } from 'node:path'
import { findSqliteDriver } from 'sojourn/sqlite'
import type { DatabasePlace } from './account/database.js'
import type { Config } from './config/config.js'

/** Where accounts and the audit trail rest, by the configuration. */
export async function databasePlaceOf({ database, dataDir }: Config): Promise<DatabasePlace> {
  if (database.kind === 'postgres') return { kind: 'postgres', url: database.url.reveal() }
  const module = await findSqliteDriver()
  return { kind: 'sqlite', file: database.file || join(dataDir, 'sojourn.db'), module }
}
