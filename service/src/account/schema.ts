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

/** The audit trail: one row for each record of `sojourn/telemetry`. Texts are safe to print. */
export interface AuditTable {
  /** Begins with the instant, so that the primary key is the order of time. */
  id: string
  at: number
  event: string
  outcome: string
  subject: string | null
  actor: string | null
  session_id: string | null
  address: string | null
  agent: string | null
  code: string | null
  request_id: string | null
  method: string | null
  path: string | null
  /** JSON. */
  details: string | null
}

/** Sign-ins on devices not seen before, until their person has said whose they were. */
export interface NewSignInTable {
  session_id: string
  subject: string
  at: number
  /** As far as the session keeps them. */
  address: string | null
  agent: string | null
}

/** The database of the service. */
export interface Schema {
  account: AccountTable
  audit: AuditTable
  new_sign_in: NewSignInTable
}

/** Every change of the schema, in order. A migration that was ever released is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '2026-01-account': { up: createAccount },
  '2026-02-audit': { up: createAudit },
  '2026-03-new-sign-in': { up: createNewSignIn },
  '2026-04-audit-filters': { up: createAuditFilters },
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

async function createAudit(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('subject', 'text')
    .addColumn('actor', 'text')
    .addColumn('session_id', 'text')
    .addColumn('address', 'text')
    .addColumn('agent', 'text')
    .addColumn('code', 'text')
    .addColumn('request_id', 'text')
    .addColumn('method', 'text')
    .addColumn('path', 'text')
    .addColumn('details', 'text')
    .execute()
  for (const column of ['subject', 'actor']) {
    await database.schema
      .createIndex(`audit_${column}`)
      .on('audit')
      .columns([column, 'id'])
      .execute()
  }
}

async function createNewSignIn(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('new_sign_in')
    .addColumn('session_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('address', 'text')
    .addColumn('agent', 'text')
    .execute()
  await database.schema
    .createIndex('new_sign_in_subject')
    .on('new_sign_in')
    .columns(['subject', 'at'])
    .execute()
  await database.schema.createIndex('new_sign_in_at').on('new_sign_in').columns(['at']).execute()
}

/** By what the trail can be narrowed down; what most records lack costs nothing where it is missing. */
async function createAuditFilters(database: Kysely<unknown>): Promise<void> {
  for (const column of ['event', 'outcome']) {
    await database.schema
      .createIndex(`audit_${column}`)
      .on('audit')
      .columns([column, 'id'])
      .execute()
  }
  for (const column of ['session_id', 'address']) {
    await database.schema
      .createIndex(`audit_${column}`)
      .on('audit')
      .columns([column, 'id'])
      .where(sql.ref(column), 'is not', null)
      .execute()
  }
}
