import { listMigrations, openDatabase } from '../../account/database.js'
import { describeConfig } from '../../config/describe.js'
import { loadConfig } from '../../config/load.js'
import { databasePlaceOf } from '../../database-place.js'
import { printable } from '../printable.js'
import { renderTable } from '../table.js'
import type { Terminal } from '../terminal.js'

export interface DatabaseFlags {
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** `sojourn migrate database`. */
export async function migrateDatabase(
  terminal: Terminal,
  { dryRun: isDryRun = false, json = false }: DatabaseFlags,
): Promise<void> {
  process.umask(0o077)
  const config = loadConfig(terminal.environment())
  const place = await databasePlaceOf(config)
  const before = await listMigrations(place)
  const pending = before.filter(({ doneAt }) => doneAt === undefined).map(({ name }) => name)
  if (!isDryRun && pending.length > 0) await (await openDatabase(place)).destroy()
  const migrations = isDryRun || pending.length === 0 ? before : await listMigrations(place)
  const line = describeConfig(config).find((one) => one.startsWith('accounts: ')) ?? ''
  const where = line.replace('accounts: ', 'database: ')
  if (json) {
    terminal.write(`${printable({ place: where, isDryRun, pending, migrations })}\n`)
    return
  }
  const rows = migrations.map(({ name, doneAt }) => [name, doneAt ?? 'pending'])
  const table = renderTable(['MIGRATION', 'DONE'], rows, terminal.columns !== undefined)
  terminal.write(`${where}\n${table}${summary(pending.length, isDryRun)}\n`)
}

function summary(pending: number, isDryRun: boolean): string {
  if (pending === 0) return 'Nothing to do.'
  return isDryRun
    ? `${pending} would be done (nothing was changed).`
    : `${pending} done: the schema is up to date.`
}
