/**
 * account/ keeps the service's records of people and their passwords. It knows no session, no HTTP and no
 * configuration; routes call it. Every method writes with one statement at most, so that nothing is ever
 * half done and the SQLite file, which the sessions may share, is never held over an `await`.
 */
import { randomBytes } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import type { Account, Accounts, NewAccount, Registration, Verification } from './account.js'
import { Busy } from './errors.js'
import { guarded } from './guarded.js'
import {
  createPasswordHasher,
  isPossiblePassword,
  PASSWORD_MINIMUM,
  type PasswordHasher,
} from './password.js'
import { checkPassword, toNames, type PasswordRules } from './registration.js'
import { createRows, type Row, type Rows } from './rows.js'
import type { Schema } from './schema.js'

/** What accounts are made of. */
export interface AccountsOptions {
  /** Opened by `openDatabase`. */
  readonly database: Kysely<Schema>
  /** The fewest characters of a new password. Default 15. */
  readonly passwordMinimum?: number
  /** Whether new passwords that are common, or made of the person's names, are refused. Default `true`. */
  readonly refusesCommonPasswords?: boolean
  /** Default: argon2id behind a bounded queue. */
  readonly hasher?: PasswordHasher
  /** The present instant, in epoch milliseconds. Default: the host's clock. */
  readonly now?: () => number
}

/** What the steps below share. */
interface Parts {
  readonly rows: Rows
  readonly hasher: PasswordHasher
  readonly now: () => number
  readonly passwords: PasswordRules
}

/** The accounts of the service. */
export function createAccounts(options: AccountsOptions): Accounts {
  // eslint-disable-next-line no-restricted-syntax -- the default of what is passed in
  const { database, now = () => Date.now() } = options
  const parts: Parts = {
    rows: createRows(database),
    hasher: options.hasher ?? createPasswordHasher(),
    now,
    passwords: {
      minimum: options.passwordMinimum ?? PASSWORD_MINIMUM.production,
      refusesCommon: options.refusesCommonPasswords ?? true,
    },
  }
  const { rows } = parts
  return {
    register: (person) => register(parts, person),
    get: async (id) => maybe(await rows.byId(id)),
    getMany: async (ids) => (await rows.byIds(ids)).map(toAccount),
    findByLogin: async (login) => maybe(await rows.byLogin(login)),
    verifyPassword: async (login, password) => verify(parts, await rows.byLogin(login), password),
    verifyPasswordOf: async (id, password) => verify(parts, await rows.byId(id), password),
    changePassword: (id, password) => changePassword(parts, id, password),
    setRole: (id, role, rule) => rows.setRole(id, role, rule),
    hasAdministrator: () => rows.hasAdministrator(),
    disable: (id, rule) => rows.setDisabled(id, now(), rule),
    enable: (id) => rows.setDisabled(id, null),
    search: async (text, page) => (await rows.search(text, page)).map(toAccount),
    remove: (id) => rows.remove(id),
    isAvailable: () => isAvailable(database),
    close: () => database.destroy(),
  }
}

async function isAvailable(database: Kysely<Schema>): Promise<boolean> {
  try {
    await guarded(() => sql`select 1 from account limit 1`.execute(database))
    return true
  } catch {
    return false
  }
}

async function register(parts: Parts, person: NewAccount): Promise<Registration> {
  const names = toNames(person)
  await checkPassword(person.password, parts.passwords, [names.username_key, names.email_key])
  // Asked first only to spare the hash; what decides is the unique column.
  for (const key of [names.username_key, names.email_key]) {
    if (key !== null && (await parts.rows.byKey(key)) !== undefined) return { outcome: 'taken' }
  }
  const instant = parts.now()
  const row: Row = {
    // 128 random bits: the subject of every session of this person.
    id: randomBytes(16).toString('base64url'),
    ...names,
    password_hash: await parts.hasher.create(person.password),
    role: person.role ?? 'user',
    created_at: instant,
    password_changed_at: instant,
    disabled_at: null,
  }
  const isNew = await parts.rows.insert(row)
  return isNew ? { outcome: 'registered', account: toAccount(row) } : { outcome: 'taken' }
}

async function verify(parts: Parts, row: Row | undefined, password: string): Promise<Verification> {
  if (!isPossiblePassword(password)) return { outcome: 'wrong' }
  const isRight = await parts.hasher.matches(row?.password_hash, password)
  if (row === undefined || !isRight) return { outcome: 'wrong' }
  await refreshHash(parts, row, password)
  const account = toAccount(row)
  return { outcome: account.disabledAt === undefined ? 'verified' : 'disabled', account }
}

/** Brings an old hash up to today's parameters. Not urgent: the next sign-in tries again. */
async function refreshHash({ rows, hasher }: Parts, row: Row, password: string): Promise<void> {
  const previous = row.password_hash
  if (!hasher.isOutdated(previous)) return
  try {
    // Only where the password was not changed meanwhile.
    await rows.setPassword(row.id, { password_hash: await hasher.create(password) }, previous)
  } catch (error) {
    if (!(error instanceof Busy)) throw error
  }
}

async function changePassword(parts: Parts, id: string, password: string): Promise<boolean> {
  const row = await parts.rows.byId(id)
  if (row === undefined) return false
  await checkPassword(password, parts.passwords, [row.username_key, row.email_key])
  const password_hash = await parts.hasher.create(password)
  return parts.rows.setPassword(id, { password_hash, password_changed_at: parts.now() })
}

function maybe(row: Row | undefined): Account | undefined {
  return row === undefined ? undefined : toAccount(row)
}

function toAccount(row: Row): Account {
  return {
    id: row.id,
    username: row.username ?? undefined,
    email: row.email ?? undefined,
    role: row.role === 'admin' ? 'admin' : 'user',
    createdAt: row.created_at,
    passwordChangedAt: row.password_changed_at,
    disabledAt: row.disabled_at ?? undefined,
  }
}
