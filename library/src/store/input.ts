import { InvalidInput } from '../errors.js'
import type { AttemptRule, Rate } from './counters.js'
import type { SessionId } from './record.js'
import type { Change, WalkStep } from './store.js'

/** What all stores of ours ask of what they are given, so that they refuse the same. */

const COUNTER_KEY = /^[A-Za-z0-9._:-]{1,128}$/
/** Of anything that is counted: 30 days. */
const LONGEST_COUNT = 30 * 86_400_000
const LARGEST_QUOTA = 1_000_000

/** @throws InvalidInput for `key`. */
export function checkCounterKey(key: string): void {
  if (typeof key === 'string' && COUNTER_KEY.test(key)) return
  throw new InvalidInput('key', 'must be 1 to 128 characters of A-Z a-z 0-9 . _ : -')
}

/** @throws InvalidInput for `rate` or `cost`. */
export function checkRate({ quota, window }: Rate, cost: number): void {
  if (!isWholeUpTo(quota, LARGEST_QUOTA) || !isWholeUpTo(window, LONGEST_COUNT)) {
    throw new InvalidInput(
      'rate',
      'its quota must be a whole number from 1 to 1,000,000, its window 1 ms to 30 days, in whole ms',
    )
  }
  if (!Number.isSafeInteger(cost)) throw new InvalidInput('cost', 'must be a whole number')
}

/** @throws InvalidInput for `rule`. */
export function checkAttemptRule({ max, lockFor, forgetAfter }: AttemptRule): void {
  const isRight =
    isWholeUpTo(max, Number.MAX_SAFE_INTEGER) &&
    isWholeUpTo(lockFor, LONGEST_COUNT) &&
    isWholeUpTo(forgetAfter, LONGEST_COUNT)
  if (isRight) return
  throw new InvalidInput(
    'rule',
    'its max must be a whole number of 1 or more, its times 1 ms to 30 days, in whole ms',
  )
}

function isWholeUpTo(number: number, most: number): boolean {
  return Number.isSafeInteger(number) && number >= 1 && number <= most
}

/** The longest step of a walk. */
const WALK_LIMIT = 1_000

/** @throws InvalidInput for a new idle time that is no whole number of milliseconds, or comes without `seen`. */
export function checkChange({ idleTimeout, seen }: Change): void {
  if (idleTimeout === undefined) return
  if (!Number.isSafeInteger(idleTimeout) || idleTimeout < 1) {
    throw new InvalidInput('idleTimeout', 'must be a whole number of milliseconds, 1 or more')
  }
  if (seen !== true) throw new InvalidInput('idleTimeout', 'counts from now, so it wants seen')
}

/** @throws InvalidInput where it is no whole number from 1 to 1,000. */
export function checkWalkLimit({ limit }: WalkStep): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= WALK_LIMIT) return
  throw new InvalidInput('limit', `must be a whole number from 1 to ${String(WALK_LIMIT)}`)
}

/** The error for a cursor that no walk gave. */
export function wrongWalkCursor(): InvalidInput {
  return new InvalidInput('cursor', 'must be the next of the step before')
}

/** Of a cursor; ids are 25 characters long, where the application does not make them itself. */
const LONGEST = 1_024

/** The cursor of a walk in the order of ids: it goes on after `id`, whether or not that is still there. */
export function toWalkCursor(id: SessionId): string {
  return `w.${Buffer.from(id).toString('base64url')}`
}

/** The id in a cursor of {@link toWalkCursor}; the beginning where there is none. */
export function fromWalkCursor(cursor: string | undefined): SessionId {
  if (cursor === undefined) return ''
  if (cursor.length > LONGEST) throw wrongWalkCursor()
  const id = Buffer.from(cursor.slice(2), 'base64url').toString()
  // Buffer skips over what is not base64url: only the text we would write ourselves is ours.
  if (id === '' || toWalkCursor(id) !== cursor) throw wrongWalkCursor()
  return id
}
