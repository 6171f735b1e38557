import type { DataEntry, SessionRecord } from '../record.js'
import type { Change, ChangeResult, Renewal } from '../store.js'
import { beginFamily, presented } from './family.js'

/** What {@link applyChange} makes of a live record: the record to keep instead, or why not. */
export type Applied =
  | {
      readonly status: 'changed'
      readonly record: SessionRecord
      readonly conflicts: number
      readonly values: ReadonlyMap<string, number>
    }
  | Extract<ChangeResult, { status: 'conflict' | 'superseded' }>

/**
 * One change to a live record, as a function without effects: first every reason to refuse, then the
 * whole of it. Keys are deleted, set and incremented in this order; a caller names a key but once.
 */
export function applyChange(record: SessionRecord, change: Change, now: number): Applied {
  const { renewal } = change
  if (renewal !== undefined && renewal.from !== record.secretDigest) return { status: 'superseded' }

  const unmet = findUnmet(record, change.expect ?? new Map())
  if (unmet !== undefined) return conflict(record, unmet)

  const values = new Map<string, number>()
  const unfit = addAll(record, change.increment ?? new Map(), values)
  if (unfit !== undefined) return conflict(record, unfit)

  return {
    status: 'changed',
    record: {
      ...record,
      ...dataAfter(record, change, values),
      ...secretAfter(change, now),
      authenticatedAt: isAuthentication(change) ? now : record.authenticatedAt,
      family: familyAfter(record, change, now),
      traits: traitsAfter(record.traits, change.traits),
      lastSeenAt: change.seen === true ? now : record.lastSeenAt,
      idleTimeout: change.idleTimeout ?? record.idleTimeout,
    },
    conflicts: countConflicts(record, change),
    values,
  }
}

function conflict(record: SessionRecord, key: string): Applied {
  return { status: 'conflict', key, entry: record.data.get(key) }
}

function findUnmet(record: SessionRecord, expect: ReadonlyMap<string, number>): string | undefined {
  for (const [key, revision] of expect) {
    if ((record.data.get(key)?.revision ?? 0) !== revision) return key
  }
  return undefined
}

/** Puts the sums into `values`; gives the first key that holds no number to add to. */
function addAll(
  { data }: SessionRecord,
  increment: ReadonlyMap<string, number>,
  values: Map<string, number>,
): string | undefined {
  for (const [key, by] of increment) {
    const sum = add(data.get(key)?.json, by)
    if (sum === undefined) return key
    values.set(key, sum)
  }
  return undefined
}

const WHOLE_NUMBER = /^(?:0|-?[1-9]\d{0,15})$/

/** The sum, where both the value and the sum are whole numbers that JavaScript can tell apart. */
function add(json: string | undefined, by: number): number | undefined {
  const text = json ?? '0'
  const value = Number(text)
  const isWhole = WHOLE_NUMBER.test(text) && Number.isSafeInteger(value)
  return isWhole && Number.isSafeInteger(value + by) ? value + by : undefined
}

/** Keys that somebody wrote since the caller looked, and that this change writes over. */
function countConflicts(record: SessionRecord, { baseRevision, ...change }: Change): number {
  if (baseRevision === undefined) return 0
  const named = [...(change.set?.keys() ?? []), ...(change.delete ?? [])]
  return named.filter((key) => (record.data.get(key)?.revision ?? 0) > baseRevision).length
}

function dataAfter(
  record: SessionRecord,
  change: Change,
  values: ReadonlyMap<string, number>,
): Pick<SessionRecord, 'data' | 'revision'> {
  const data = new Map<string, DataEntry>(record.data)
  const revision = record.revision + 1
  const deleted = (change.delete ?? []).filter((key) => data.delete(key))
  for (const [key, json] of change.set ?? []) data.set(key, { json, revision })
  for (const [key, value] of values) data.set(key, { json: String(value), revision })
  const isWritten = deleted.length + (change.set?.size ?? 0) + values.size > 0
  return isWritten ? { data, revision } : { data, revision: record.revision }
}

function secretAfter({ renewal, forgetPrevious }: Change, now: number): Partial<SessionRecord> {
  if (renewal !== undefined) return renewed(renewal, now)
  return forgetPrevious === true ? { previousDigest: undefined, previousUntil: undefined } : {}
}

function renewed(renewal: Renewal, now: number): Partial<SessionRecord> {
  return {
    secretDigest: renewal.to,
    previousDigest: renewal.keep ?? renewal.from,
    previousUntil: now + renewal.keepPreviousFor,
  }
}

function isAuthentication({ isAuthentication, renewal }: Change): boolean {
  return isAuthentication === true || renewal?.isAuthentication === true
}

/** An access token came with the family that was there before: it says nothing of one that begins. */
function familyAfter(
  { family }: SessionRecord,
  change: Change,
  now: number,
): SessionRecord['family'] {
  if (change.family !== undefined) return beginFamily(change.family, now)
  return presented(family, change.presentedGeneration)
}

function traitsAfter(
  traits: SessionRecord['traits'],
  changes: Change['traits'],
): SessionRecord['traits'] {
  if (changes === undefined) return traits
  const merged = Object.entries({ ...traits, ...changes })
  return Object.fromEntries(merged.filter(([, value]) => value !== null))
}

/** What a near cache keeps of a session; that it was seen is all that may be a little behind. */
const KEPT_BY_CACHES = [
  'secretDigest',
  'previousDigest',
  'previousUntil',
  'authenticatedAt',
  'idleTimeout',
  'absoluteExpiresAt',
  'endsAs',
  'epoch',
  'revision',
  'family',
  'traits',
] as const

/** Whether a record became another by more than that it was seen. */
export function isNews(before: SessionRecord, after: SessionRecord): boolean {
  return KEPT_BY_CACHES.some((name) => before[name] !== after[name])
}
