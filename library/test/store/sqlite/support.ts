import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '../../../src/store/store.js'
import type { NewSession } from '../../../src/store/store.js'
import {
  findSqliteDriver,
  openSqliteStore,
  type SqliteDatabase,
  type SqliteDriver,
  type SqliteStoreOptions,
} from '../../../src/store/sqlite/index.js'
import { randomToken } from '../../../src/system/random.js'

/** The SQLite that the store itself would take on this Node.js. */
export const driver: SqliteDriver = await findSqliteDriver()

/** A folder of its own with a file in it, and stores on that file; all closed and removed at the end. */
export interface Place {
  readonly folder: string
  readonly file: string
  open(options?: Partial<SqliteStoreOptions>): Promise<Store>
  /** A connection below the port: what another program would do to the file. */
  raw(): SqliteDatabase
  /** Runs SQL on a connection of its own. */
  exec(sql: string): void
  [Symbol.asyncDispose](): Promise<void>
}

export function newPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-sqlite-'))
  const file = join(folder, 'sessions.db')
  const closers: (() => unknown)[] = []
  const raw = (): SqliteDatabase => {
    const database = new driver.DatabaseSync(file)
    database.exec('PRAGMA busy_timeout = 2000')
    return database
  }
  return {
    folder,
    file,
    async open(options) {
      const store = await openSqliteStore({ file, ...options })
      closers.push(() => store.close())
      return store
    },
    raw() {
      const database = raw()
      closers.push(() => {
        try {
          database.close()
        } catch {
          // The test closed it.
        }
      })
      return database
    },
    exec(sql) {
      const database = raw()
      try {
        database.exec(sql)
      } finally {
        database.close()
      }
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers.reverse()) await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Runs `body` with a place of its own. */
export async function inPlace(body: (place: Place) => Promise<void>): Promise<void> {
  const place = newPlace()
  try {
    await body(place)
  } finally {
    await place[Symbol.asyncDispose]()
  }
}

/** A session of `ann` to create, unless wished otherwise. */
export function newSession(store: Store, wish: Partial<NewSession> = {}): NewSession {
  const subject = 'subject' in wish ? wish.subject : 'ann'
  return {
    id: `${store.bucketOf(subject)}.${randomToken(16)}`,
    subject,
    secretDigest: randomToken(32),
    idleTimeout: 3_600_000,
    absoluteTimeout: 86_400_000,
    traits: {},
    data: new Map(),
    ...wish,
  }
}

/** Creates a session and gives its id. */
export async function start(store: Store, wish: Partial<NewSession> = {}): Promise<string> {
  const session = newSession(store, wish)
  const result = await store.create(session)
  if (result.status !== 'created') throw new Error(`create answered ${JSON.stringify(result)}`)
  return session.id
}
