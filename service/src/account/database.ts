import { Kysely, Migrator } from 'kysely'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
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
    const { openPostgres } = await import('./postgres.js')
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
      ? (await import('./postgres.js')).openPostgres(place.url, {
          max: 1,
          connectionTimeoutMillis: 5_000,
        })
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
