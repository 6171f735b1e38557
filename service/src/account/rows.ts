import type { Kysely, Selectable } from 'kysely'
import { guarded, isTaken } from './guarded.js'
import { isAddressKey, isVisibleName, nameKey } from './name.js'
import type { AccountTable, Schema } from './schema.js'

/** An account as it rests. */
export type Row = Selectable<AccountTable>

/** The statements on accounts. Each throws `AccountsUnavailable` where the database cannot be used. */
export interface Rows {
  byId(id: string): Promise<Row | undefined>
  byKey(key: string): Promise<Row | undefined>
  byLogin(login: string): Promise<Row | undefined>
  /** `false` where one of its keys is taken. */
  insert(row: Row): Promise<boolean>
  /** Changes the password, where it still is `previous` or no previous one is named. */
  setPassword(id: string, password: NewPassword, previous?: string): Promise<boolean>
  /** Switches off at an instant, or on with `null`; `false` where nothing changed. */
  setDisabled(id: string, instant: number | null): Promise<boolean>
}

type NewPassword = Pick<Row, 'password_hash'> & Partial<Pick<Row, 'password_changed_at'>>

const ID = /^[\w-]{22}$/

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
    setDisabled: (id, instant) =>
      changed(
        update(id, { disabled_at: instant }).where(
          'disabled_at',
          instant === null ? 'is not' : 'is',
          null,
        ),
      ),
  }
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
