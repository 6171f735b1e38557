import { Kysely, Migrator, PostgresDialect } from 'kysely'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import pg from 'pg'
import { isBusy, toFault } from './guarded.js'
import { MIGRATIONS, type Schema } from './schema.js'
import { sqliteDialect, type SqliteModule } from './sqlite-dialect.js'

/** Where accounts rest. */
export type DatabasePlace =
  | { readonly kind: 'sqlite'; readonly file: string; readonly module: SqliteModule }
  | { readonly kind: 'postgres'; readonly url: string }

/** How long starting up waits for another process that is migrating. */
const MIGRATION_PATIENCE_MS = 30_000
/** What a command may take; with the wait for a connection it stays under a second for the caller. */
const COMMAND_DEADLINE_MS = 900
const CONNECTIONS = 10

/**
 * Opens the database and brings its schema up to date. Safe where several processes start at once: one
 * migrates, the others wait for it.
 *
 * @throws AccountsUnavailable where the database cannot be reached or written.
 */
export async function openDatabase(place: DatabasePlace): Promise<Kysely<Schema>> {
  if (place.kind === 'postgres') {
    // Waiting for another process's migration takes longer than a query may: other deadlines.
    const migrating = openPostgres(place.url, { max: 2, connectionTimeoutMillis: 5_000 })
    await migrate(migrating).finally(() => migrating.destroy())
    return openPostgres(place.url, {
      max: CONNECTIONS,
      connectionTimeoutMillis: COMMAND_DEADLINE_MS,
      query_timeout: COMMAND_DEADLINE_MS,
      statement_timeout: COMMAND_DEADLINE_MS,
    })
  }
  if (place.file !== ':memory:') mkdirSync(dirname(place.file), { recursive: true, mode: 0o700 })
  const database = new Kysely<Schema>({ dialect: sqliteDialect(place.module, place.file) })
  try {
    await migrate(database)
    return database
  } catch (error) {
    await database.destroy()
    throw error
  }
}

function openPostgres(url: string, limits: pg.PoolConfig): Kysely<Schema> {
  const pool = new pg.Pool({ connectionString: url, types: NUMBERS, keepAlive: true, ...limits })
  // A connection that breaks while nobody uses it is replaced; without a listener it would end the process.
  pool.on('error', () => undefined)
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
}

/** The number of PostgreSQL's type `bigint`. */
const INT8 = 20

/** Instants are `bigint`, which the client gives as text; they fit a number until the year 287,396. */
const NUMBERS: pg.CustomTypesConfig = {
  getTypeParser: ((type: number, format?: 'text' | 'binary'): unknown =>
    type === INT8
      ? Number
      : (pg.types.getTypeParser as (type: number, format?: string) => unknown)(
          type,
          format,
        )) as typeof pg.types.getTypeParser,
}

/** A step of the schema, and when it was done; `undefined`: it is pending. */
export interface SchemaStep {
  readonly name: string
  readonly doneAt: string | undefined
}

/** All steps in order. Changes nothing, and makes no file. */
export async function listMigrations(place: DatabasePlace): Promise<readonly SchemaStep[]> {
  if (place.kind === 'sqlite' && !existsSync(place.file)) {
    return Object.keys(MIGRATIONS).map((name) => ({ name, doneAt: undefined }))
  }
  const database =
    place.kind === 'postgres'
      ? openPostgres(place.url, { max: 1, connectionTimeoutMillis: 5_000 })
      : new Kysely<Schema>({ dialect: sqliteDialect(place.module, place.file) })
  try {
    const steps = await createMigrator(database).getMigrations()
    return steps.map(({ name, executedAt }) => ({ name, doneAt: executedAt?.toISOString() }))
  } catch (error) {
    throw toFault(error)
  } finally {
    await database.destroy()
  }
}

function createMigrator(database: Kysely<Schema>): Migrator {
  const provider = { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) }
  return new Migrator({ db: database, provider })
}

async function migrate(database: Kysely<Schema>): Promise<void> {
  const migrator = createMigrator(database)
  const started = performance.now()
  for (;;) {
    const { error } = await migrator.migrateToLatest()
    if (error === undefined) return
    if (!isBusy(error) || performance.now() - started > MIGRATION_PATIENCE_MS) throw toFault(error)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
