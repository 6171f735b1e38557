import type { SqliteDatabase, SqliteDriver, SqliteStatement, SqliteValue } from './driver.js'
import { isBusy } from './fault.js'

/** How much of a commit is on the disk when it is answered. */
export type Durability =
  /** All of it, and all before it: it survives a power cut. */
  | 'synced'
  /** It is with the operating system: it survives the death of the process, not of the machine. */
  | 'written'

/** One open file, with every statement compiled once. */
export interface Connection {
  /** Whether a transaction is open; SQLite closes one by itself after some faults. */
  readonly isTransaction: boolean
  /** How often a transaction could not begin, since another connection was writing. */
  readonly busy: number
  get(sql: string, ...values: SqliteValue[]): unknown
  all(sql: string, ...values: SqliteValue[]): unknown[]
  /** How many rows were changed. */
  run(sql: string, ...values: SqliteValue[]): number
  exec(sql: string): void
  /** Starts a transaction that may write. Throws at once where another connection is writing. */
  begin(durability: Durability): void
  /** Sets what is set for each connection. Comes before everything else; may be tried again. */
  configure(): void
  close(): void
}

/** Pages in memory: 8 MB at most, however large the file is. */
const CACHE_KILOBYTES = 8_192
/** The write-ahead log is cut back to this after a checkpoint, should a burst have made it longer. */
const LOG_BYTES = 16 * 1_024 * 1_024

/**
 * Run for every connection. `busy_timeout` is 0 because the driver would sleep inside it, and with it
 * the whole event loop, once for every request that waits: see waiting.ts for what is done instead.
 */
const PRAGMAS = `
  PRAGMA busy_timeout = 0;
  PRAGMA foreign_keys = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA cache_size = -${String(CACHE_KILOBYTES)};
  PRAGMA journal_size_limit = ${String(LOG_BYTES)};
  PRAGMA wal_autocheckpoint = 1000;
  PRAGMA synchronous = FULL;
`

/** Opens `file`. Nothing is read from it yet. */
export function connect(driver: SqliteDriver, file: string): Connection {
  const database = new driver.DatabaseSync(file)
  const statements = new Map<string, SqliteStatement>()
  const prepared = (sql: string): SqliteStatement => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  let busy = 0
  const begin = createBegin(database)
  return {
    get isTransaction() {
      return database.isTransaction
    },
    get busy() {
      return busy
    },
    get: (sql, ...values) => prepared(sql).get(...values),
    all: (sql, ...values) => prepared(sql).all(...values),
    run: (sql, ...values) => Number(prepared(sql).run(...values).changes),
    exec: (sql) => {
      database.exec(sql)
    },
    begin(durability) {
      try {
        begin(durability)
      } catch (error) {
        if (isBusy(error)) busy += 1
        throw error
      }
    },
    configure: () => {
      database.exec(PRAGMAS)
    },
    close: () => {
      // Statements cannot be finalised by hand: those still referenced would keep the file open.
      statements.clear()
      database.close()
    },
  }
}

/**
 * `PRAGMA synchronous` belongs to a connection and can be switched between transactions for less than a
 * microsecond, so one connection does for both grades; a second one would drop its cache at every
 * commit of the first. A synced commit syncs the log, and thereby every commit before it.
 */
function createBegin(database: SqliteDatabase): Connection['begin'] {
  let present: Durability = 'synced'
  return (durability) => {
    if (durability !== present) {
      database.exec(`PRAGMA synchronous = ${durability === 'synced' ? 'FULL' : 'NORMAL'}`)
      present = durability
    }
    database.exec('BEGIN IMMEDIATE')
  }
}
