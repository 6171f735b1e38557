import assert from 'node:assert/strict'
import type { EndReason } from '../../store/end-reason.js'
import { endedBecause, type SessionRecord } from '../../store/record.js'
import type {
  Change,
  ChangeResult,
  CreateResult,
  EndResult,
  Gone,
  NewFamily,
  NewSession,
  ReadResult,
  RotateResult,
  SessionLimit,
  Store,
} from '../../store/store.js'
import { randomToken } from '../../system/random.js'

export const MINUTE = 60_000
export const HOUR: number = 60 * MINUTE
export const DAY: number = 24 * HOUR

/** How far the tests stay away from an instant that matters, for stores whose time passes by itself. */
export const MARGIN: number = 30_000

export type Created = Extract<CreateResult, { status: 'created' }>
export type Changed = Extract<ChangeResult, { status: 'changed' }>
export type Found = Extract<ReadResult, { status: 'found' }>

export interface SessionWish {
  readonly id?: string
  readonly subject?: string | undefined
  readonly secretDigest?: string
  readonly idleTimeout?: number
  readonly absoluteTimeout?: number
  readonly traits?: SessionRecord['traits']
  readonly data?: Readonly<Record<string, string>>
  readonly limit?: SessionLimit
  readonly family?: NewFamily
}

/** A new id in the right bucket. */
export function newId(store: Store, subject: string | undefined): string {
  return `${store.bucketOf(subject)}.${randomToken(16)}`
}

/** A session to create: of `ann`, for an hour idle and a day at all, unless wished otherwise. */
export function newSession(store: Store, wish: SessionWish = {}): NewSession {
  const subject = 'subject' in wish ? wish.subject : 'ann'
  return {
    id: wish.id ?? newId(store, subject),
    subject,
    secretDigest: wish.secretDigest ?? randomToken(32),
    idleTimeout: wish.idleTimeout ?? HOUR,
    absoluteTimeout: wish.absoluteTimeout ?? DAY,
    traits: wish.traits ?? {},
    data: new Map(Object.entries(wish.data ?? {})),
    ...optional(wish),
  }
}

function optional({ limit, family }: SessionWish): Pick<NewSession, 'limit' | 'family'> {
  return { ...(limit === undefined ? {} : { limit }), ...(family === undefined ? {} : { family }) }
}

/** Creates a session, and fails where that is refused. */
export async function start(store: Store, wish: SessionWish = {}): Promise<SessionRecord> {
  return created(await store.create(newSession(store, wish))).record
}

/** Creates `count` sessions, all at once. */
export function startMany(
  store: Store,
  count: number,
  wish: SessionWish = {},
): Promise<SessionRecord[]> {
  return Promise.all(Array.from({ length: count }, () => start(store, wish)))
}

export function created(result: CreateResult): Created {
  assert.equal(result.status, 'created', `create answered ${JSON.stringify(result)}`)
  return result
}

export function changed(result: ChangeResult): Changed {
  assert.equal(result.status, 'changed', `change answered ${JSON.stringify(result)}`)
  return result
}

export function ended(result: EndResult): SessionRecord {
  assert.equal(result.status, 'ended', `end answered ${JSON.stringify(result)}`)
  return result.record
}

export function gone(result: ChangeResult | EndResult | RotateResult): Gone {
  assert.equal(
    result.status,
    'gone',
    `a session that is not live answered ${JSON.stringify(result)}`,
  )
  return result
}

/** Reads a session that must be there, live or lingering. */
export async function find(store: Store, id: string): Promise<Found> {
  const result = await store.read(id)
  assert.equal(result.status, 'found', `read answered ${JSON.stringify(result)}`)
  return result
}

/** `live`, `missing`, `corrupt`, or the reason for which the session is over, as any reader judges it. */
export async function stateOf(
  store: Store,
  id: string,
): Promise<EndReason | 'live' | 'missing' | 'corrupt'> {
  const result = await store.read(id)
  if (result.status === 'ended') return result.ending.reason
  if (result.status !== 'found') return result.status
  return endedBecause(result.record, result.subject, result.now) ?? 'live'
}

/** The session's data as plain pairs, sorted by key. */
export async function dataOf(store: Store, id: string): Promise<[key: string, json: string][]> {
  const { record } = await find(store, id)
  return [...record.data]
    .map(([key, entry]): [string, string] => [key, entry.json])
    .sort(([left], [right]) => (left < right ? -1 : 1))
}

/** All live sessions of a subject, page by page. */
export async function listAll(
  store: Store,
  subject: string,
  limit = 100,
): Promise<SessionRecord[]> {
  const records: SessionRecord[] = []
  let cursor: string | undefined
  do {
    const page = await store.list(subject, { limit, cursor })
    records.push(...page.records)
    cursor = page.next
    assert.ok(page.records.length <= limit, 'a page is longer than its limit')
    assert.ok(records.length <= 100_000, 'the pages never end')
  } while (cursor !== undefined)
  return records
}

/** The ids of all live sessions of a subject, sorted. */
export async function listIds(store: Store, subject: string): Promise<string[]> {
  return ids(await listAll(store, subject))
}

export function ids(records: readonly { readonly id: string }[]): string[] {
  return records.map((record) => record.id).sort()
}

/** Reaps until nothing is due, and gives all that was reaped. */
export async function reapAll(
  store: Store,
  subject: string,
  limit = 500,
): Promise<{ id: string; reason: EndReason }[]> {
  const reaped: { id: string; reason: EndReason }[] = []
  for (let round = 0; round < 10_000; round += 1) {
    const result = await store.reap(subject, limit)
    reaped.push(...result.reaped)
    if (!result.hasMore) return reaped
  }
  throw new assert.AssertionError({ message: 'reap says for ever that there is more' })
}

/** A change that writes one key. */
export function setting(key: string, json: string): Change {
  return { set: new Map([[key, json]]) }
}

/** Does `count` things, at most `width` at once: many races, few open calls. */
export async function inParallel(
  count: number,
  width: number,
  run: (index: number) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < count; first += width) {
    const size = Math.min(width, count - first)
    await Promise.all(Array.from({ length: size }, (_, offset) => run(first + offset)))
  }
}

/** Asserts that an answer's instant lies between two others, which time passing by itself may move apart. */
export function assertBetween(instant: number, from: number, to: number, what: string): void {
  assert.ok(instant >= from && instant <= to, `${what}: ${instant} is not in ${from} … ${to}`)
}
