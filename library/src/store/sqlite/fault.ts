import { StoreUnavailable } from '../../errors.js'

interface Meaning {
  /** Primary result code (https://sqlite.org/rescode.html). */
  readonly code: number
  /** SQLite's own words for it. */
  readonly words: string
  /** What an operator should look at. */
  readonly meaning: string
}

const BUSY = 5
const LOCKED = 6

const MEANINGS: readonly Meaning[] = [
  { code: BUSY, words: 'database is locked', meaning: 'another process holds its lock' },
  { code: LOCKED, words: 'database table is locked', meaning: 'a table in it is locked' },
  { code: 8, words: 'attempt to write a readonly database', meaning: 'it is read-only' },
  { code: 10, words: 'disk I/O error', meaning: 'the disk answered with an error' },
  { code: 11, words: 'database disk image is malformed', meaning: 'it is damaged' },
  { code: 13, words: 'database or disk is full', meaning: 'the disk is full' },
  { code: 14, words: 'unable to open database file', meaning: 'it cannot be opened' },
  { code: 23, words: 'authorization denied', meaning: 'access to it was denied' },
  { code: 26, words: 'file is not a database', meaning: 'it is not a SQLite database' },
]

/** Whether somebody else holds the lock, so that waiting may help. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === BUSY || code === LOCKED
}

/**
 * What a verb throws for `error`: {@link StoreUnavailable} for whatever SQLite said, with the cause kept;
 * anything else (a mistake in a caller's value) as it is. SQLite's messages never hold a bound value.
 */
export function toFault(error: unknown): unknown {
  if (codeOf(error) === 'ERR_INVALID_STATE') {
    return new StoreUnavailable('the SQLite store is closed', { cause: error })
  }
  const code = resultCode(error)
  if (code === undefined) return error
  const meaning = MEANINGS.find((each) => each.code === code)?.meaning
  const told = meaning ?? `SQLite answered with code ${String(code)}`
  return new StoreUnavailable(`the session file cannot be used: ${told}`, { cause: error })
}

/** The primary result code, or `undefined` where `error` does not come from SQLite. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || codeOf(error) !== 'ERR_SQLITE_ERROR') return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff
  // @photostructure/sqlite 1.2.1 leaves the code away where `all` fails: 1 stands for any other fault.
  return MEANINGS.find(({ words }) => error.message.includes(words))?.code ?? 1
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
