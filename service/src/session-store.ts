/**
 * Opens the store that the configuration asks for: Redis in whatever topology, or the embedded SQLite file.
 */
import { join } from 'node:path'
import type { Store } from 'sojourn'
import { openSqliteStore } from 'sojourn/sqlite'
import type { Config } from './config/config.js'
import type { Logger } from './log/index.js'

/** The store, and how to let go of what was opened for it. */
export interface OpenedStore {
  readonly store: Store
  /** The storage has gone silent: makes new connections in place of those there are. Absent where there are none. */
  reconnect?(): void
  close(): Promise<void>
}

/** @throws StoreRefused where waiting would not help. */
export async function openSessionStore(config: Config, log: Logger): Promise<OpenedStore> {
  if (config.redis !== undefined) {
    // Its client takes 20 MB of memory, which nobody pays who does without it.
    const { openRedis } = await import('./redis/open.js')
    return openRedis(config.redis, log)
  }
  const store = await openSqliteStore({ file: join(config.dataDir, 'sessions.db') })
  return { store, close: async () => store.close() }
}
