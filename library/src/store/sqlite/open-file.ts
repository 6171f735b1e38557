import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { InvalidOption } from '../../errors.js'
import { connect, type Connection } from './connection.js'
import type { SqliteDriver } from './driver.js'
import { APPLICATION_ID, MIGRATIONS, type Migration } from './schema.js'
import { whenFree } from './waiting.js'

/**
 * Opens `file`, creates it where it is not there, and brings its schema to the present version.
 * Several processes may do so at once; one waits for the other, for `patience` milliseconds at most.
 *
 * @throws InvalidOption where the file is not one to be used: of a later version, or somebody else's.
 */
export async function openFile(
  driver: SqliteDriver,
  file: string,
  patience: number,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<Connection> {
  createFile(file)
  const connection = connect(driver, file)
  try {
    await whenFree(() => {
      connection.configure()
      prepare(connection, file, migrations)
    }, patience)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** Readable by its owner alone: it holds names, addresses and what applications keep of people. */
function createFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      throw new InvalidOption(`file: there is no folder ${dirname(file)}`)
    }
    // It exists, or cannot be created: SQLite says which when it opens it.
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** Writes nothing where nothing is to be done, so that a file which may only be read can be opened. */
function prepare(connection: Connection, file: string, migrations: readonly Migration[]): void {
  if (isCurrent(connection, file, migrations)) return setLogMode(connection, file)
  setLogMode(connection, file)
  connection.begin('synced')
  try {
    // Another process may have been faster while this one waited for the lock.
    if (!isCurrent(connection, file, migrations)) migrate(connection, migrations)
    connection.exec('COMMIT')
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

function isCurrent(
  connection: Connection,
  file: string,
  migrations: readonly Migration[],
): boolean {
  const version = numberOf(connection, 'user_version')
  const owner = numberOf(connection, 'application_id')
  const known = migrations.length
  if (owner === APPLICATION_ID && version > known) {
    throw new InvalidOption(
      `file: ${file} has schema version ${String(version)}, and this version of sojourn knows up to ` +
        `${String(known)}: install a later version of sojourn, or name another file`,
    )
  }
  if (owner !== APPLICATION_ID && (owner !== 0 || version !== 0 || hasTables(connection))) {
    // Another process may have made it between two of these questions.
    if (numberOf(connection, 'application_id') === APPLICATION_ID) {
      return isCurrent(connection, file, migrations)
    }
    throw new InvalidOption(`file: ${file} belongs to another application: name another file`)
  }
  return owner === APPLICATION_ID && version === known
}

function hasTables(connection: Connection): boolean {
  return connection.get('SELECT 1 FROM sqlite_schema LIMIT 1') !== undefined
}

/** With the write-ahead log, readers and the one writer do not wait for each other. */
function setLogMode(connection: Connection, file: string): void {
  if (modeOf(connection, 'PRAGMA journal_mode') === 'wal') return
  const mode = modeOf(connection, 'PRAGMA journal_mode = WAL')
  if (mode === 'wal') return
  throw new InvalidOption(
    `file: ${file} cannot have a write-ahead log (its journal mode stays "${mode}"): put it on a local disk`,
  )
}

function modeOf(connection: Connection, sql: string): string {
  return (connection.get(sql) as { readonly journal_mode: string }).journal_mode
}

function numberOf(connection: Connection, pragma: 'user_version' | 'application_id'): number {
  const row = connection.get(`PRAGMA ${pragma}`) as Readonly<Record<string, number>>
  return row[pragma] ?? 0
}

function migrate(connection: Connection, migrations: readonly Migration[]): void {
  const version = numberOf(connection, 'user_version')
  for (const step of migrations.slice(version)) step(connection)
  connection.exec(`PRAGMA application_id = ${String(APPLICATION_ID)}`)
  connection.exec(`PRAGMA user_version = ${String(migrations.length)}`)
}
