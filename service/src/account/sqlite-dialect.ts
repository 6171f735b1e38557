import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type SqliteDatabase,
} from 'kysely'

type Value = string | number | bigint | null | Uint8Array

/** The part of a `DatabaseSync` (node:sqlite, @photostructure/sqlite) that is used. */
export interface DatabaseSync {
  exec(sql: string): void
  prepare(sql: string): {
    all(...values: Value[]): unknown[]
    run(...values: Value[]): { readonly changes: number | bigint }
  }
  close(): void
}

/**
 * Opens files as `node:sqlite` does. Everything in a process that opens the same file must come from the
 * same copy of SQLite, or they do not see each other's locks; so the one that holds the sessions is
 * passed in (`findSqliteDriver` of `sojourn/sqlite`).
 */
export interface SqliteModule {
  readonly DatabaseSync: new (path: string) => DatabaseSync
}

/**
 * How long a statement may wait for another process's lock. It waits with the whole process, so this is
 * short; {@link ./guarded.ts} waits longer, without blocking.
 */
const BUSY_TIMEOUT_MS = 50

/** A Kysely dialect over one connection to `file`, or to a database in memory (`:memory:`). */
export function sqliteDialect(module: SqliteModule, file: string): Dialect {
  return {
    createDriver: () =>
      new ImmediateDriver({ database: () => Promise.resolve(open(module, file)) }),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new TransactionalAdapter(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  }
}

/** SQLite changes its schema inside transactions; Kysely does not use that unless it is told. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/**
 * Takes the write lock when a transaction begins. A transaction that reads first and writes later
 * would fail where another process has written in between, and that is what two migrators do.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }
}

function open(module: SqliteModule, file: string): SqliteDatabase {
  const database = new module.DatabaseSync(file)
  try {
    database.exec(`pragma busy_timeout = ${String(BUSY_TIMEOUT_MS)}`)
    // Readers and a writer do not wait for one another, and a commit is on the disk when it is answered.
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
  } catch (error) {
    database.close()
    throw error
  }
  return {
    prepare: (sql) => prepare(database, sql),
    close: () => {
      database.close()
    },
  }
}

function prepare(database: DatabaseSync, sql: string): ReturnType<SqliteDatabase['prepare']> {
  const statement = database.prepare(sql)
  return {
    reader: /^\s*(?:select|with|pragma)\b|\breturning\b/i.test(sql),
    all: (values) => statement.all(...(values as Value[])),
    run: (values) => ({ ...statement.run(...(values as Value[])), lastInsertRowid: 0 }),
    iterate: (values) => statement.all(...(values as Value[])).values(),
  }
}
