import { AccountsUnavailable } from './errors.js'

/** What a caller waits for at most, locks of other processes included. */
const DEADLINE_MS = 950
const PAUSE_MS = 15

/**
 * Runs one statement. Where another process holds the lock of the SQLite file it is tried again, without
 * blocking this process; after about a second it counts as a fault. Statements that are given here must
 * not mind being run again after one that wrote nothing.
 *
 * @throws AccountsUnavailable for every fault of the database.
 */
export async function guarded<Value>(statement: () => Promise<Value>): Promise<Value> {
  const started = performance.now()
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new AccountsUnavailable('The database of accounts did not answer in time.'))
    }, DEADLINE_MS)
  })
  try {
    return await Promise.race([tooLate, repeat(statement, started)])
  } catch (error) {
    throw toFault(error)
  } finally {
    clearTimeout(timer)
  }
}

async function repeat<Value>(statement: () => Promise<Value>, started: number): Promise<Value> {
  for (;;) {
    try {
      return await statement()
    } catch (error) {
      if (!isBusy(error) || performance.now() - started > DEADLINE_MS) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

/** Whether another connection holds a lock of SQLite (SQLITE_BUSY, SQLITE_LOCKED). */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === 5 || code === 6
}

/** Whether a unique column holds the value already. */
export function isTaken(error: unknown): boolean {
  const isSqlite = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_UNIQUE
  return isSqlite || postgresState(error) === '23505'
}

const SQLITE_UNIQUE = 2067
/** Primary result codes that are a mistake of ours, not a fault: a wrong statement, value or constraint. */
const SQLITE_MISTAKES = new Set([1, 19, 20, 21, 25])
/** SQLSTATE classes of faults: connection, rollback, resources, operator, system; and a read-only server. */
const POSTGRES_FAULTS = /^(?:08|40|53|57|58|25006|55P03)/

/** What a caller sees of `error`: {@link AccountsUnavailable} for a fault, anything else as it is. */
export function toFault(error: unknown): unknown {
  if (!isFault(error)) return error
  return new AccountsUnavailable('The database of accounts cannot be used.', { cause: error })
}

function isFault(error: unknown): boolean {
  const code = sqliteCode(error)
  if (code !== undefined) return !SQLITE_MISTAKES.has(code)
  const state = postgresState(error)
  if (state !== undefined) return POSTGRES_FAULTS.test(state)
  return error instanceof Error && (isSystemError(error) || LOST.test(error.message))
}

/** `pg` has no codes for these. */
const LOST = /connection terminated|timeout|not queryable|connection ended|database is not open/i

function isSystemError(error: Error): boolean {
  // Node tries several addresses at once, and then the codes are inside.
  const parts: unknown[] = error instanceof AggregateError ? error.errors : [error]
  return parts.some((part) => part instanceof Error && 'syscall' in part)
}

/** The primary result code of SQLite. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

/** The SQLSTATE of PostgreSQL: five characters. */
function postgresState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
