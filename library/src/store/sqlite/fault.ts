import { StoreUnavailable } from '../../errors.js'

/** Primary result codes (https://sqlite.org/rescode.html) with what an operator should look at. */
const MEANING: Readonly<Record<number, string>> = {
  5: 'another process holds its lock',
  6: 'a table in it is locked',
  8: 'it is read-only',
  10: 'the disk answered with an error',
  11: 'it is damaged',
  13: 'the disk is full',
  14: 'it cannot be opened',
  23: 'access to it was denied',
  26: 'it is not a SQLite database',
}

const BUSY = 5
const LOCKED = 6

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
  const code = resultCode(error)
  if (code !== undefined) {
    const meaning = MEANING[code] ?? `SQLite answered with code ${String(code)}`
    return new StoreUnavailable(`the session file cannot be used: ${meaning}`, { cause: error })
  }
  if (isClosed(error)) return new StoreUnavailable('the SQLite store is closed', { cause: error })
  return error
}

/** The primary result code, or `undefined` where `error` does not come from SQLite. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE'
}
