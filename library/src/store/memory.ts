import { InvalidOption, StoreUnavailable } from '../errors.js'
import { systemClock, type Clock } from '../system/clock.js'
import { randomToken } from '../system/random.js'
import { createRouting } from './bucket.js'
import type { ChangeFeed } from './change-feed.js'
import type { EndReason } from './end-reason.js'
import { checkChange } from './input.js'
import type { Counters } from './counters.js'
import { applyChange } from './memory/change.js'
import { createMemoryCounters } from './memory/counters.js'
import { pageOf } from './memory/page.js'
import { copy, copySubject, LEAVES_FIRST, toRecord, withoutData } from './memory/record.js'
import { applyRotation } from './memory/rotate.js'
import { applySubjectChange } from './memory/subject.js'
import { Tables, toEnding } from './memory/tables.js'
import { stepOf } from './memory/walk.js'
import { endedBecause, type SessionId, type SessionRecord, type SubjectRecord } from './record.js'
import {
  STORE_DEFAULTS,
  type Change,
  type ChangeResult,
  type CreateResult,
  type EndAllResult,
  type EndOptions,
  type EndResult,
  type Gone,
  type ListResult,
  type NewSession,
  type Page,
  type ReadResult,
  type ReapResult,
  type RotateResult,
  type Rotation,
  type Store,
  type StoreDocument,
  type StoreHealth,
  type StoreOptions,
  type SubjectChange,
  type WalkResult,
  type WalkStep,
} from './store.js'

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions extends StoreOptions {
  /** The store's clock. Default: the host's. */
  readonly clock?: Clock
  /** Assigns subjects to buckets. Default: random, for nothing here outlives the process. */
  readonly routingKey?: string
  /**
   * How many sessions are held at most, and as many tombstones. When it is full, what is over makes
   * room; after that `create` throws {@link StoreUnavailable}. Default 100,000 (about 100 MB).
   */
  readonly maxSessions?: number
}

const DEFAULT_MAX_SESSIONS = 100_000
/** Looking for room means looking at everything; a full store must not do so for every request. */
const LOOK_FOR_ROOM_EVERY = 1_000

/**
 * A store in this process's memory: for tests, development and single processes whose sessions may end
 * with them. It is also the reference for what every verb means.
 *
 * @throws {InvalidOption} Where `maxSessions` is no whole number above 0.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const lifetime = {
    tombstoneFor: options.tombstoneFor ?? STORE_DEFAULTS.tombstoneFor,
    lingerFor: options.lingerFor ?? STORE_DEFAULTS.lingerFor,
  }
  return new MemoryStore(options, new Tables(lifetime))
}

/** Every verb runs from its first line to its last without waiting, so each is one atomic step. */
export class MemoryStore implements Store {
  readonly name = 'memory'
  readonly bucketOf: Store['bucketOf']
  readonly changes: ChangeFeed
  readonly counters: Counters
  readonly #tables: Tables
  readonly #clock: Clock
  readonly #maxSessions: number
  #nextLookForRoomAt = 0

