/**
 * account/ keeps the service's records of people and their passwords. It knows no session, no HTTP and no
 * configuration; routes call it. Every method writes with one statement at most, so that nothing is ever
 * half done and the SQLite file, which the sessions may share, is never held over an `await`.
 */
import { randomBytes } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { Account, Accounts, NewAccount, Registration, Verification } from './account.js'
import { Busy } from './errors.js'
import { guarded, isTaken } from './guarded.js'
import { isAddressKey, isVisibleName, nameKey } from './name.js'
import {
  createPasswordHasher,
  isPossiblePassword,
  PASSWORD_MINIMUM,
  type PasswordHasher,
} from './password.js'
import { checkPassword, toNames } from './registration.js'
import type { AccountTable, Schema } from './schema.js'

/** What accounts are made of. */
export interface AccountsOptions {
  readonly database: Kysely<Schema>
  /** The fewest characters of a new password. Default 8. */
  readonly passwordMinimum?: number
  /** Default: argon2id behind a bounded queue. */
  readonly hasher?: PasswordHasher
  /** The present instant, in epoch milliseconds. Default: the host's clock. */
  readonly now?: () => number
}

type Row = Selectable<AccountTable>

/** The accounts in a database that `openDatabase` has opened. */
export function createAccounts(options: AccountsOptions): Accounts {
  const { database } = options
  const hasher = options.hasher ?? createPasswordHasher()
  const now = options.now ?? Date.now
  const minimum = options.passwordMinimum ?? PASSWORD_MINIMUM.production

  const rowOf = (id: string): Promise<Row | undefined> => {
    if (!ID.test(id)) return Promise.resolve(undefined)
    const query = database.selectFrom('account').selectAll().where('id', '=', id)
    return guarded(() => query.executeTakeFirst())
  }

  const rowByKey = (key: string): Promise<Row | undefined> => {
    const column = isAddressKey(key) ? 'email_key' : 'username_key'
    const query = database.selectFrom('account').selectAll().where(column, '=', key)
    return guarded(() => query.executeTakeFirst())
  }

  const rowByLogin = (login: string): Promise<Row | undefined> =>
    isVisibleName(login) ? rowByKey(nameKey(login)) : Promise.resolve(undefined)

  /** Whether one row was changed. */
  const change = async (
    id: string,
    values: Partial<Row>,
    only?: Partial<Row>,
  ): Promise<boolean> => {
    let query = database.updateTable('account').set(values).where('id', '=', id)
    for (const [column, value] of Object.entries(only ?? {}) as [keyof Row, string | null][]) {
      query = query.where(column, 'is not distinct from', value)
    }
    const result = await guarded(() => query.executeTakeFirst())
    return result.numUpdatedRows > 0n
  }

  /** Brings an old hash up to today's parameters. Not urgent: at the next sign-in it is tried again. */
  const refresh = async (row: Row, password: string): Promise<void> => {
    if (!hasher.isOutdated(row.password_hash)) return
    try {
      const password_hash = await hasher.create(password)
      // Only where the password was not changed meanwhile.
      await change(row.id, { password_hash }, { password_hash: row.password_hash })
    } catch (error) {
      if (!(error instanceof Busy)) throw error
    }
  }

  const judge = async (row: Row | undefined, password: string): Promise<Verification> => {
    if (!isPossiblePassword(password)) return { outcome: 'wrong' }
    const isRight = await hasher.matches(row?.password_hash, password)
    if (row === undefined || !isRight) return { outcome: 'wrong' }
    await refresh(row, password)
    const account = toAccount(row)
    return { outcome: account.disabledAt === undefined ? 'verified' : 'disabled', account }
  }

  const register = async (person: NewAccount): Promise<Registration> => {
    const names = toNames(person)
    checkPassword(person.password, minimum)
    for (const key of [names.username_key, names.email_key]) {
      if (key !== null && (await rowByKey(key)) !== undefined) return { outcome: 'taken' }
    }
    const instant = now()
    const row: Row = {
      id: randomBytes(16).toString('base64url'),
      ...names,
      password_hash: await hasher.create(person.password),
      role: person.role ?? 'user',
      created_at: instant,
      password_changed_at: instant,
      disabled_at: null,
    }
    try {
      await guarded(() => database.insertInto('account').values(row).execute())
      return { outcome: 'registered', account: toAccount(row) }
    } catch (error) {
      if (isTaken(error)) return { outcome: 'taken' }
      throw error
    }
  }

  return {
    register,
    get: async (id) => optional(await rowOf(id)),
    findByLogin: async (login) => optional(await rowByLogin(login)),
    verifyPassword: async (login, password) => judge(await rowByLogin(login), password),
    verifyPasswordOf: async (id, password) => judge(await rowOf(id), password),
    async changePassword(id, password) {
      checkPassword(password, minimum)
      const password_hash = await hasher.create(password)
      return change(id, { password_hash, password_changed_at: now() })
    },
    disable: (id) => change(id, { disabled_at: now() }, { disabled_at: null }),
    async enable(id) {
      const row = await rowOf(id)
      return row?.disabled_at != null && (await change(id, { disabled_at: null }))
    },
    async isAvailable() {
      try {
        await guarded(() => database.selectFrom('account').select('id').limit(1).execute())
        return true
      } catch {
        return false
      }
    },
    close: () => database.destroy(),
  }
}

const ID = /^[\w-]{22}$/

function optional(row: Row | undefined): Account | undefined {
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
