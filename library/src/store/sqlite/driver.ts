import { InvalidOption } from '../../errors.js'

/** What SQLite takes and gives: text, whole numbers and NULL are all this store uses. */
export type SqliteValue = string | number | null

/** The part of a `StatementSync` that the store uses. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint }
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): unknown[]
}

/** The part of a `DatabaseSync` that the store uses. */
export interface SqliteDatabase {
  /** Whether a transaction is open; `false` after SQLite itself has rolled one back. */
  readonly isTransaction: boolean
  exec(sql: string): void
  prepare(sql: string): SqliteStatement
  close(): void
}

/** A module with the interface of `node:sqlite`. */
export interface SqliteDriver {
  readonly DatabaseSync: new (path: string) => SqliteDatabase
}

/** The package that stands in where Node.js has no SQLite, or one with the bug. */
const SUBSTITUTE = '@photostructure/sqlite'

/** A place to take SQLite from. */
export interface DriverSource {
  readonly name: string
  /** The version it says it has, where that can be known before it is loaded. */
  readonly claimed?: string | undefined
  /** The module, or `undefined` where it is not there. */
  load(): Promise<SqliteDriver | undefined>
}

/** In the order of preference. */
const SOURCES: readonly DriverSource[] = [
  {
    name: 'node:sqlite',
    claimed: process.versions['sqlite'],
    load: () => Promise.resolve(builtIn('node:sqlite')),
  },
  { name: SUBSTITUTE, load: () => installed(SUBSTITUTE) },
]

/**
 * Finds a SQLite that may be trusted with a file that several processes write: `node:sqlite`, or else
 * the optional peer `@photostructure/sqlite`. Everything in one process that opens the same file must
 * use the same one: two copies of SQLite do not see each other's locks.
 *
 * Nothing is loaded before this is called, so importing the package prints no `ExperimentalWarning`;
 * and a `node:sqlite` that says it is affected is not loaded at all.
 *
 * @throws InvalidOption where neither is there, or both have the bug: see {@link isSafeVersion}.
 */
export async function findSqliteDriver(
  sources: readonly DriverSource[] = SOURCES,
): Promise<SqliteDriver> {
  const found: string[] = []
  for (const source of sources) {
    const driver = isRefused(source.claimed) ? undefined : await source.load()
    const version = driver === undefined ? source.claimed : versionOf(driver)
    if (driver !== undefined && version !== undefined && isSafeVersion(version)) return driver
    found.push(`${source.name}: ${version === undefined ? 'not there' : `SQLite ${version}`}`)
  }
  throw new InvalidOption(
    `the SQLite store needs SQLite 3.51.3 or later (3.50.7 and 3.44.6 also do): earlier ones can damage ` +
      `a file that several connections write (${found.join('; ')}). ` +
      `Run "npm install ${SUBSTITUTE}", or use a Node.js whose process.versions.sqlite is new enough.`,
  )
}

function isRefused(claimed: string | undefined): boolean {
  return claimed !== undefined && !isSafeVersion(claimed)
}

/**
 * Whether a SQLite is free of the WAL-reset bug, by which two connections that write and checkpoint at
 * the same time could corrupt the file: 3.7.0 to 3.51.2 have it, but for the back-ports 3.44.6 and 3.50.7.
 * See https://sqlite.org/wal.html, "The WAL-Reset Bug".
 */
export function isSafeVersion(version: string): boolean {
  const match = /^3\.(\d+)\.(\d+)$/.exec(version)
  if (match === null) return false
  const [minor, patch] = [Number(match[1]), Number(match[2])]
  if (minor === 44) return patch >= 6
  if (minor === 50) return patch >= 7
  return minor > 51 || (minor === 51 && patch >= 3)
}

/** Asks the library itself: `process.versions` tells what Node.js was built with, not always what is linked. */
export function versionOf(driver: SqliteDriver): string {
  const database = new driver.DatabaseSync(':memory:')
  try {
    const row = database.prepare('SELECT sqlite_version() AS version').get() as { version: string }
    return row.version
  } finally {
    database.close()
  }
}

function builtIn(name: string): SqliteDriver | undefined {
  return process.getBuiltinModule(name) as SqliteDriver | undefined
}

async function installed(name: string): Promise<SqliteDriver | undefined> {
  try {
    return (await import(name)) as SqliteDriver
  } catch {
    return undefined
  }
}
