import { PostgresAdapter, sql, type Kysely, type Selectable } from 'kysely'
import type { AdministratorRule, SearchPage } from './account.js'
import { guarded, isTaken } from './guarded.js'
import { isAddressKey, isVisibleName, nameKey } from './name.js'
import type { AccountTable, Schema } from './schema.js'

/** An account as it rests. */
export type Row = Selectable<AccountTable>

/** The statements on accounts. Each throws `AccountsUnavailable` where the database cannot be used. */
export interface Rows {
  byId(id: string): Promise<Row | undefined>
  byIds(ids: readonly string[]): Promise<readonly Row[]>
  byKey(key: string): Promise<Row | undefined>
  byLogin(login: string): Promise<Row | undefined>
  /** `false` where one of its keys is taken. */
  insert(row: Row): Promise<boolean>
  /** Changes the password, where it still is `previous` or no previous one is named. */
  setPassword(id: string, password: NewPassword, previous?: string): Promise<boolean>
  /** `false` where nothing changed. */
  setRole(id: string, role: string, rule?: AdministratorRule): Promise<boolean>
  /** Whether anybody with the role `admin` is switched on. */
  hasAdministrator(): Promise<boolean>
  /** Switches off at an instant, or on with `null`; `false` where nothing changed. */
  setDisabled(id: string, instant: number | null, rule?: AdministratorRule): Promise<boolean>
  /** Rows whose keys hold this text, or whose id it is, in the order of their ids. */
  search(text: string, page: SearchPage): Promise<readonly Row[]>
  /** `false` where there is none. */
  remove(id: string): Promise<boolean>
}

type NewPassword = Pick<Row, 'password_hash'> & Partial<Pick<Row, 'password_changed_at'>>

const ID = /^[\w-]{22}$/
const MOST_IDS = 100

/** The statements, on a database that `openDatabase` has opened. */
export function createRows(database: Kysely<Schema>): Rows {
  const find = (
    column: 'id' | 'username_key' | 'email_key',
    value: string,
  ): Promise<Row | undefined> =>
    guarded(() =>
      database.selectFrom('account').selectAll().where(column, '=', value).executeTakeFirst(),
    )
  const update = (id: string, values: Partial<Row>) =>
    database.updateTable('account').set(values).where('id', '=', id)
  const byKey = (key: string) => find(isAddressKey(key) ? 'email_key' : 'username_key', key)
  return {
    byId: (id) => (ID.test(id) ? find('id', id) : Promise.resolve(undefined)),
    byKey,
    // What cannot be a name is nobody's, and PostgreSQL would not even take all of it.
    byLogin: (login) => (isVisibleName(login) ? byKey(nameKey(login)) : Promise.resolve(undefined)),
    insert: (row) => inserted(() => database.insertInto('account').values(row).execute()),
    setPassword: (id, password, previous) =>
      changed(
        previous === undefined
          ? update(id, password)
          : update(id, password).where('password_hash', '=', previous),
      ),
    byIds: (ids) => byIds(database, ids),
    setRole: (id, role, rule) =>
      changed(change(database, id, { role }, rule).where('role', '!=', role)),
    hasAdministrator: () => hasAdministrator(database),
    setDisabled: (id, instant, rule) =>
      changed(
        change(database, id, { disabled_at: instant }, rule).where(
          'disabled_at',
          instant === null ? 'is not' : 'is',
          null,
        ),
      ),
    search: (text, page) => search(database, text, page),
    remove: (id) =>
      removed(() => database.deleteFrom('account').where('id', '=', id).executeTakeFirst()),
  }
}

async function byIds(database: Kysely<Schema>, ids: readonly string[]): Promise<readonly Row[]> {
  const known = [...new Set(ids)].filter((id) => ID.test(id)).slice(0, MOST_IDS)
  if (known.length === 0) return []
  return guarded(() =>
    database.selectFrom('account').selectAll().where('id', 'in', known).execute(),
  )
}

/**
 * A change of one account. With the rule it is none where this is the last administrator: one statement decides and writes.
 * PostgreSQL, where two of them may run at once, holds on to the rows that it looked at; SQLite has one writer at a time.
 */
function change(
  database: Kysely<Schema>,
  id: string,
  values: Partial<Row>,
  { keepsAdministrator = false }: AdministratorRule = {},
) {
  const update = database.updateTable('account').set(values).where('id', '=', id)
  if (!keepsAdministrator) return update
  const isPostgres = database.getExecutor().adapter instanceof PostgresAdapter
  const administrators = database
    .selectFrom('account')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .orderBy('id')
    .$if(isPostgres, (query) => query.forUpdate())
    .as('administrator')
  return update.where((row) =>
    row.or([
      row('role', '!=', 'admin'),
      row('disabled_at', 'is not', null),
      row.exists(row.selectFrom(administrators).select('id').where('administrator.id', '!=', id)),
    ]),
  )
}

async function hasAdministrator(database: Kysely<Schema>): Promise<boolean> {
  const found = await guarded(() =>
    database
      .selectFrom('account')
      .select('id')
      .where('role', '=', 'admin')
      .where('disabled_at', 'is', null)
      .executeTakeFirst(),
  )
  return found !== undefined
}

/** The text is no pattern: what would be one in `like` stands for itself. */
async function search(
  database: Kysely<Schema>,
  text: string,
  { limit, after = '', role }: SearchPage,
): Promise<readonly Row[]> {
  const key = nameKey(text)
  // PostgreSQL keeps no NUL, and so nobody's name has one.
  if (key.includes('\0')) return []
  const pattern = `%${key.replace(/[!%_]/g, '!$&')}%`
  const fits = sql<boolean>`(username_key like ${pattern} escape '!' or email_key like ${pattern} escape '!' or id = ${text})`
  return guarded(() =>
    database
      .selectFrom('account')
      .selectAll()
      .where('id', '>', after)
      .$if(key !== '', (query) => query.where(fits))
      .$if(role !== undefined, (query) => query.where('role', '=', role ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute(),
  )
}

async function removed(
  remove: () => Promise<{ readonly numDeletedRows: bigint }>,
): Promise<boolean> {
  const { numDeletedRows } = await guarded(remove)
  return numDeletedRows > 0n
}

async function inserted(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await guarded(insert)
    return true
  } catch (error) {
    if (isTaken(error)) return false
    throw error
  }
}

async function changed(update: {
  executeTakeFirst(): Promise<{ readonly numUpdatedRows: bigint }>
}): Promise<boolean> {
  const { numUpdatedRows } = await guarded(() => update.executeTakeFirst())
  return numUpdatedRows > 0n
}
