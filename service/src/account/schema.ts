import { sql, type Kysely, type Migration } from 'kysely'

/** The accounts as they rest. Instants are epoch milliseconds. */
export interface AccountTable {
  id: string
  /** As typed; for showing. */
  username: string | null
  /** `nameKey` of the user name, unless that is an address. Unique. */
  username_key: string | null
  /** As typed; for showing and sending. */
  email: string | null
  /** `nameKey` of the address, or of a user name that is one. Unique. */
  email_key: string | null
  password_hash: string
  role: string
  created_at: number
  password_changed_at: number
  disabled_at: number | null
}

/** The database of the service. */
export interface Schema {
  account: AccountTable
}

/** Every change of the schema, in order. A migration that was ever released is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '2026-01-account': { up: createAccount },
}

async function createAccount(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('account')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('username', 'text')
    .addColumn('username_key', 'text', (column) => column.unique())
    .addColumn('email', 'text')
    .addColumn('email_key', 'text', (column) => column.unique())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('password_changed_at', 'bigint', (column) => column.notNull())
    .addColumn('disabled_at', 'bigint')
    .addCheckConstraint(
      'account_has_a_name',
      sql`username_key is not null or email_key is not null`,
    )
    .execute()
}
