import type { DataEntry, SessionRecord } from '../../../store/record.js'
import type { Change, Renewal } from '../../../store/store.js'
import { randomToken } from '../../../system/random.js'
import { STEP, type Drawn } from './operations.js'
import { expectFamily, toFamily } from './rotating.js'

/** The change that a drawn operation stands for, on a session as the model knows it. */
export function toChange(drawn: Drawn<'change'>, record: SessionRecord): Change {
  const bases = { current: record.revision, stale: Math.max(0, record.revision - 2) }
  return {
    seen: drawn.seen,
    ...(drawn.seen && drawn.idle !== undefined ? { idleTimeout: drawn.idle * STEP } : {}),
    forgetPrevious: drawn.forgetPrevious,
    ...keysOf(drawn),
    expect: new Map(
      drawn.expect.map(({ key, holds }) => [key, revisionOf(record, key) + (holds ? 0 : 1)]),
    ),
    ...(drawn.base === 'none' ? {} : { baseRevision: bases[drawn.base] }),
    ...(drawn.trait === undefined ? {} : { traits: { [drawn.trait[0]]: drawn.trait[1] } }),
    ...tokensOf(drawn, record),
    ...(drawn.isAuthentication ? { isAuthentication: true } : {}),
    ...(drawn.renewal === 'none' ? {} : { renewal: toRenewal(drawn, record) }),
  }
}

function tokensOf(
  { tokens: { family, presented } }: Drawn<'change'>,
  record: SessionRecord,
): Pick<Change, 'family' | 'presentedGeneration'> {
  if (family !== undefined) return { family: toFamily(family) }
  if (presented === undefined) return {}
  return { presentedGeneration: (record.family?.generation ?? 1) + presented }
}

function toRenewal(drawn: Drawn<'change'>, record: SessionRecord): Renewal {
  const { previousDigest } = record
  return {
    from: drawn.renewal === 'current' ? record.secretDigest : randomToken(32),
    to: randomToken(32),
    ...(drawn.forgetPrevious && previousDigest !== undefined ? { keep: previousDigest } : {}),
    keepPreviousFor: STEP,
    isAuthentication: drawn.seen,
  }
}

function revisionOf(record: SessionRecord, key: string): number {
  return record.data.get(key)?.revision ?? 0
}

function keysOf({ keys }: Drawn<'change'>): Pick<Change, 'set' | 'delete' | 'increment'> {
  const set = new Map<string, string>()
  const increment = new Map<string, number>()
  const deleted: string[] = []
  for (const { key, action } of keys) {
    if (action.do === 'set') set.set(key, action.json)
    else if (action.do === 'increment') increment.set(key, action.by)
    else deleted.push(key)
  }
  return { set, increment, delete: deleted }
}

/** What a change comes to: the record after it, or why it must be refused. */
export type Outcome =
  | { readonly status: 'changed'; readonly record: SessionRecord; readonly conflicts: number }
  | { readonly status: 'refused'; readonly reasons: ReadonlySet<'superseded' | 'conflict'> }

/** Computes by the contract what a change does to a live record at `now`. */
export function expectChange(record: SessionRecord, change: Change, now: number): Outcome {
  const reasons = refusals(record, change)
  if (reasons.size > 0) return { status: 'refused', reasons }
  const named = [...(change.set?.keys() ?? []), ...(change.delete ?? [])]
  const base = change.baseRevision ?? Number.POSITIVE_INFINITY
  const conflicts = named.filter((key) => revisionOf(record, key) > base).length
  return { status: 'changed', record: apply(record, change, now), conflicts }
}

function refusals(record: SessionRecord, change: Change): Set<'superseded' | 'conflict'> {
  const reasons = new Set<'superseded' | 'conflict'>()
  const { renewal } = change
  if (renewal !== undefined && renewal.from !== record.secretDigest) reasons.add('superseded')
  const isUnmet = [...(change.expect ?? [])].some(
    ([key, revision]) => revisionOf(record, key) !== revision,
  )
  const isNoNumber = [...(change.increment?.keys() ?? [])].some(
    (key) => !/^-?\d+$/.test(record.data.get(key)?.json ?? '0'),
  )
  if (isUnmet || isNoNumber) reasons.add('conflict')
  return reasons
}

function apply(record: SessionRecord, change: Change, now: number): SessionRecord {
  const data = new Map(record.data)
  const revision = record.revision + 1
  const write = (key: string, json: string): unknown => data.set(key, { json, revision })
  const removed = (change.delete ?? []).filter((key) => data.delete(key)).length
  change.set?.forEach((json, key) => write(key, json))
  change.increment?.forEach((by, key) =>
    write(key, String(Number(record.data.get(key)?.json ?? 0) + by)),
  )
  const written = removed + (change.set?.size ?? 0) + (change.increment?.size ?? 0)
  return {
    ...record,
    ...secretAfter(change, now),
    ...instantsAfter(record, change, now),
    idleTimeout: change.idleTimeout ?? record.idleTimeout,
    family: familyAfter(record, change, now),
    revision: written > 0 ? revision : record.revision,
    traits: traitsAfter(record, change),
    data,
  }
}

function familyAfter(
  { family }: SessionRecord,
  change: Change,
  now: number,
): SessionRecord['family'] {
  if (change.family !== undefined) return expectFamily(change.family, now)
  const isPresent = family !== undefined && family.generation === change.presentedGeneration
  return isPresent ? { ...family, isPresented: true } : family
}

function instantsAfter(
  { lastSeenAt, authenticatedAt }: SessionRecord,
  { seen, isAuthentication, renewal }: Change,
  now: number,
): Pick<SessionRecord, 'lastSeenAt' | 'authenticatedAt'> {
  const isProof = isAuthentication === true || renewal?.isAuthentication === true
  return {
    lastSeenAt: seen === true ? now : lastSeenAt,
    authenticatedAt: isProof ? now : authenticatedAt,
  }
}

function secretAfter({ renewal, forgetPrevious }: Change, now: number): Partial<SessionRecord> {
  if (renewal !== undefined) {
    return {
      secretDigest: renewal.to,
      previousDigest: renewal.keep ?? renewal.from,
      previousUntil: now + renewal.keepPreviousFor,
    }
  }
  return forgetPrevious === true ? { previousDigest: undefined, previousUntil: undefined } : {}
}

function traitsAfter(record: SessionRecord, { traits = {} }: Change): SessionRecord['traits'] {
  const merged = Object.entries({ ...record.traits, ...traits })
  return Object.fromEntries(merged.filter(([, value]) => value !== null))
}

/** The entries of `increment` as they are after the change. */
export function valuesOf(record: SessionRecord, change: Change): ReadonlyMap<string, number> {
  const value = (entry: DataEntry | undefined): number => Number(entry?.json)
  return new Map(
    [...(change.increment?.keys() ?? [])].map((key) => [key, value(record.data.get(key))]),
  )
}