  /** Two stores on the same tables are what two processes are on a shared storage. */
  constructor(options: MemoryStoreOptions, tables: Tables) {
    this.#tables = tables
    this.#clock = options.clock ?? systemClock
    this.#maxSessions = options.maxSessions ?? DEFAULT_MAX_SESSIONS
    if (!Number.isInteger(this.#maxSessions) || this.#maxSessions < 1) {
      throw new InvalidOption('maxSessions must be a whole number above 0')
    }
    this.counters = createMemoryCounters(this.#clock, tables.counters)
    this.bucketOf = createRouting(options.routingKey ?? randomToken(32))
    this.changes = {
      watch: (watcher) => tables.watchers.add(watcher),
      // Told before the verb that changed something answers, to all who watch: there is no later.
      age: () => (tables.watchers.count > 0 ? 0 : Number.POSITIVE_INFINITY),
      endings: async (since) => tables.endings(since, this.#clock.now()),
    }
    tables.begin(this.#clock.now())
  }

  async create(session: NewSession): Promise<CreateResult> {
    const now = this.#clock.now()
    this.#tables.sweep(now)
    const subject = this.#tables.subject(session.subject, now)
    if (this.#isTaken(session.id, now)) return { status: 'refused', reason: 'exists' }
    if (subject.isDisabled) return { status: 'refused', reason: 'disabled' }
    const surplus = this.#surplus(session, now)
    if (surplus.length > 0 && session.limit?.whenFull === 'refuse') {
      return { status: 'refused', reason: 'limit' }
    }
    for (const record of surplus) this.#tables.bury(record, 'evicted_limit', now)
    this.#makeRoom(now)
    const record = toRecord(session, subject.epoch, now)
    this.#tables.add(record, now)
    return { status: 'created', record: copy(record), evicted: surplus.map(({ id }) => id) }
  }

  async read(id: SessionId): Promise<ReadResult> {
    const now = this.#clock.now()
    const record = this.#tables.record(id, now)
    if (record !== undefined) {
      const subject = this.#tables.subject(record.subject, now)
      return { status: 'found', record: copy(record), subject: copySubject(subject), now }
    }
    const ending = this.#tables.ending(id, now)
    return ending === undefined ? { status: 'missing', now } : { status: 'ended', ending, now }
  }

  async change(id: SessionId, change: Change): Promise<ChangeResult> {
    checkChange(change)
    const now = this.#clock.now()
    const live = this.#live(id, now)
    if (live === undefined) return this.#gone(id, now)
    const applied = applyChange(live, change, now)
    if (applied.status !== 'changed') return applied
    const { record, conflicts, values } = applied
    this.#tables.replace(record)
    const { revision, lastSeenAt, authenticatedAt } = record
    return { status: 'changed', revision, lastSeenAt, authenticatedAt, conflicts, values, now }
  }

  async rotate(id: SessionId, rotation: Rotation): Promise<RotateResult> {
    const now = this.#clock.now()
    const live = this.#live(id, now)
    if (live === undefined) return this.#gone(id, now)
    const result = applyRotation(live, rotation, now)
    if (result.status === 'refused') return result
    if (result.status === 'reused') {
      this.#tables.bury(live, 'refresh_reuse', now)
      return { status: 'reused', record: withoutData(live) }
    }
    this.#tables.replace(result.record)
    const subject = copySubject(this.#tables.subject(live.subject, now))
    return { ...result, record: copy(result.record), subject, now }
  }

  async end(id: SessionId, reason: EndReason, { after = 0 }: EndOptions = {}): Promise<EndResult> {
    const now = this.#clock.now()
    const live = this.#live(id, now)
    if (live === undefined) return this.#gone(id, now)
    if (after > 0) {
      const absoluteExpiresAt = Math.min(live.absoluteExpiresAt, now + after)
      this.#tables.replace({ ...live, absoluteExpiresAt, endsAs: reason })
    } else {
      this.#tables.bury(live, reason, now)
    }
    return { status: 'ended', record: withoutData(live) }
  }

  async endAll(subject: string, reason: EndReason, except?: SessionId): Promise<EndAllResult> {
    const now = this.#clock.now()
    const live = this.#liveOf(subject, now)
    const spared = live.find(({ id }) => id === except)
    const epoch = this.#tables.subject(subject, now).epoch + 1
    // First the one to spare: whoever is told of the epoch may look at once.
    if (spared !== undefined) this.#tables.replace({ ...spared, epoch })
    this.#tables.setSubject(subject, { epoch, epochReason: reason }, now, spared?.id)
    return { count: live.length - (spared === undefined ? 0 : 1), epoch }
  }

  async reap(subject: string, limit: number): Promise<ReapResult> {
    const now = this.#clock.now()
    const due = this.#tables.sessionsOf(subject, now).flatMap((record) => {
      const reason = this.#endedBecause(record, now)
      return reason === undefined ? [] : [{ record, reason }]
    })
    const chunk = due.slice(0, limit)
    for (const { record, reason } of chunk) this.#tables.bury(record, reason, now)
    return {
      reaped: chunk.map(({ record, reason }) => ({ id: record.id, reason })),
      hasMore: due.length > chunk.length,
    }
  }

  async list(subject: string, page: Page): Promise<ListResult> {
    const now = this.#clock.now()
    const { records, next } = pageOf(this.#liveOf(subject, now), page)
    return { records: records.map(withoutData), next, now }
  }

  async walk(step: WalkStep): Promise<WalkResult> {
    const now = this.#clock.now()
    const { ids, next } = stepOf(this.#tables.ids(), step)
    const live = ids.map((id) => this.#live(id, now)).filter((record) => record !== undefined)
    return { records: live.map(copy), next, now }
  }

  async readSubject(subject: string): Promise<SubjectRecord> {
    return copySubject(this.#tables.subject(subject, this.#clock.now()))
  }

  async changeSubject(subject: string, change: SubjectChange): Promise<SubjectRecord> {
    const now = this.#clock.now()
    const record = applySubjectChange(this.#tables.subject(subject, now), change)
    return copySubject(this.#tables.setSubject(subject, record, now))
  }

  async readDocument(name: string): Promise<StoreDocument | undefined> {
    return this.#tables.document(name, this.#clock.now())
  }

  async writeDocument(
    name: string,
    text: string,
    expect: number,
  ): Promise<StoreDocument | undefined> {
    return this.#tables.setDocument(name, text, expect, this.#clock.now())
  }

  async check(): Promise<StoreHealth> {
    return { details: { ...this.#tables.sizes, maxSessions: this.#maxSessions } }
  }

  async close(): Promise<void> {
    // Nothing was opened: the garbage collector takes the tables along with the store.
  }

  #live(id: SessionId, now: number): SessionRecord | undefined {
    const record = this.#tables.record(id, now)
    const isLive = record !== undefined && this.#endedBecause(record, now) === undefined
    return isLive ? record : undefined
  }

  #liveOf(subject: string, now: number): SessionRecord[] {
    const records = this.#tables.sessionsOf(subject, now)
    return records.filter((record) => this.#endedBecause(record, now) === undefined)
  }

  #endedBecause(record: SessionRecord, now: number): EndReason | undefined {
    return endedBecause(record, this.#tables.subject(record.subject, now), now)
  }

  /** Why a session is not live: by its tombstone, or by a record that lingers. */
  #gone(id: SessionId, now: number): Gone {
    const record = this.#tables.record(id, now)
    const reason = record && this.#endedBecause(record, now)
    if (record === undefined || reason === undefined) {
      return { status: 'gone', ending: this.#tables.ending(id, now) }
    }
    return { status: 'gone', ending: toEnding(record, reason, now) }
  }

  #isTaken(id: SessionId, now: number): boolean {
    return (this.#tables.record(id, now) ?? this.#tables.ending(id, now)) !== undefined
  }

  /** The sessions that have to go for a new one to be within its limit. */
  #surplus({ subject, limit }: NewSession, now: number): readonly SessionRecord[] {
    if (subject === undefined || limit === undefined) return []
    const live = this.#liveOf(subject, now).sort(LEAVES_FIRST[limit.whenFull])
    return live.slice(0, Math.max(0, live.length + 1 - limit.max))
  }

  #makeRoom(now: number): void {
    this.#tables.forgetTombstonesOver(this.#maxSessions)
    if (this.#tables.sizes.sessions < this.#maxSessions) return
    if (now >= this.#nextLookForRoomAt) {
      this.#tables.buryAll(now)
      this.#nextLookForRoomAt = now + LOOK_FOR_ROOM_EVERY
    }
    if (this.#tables.sizes.sessions < this.#maxSessions) return
    throw new StoreUnavailable(`the memory store is full: it holds ${this.#maxSessions} sessions`)
  }
}
