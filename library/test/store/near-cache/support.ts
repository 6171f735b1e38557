import type { ChangeFeed, ChangeWatcher } from '../../../src/store/change-feed.js'
import { createMemoryStore, MemoryStore } from '../../../src/store/memory.js'
import { Tables } from '../../../src/store/memory/tables.js'
import { createNearCache, type NearCacheOptions } from '../../../src/store/near-cache.js'
import {
  STORE_DEFAULTS,
  type NewSession,
  type ReadResult,
  type Store,
} from '../../../src/store/store.js'
import { createManualClock } from '../../../src/testing/index.js'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** A feed that says what the test tells it to say. */
export class HandFeed implements ChangeFeed {
  readonly watchers = new Set<ChangeWatcher>()
  isAged = 0

  watch(watcher: ChangeWatcher): { close(): void } {
    this.watchers.add(watcher)
    return { close: () => void this.watchers.delete(watcher) }
  }

  age(): number {
    return this.isAged
  }

  endings(): Promise<never> {
    throw new Error('nobody asks for it here')
  }

  tell(say: (watcher: ChangeWatcher) => void): void {
    for (const watcher of this.watchers) say(watcher)
  }
}

/** A store with some of its parts replaced. */
export function altered(store: Store, parts: Partial<Store>): Store {
  return {
    name: store.name,
    bucketOf: (subject) => store.bucketOf(subject),
    create: (session) => store.create(session),
    read: (id) => store.read(id),
    change: (id, change) => store.change(id, change),
    rotate: (id, rotation) => store.rotate(id, rotation),
    end: (id, reason, options) => store.end(id, reason, options),
    endAll: (subject, reason, except) => store.endAll(subject, reason, except),
    reap: (subject, limit) => store.reap(subject, limit),
    list: (subject, page) => store.list(subject, page),
    ...(store.walk === undefined ? {} : { walk: store.walk.bind(store) }),
    readSubject: (subject) => store.readSubject(subject),
    changeSubject: (subject, change) => store.changeSubject(subject, change),
    readDocument: (name) => store.readDocument(name),
    writeDocument: (name, text, expect) => store.writeDocument(name, text, expect),
    changes: store.changes,
    counters: store.counters,
    check: () => store.check(),
    close: () => store.close(),
    ...parts,
  }
}

/** Reads whose answers stay on their way until they are let in. */
export interface HeldReads {
  isHolding: boolean
  /** What is on its way, oldest first; calling one lets it arrive. */
  readonly underWay: (() => void)[]
}

/** A near cache over a memory store, with a feed and a clock in the test's hand. */
export function open(options: NearCacheOptions = {}) {
  const clock = createManualClock()
  const feed = new HandFeed()
  const held: HeldReads = { isHolding: false, underWay: [] }
  const arrived = async <Answer>(answer: Answer): Promise<Answer> => {
    if (held.isHolding) await new Promise<void>((resolve) => held.underWay.push(resolve))
    return answer
  }
  const calls: string[] = []
  // Another process: it changes things, and what it does is told when the test says so.
  const other = createMemoryStore({ clock, routingKey: 'one for all' })
  const store = altered(other, {
    changes: feed,
    async read(id) {
      calls.push(`read ${id}`)
      return arrived(await other.read(id))
    },
    async readDocument(name) {
      calls.push(`readDocument ${name}`)
      return arrived(await other.readDocument(name))
    },
  })
  return {
    clock,
    feed,
    held,
    calls,
    other,
    store,
    cache: createNearCache(store, { clock, ...options }),
  }
}

/** Two memory stores on the same tables: what two processes are on a shared storage. */
export function openTwo() {
  const clock = createManualClock()
  const tables = new Tables(STORE_DEFAULTS)
  const options = { clock, routingKey: 'the same for both' }
  return {
    clock,
    tables,
    one: new MemoryStore(options, tables),
    two: new MemoryStore(options, tables),
  }
}

/** A session of `ann`, for an hour idle and a day at all, unless wished otherwise. */
export function session(id: string, wish: Partial<NewSession> = {}): NewSession {
  return {
    id: `AA.${id}`,
    subject: 'ann',
    secretDigest: `digest of ${id}`,
    idleTimeout: HOUR,
    absoluteTimeout: 24 * HOUR,
    traits: {},
    data: new Map(),
    ...wish,
  }
}

/** The record of an answer that found one. */
export function recordOf(answer: ReadResult | undefined) {
  if (answer?.status !== 'found') throw new Error(`not found: ${answer?.status ?? 'nothing'}`)
  return answer.record
}
