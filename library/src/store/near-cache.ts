import { InvalidOption } from '../errors.js'
import { systemClock, type Clock } from '../system/clock.js'
import { Answers } from './near-cache/answers.js'
import type { DelayCounts } from './near-cache/delays.js'
import type { Found } from './near-cache/packing.js'
import type { ChangeFeed, Watching } from './change-feed.js'
import type { EndReason } from './end-reason.js'
import type { SessionId } from './record.js'
import type {
  Change,
  ChangeResult,
  CreateResult,
  EndOptions,
  NewSession,
  Rotation,
  Store,
  StoreDocument,
  SubjectChange,
} from './store.js'

/**
 * near-cache/ owns the answers of a store that this process still knows to be good, so that most requests need no
 * round trip. sojourn.ts puts one in front of a store that has a {@link ChangeFeed}; session/ looks into it before
 * it reads. It never serves what may have changed longer ago than its bound says, and never a "no".
 */

/** A store with some of its answers at hand. */
export interface NearCache extends Store {
  /**
   * The session, without a round trip, where it certainly lives: nothing that happened to it longer than
   * `maxStaleness` ago is missing, but that it was seen and that its refresh token was exchanged
   * elsewhere. `now` is never behind the store's clock.
   *
   * `undefined` says nothing: read. So does a secret that does not fit the record: it may have been renewed a
   * moment ago in another process, and only a read may refuse it.
   */
  peek(id: SessionId): Found | undefined

  /** The same for documents; that there is none of that name is an answer, too. */
  peekDocument(name: string): { readonly document: StoreDocument | undefined } | undefined

  /** For metrics. */
  stats(): NearCacheStats
}

/** Options of {@link createNearCache}. */
export interface NearCacheOptions {
  /** Milliseconds for which a change made elsewhere may go unnoticed, at the worst. Default 500; 0: nothing is served. */
  readonly maxStaleness?: number
  /**
   * The same for documents. They are few, and who keeps one in memory anyway can have them at hand though sessions
   * are asked for each time. Default: `maxStaleness`.
   */
  readonly maxDocumentStaleness?: number
  /** How many sessions are kept at most; each takes 0.5 KB and its data: 4,096 characters at most. Default 10,000. */
  readonly maxEntries?: number
  /** Default: the host's. */
  readonly clock?: Clock
  /** Hears of each session that this process marked as seen: no feed tells of that. Must not throw. */
  readonly onSeen?: (id: SessionId) => void
}

/** What became of the calls of {@link NearCache.peek} so far, and how things stand. */
export interface NearCacheStats {
  /** Answered. */
  readonly hits: number
  /** Not answered, since the session was not there or looked over. */
  readonly misses: number
  /** Not answered, since what had changed was not known within the bound. */
  readonly bypasses: number
  /** How often everything was dropped. */
  readonly flushes: number
  /** How many sessions had to leave for others, since there were as many as there may be. */
  readonly evictions: number
  /** How many sessions are kept. */
  readonly entries: number
  /** See {@link ChangeFeed.age}: milliseconds. */
  readonly age: number
  /**
   * How long the news of ends were under way, from the store's clock to this process, itself included: at most, by up to
   * one round trip and a millisecond too much. Empty where a store has none to tell (one that is embedded).
   */
  readonly delays: DelayCounts
}

/** Five heartbeats of the Redis feed: one lost packet does not empty the cache. */
const DEFAULTS: Required<Omit<NearCacheOptions, 'maxDocumentStaleness' | 'onSeen'>> = {
  maxStaleness: 500,
  maxEntries: 10_000,
  clock: systemClock,
}

/**
 * Puts a near cache in front of a store. Without {@link Store.changes} it only passes on.
 *
 * @throws {InvalidOption} Where `maxStaleness` is no number of milliseconds, or `maxEntries` no whole number above 0.
 */
export function createNearCache(store: Store, options: NearCacheOptions = {}): NearCache {
  const { maxStaleness, maxEntries, clock } = { ...DEFAULTS, ...options }
  if (!Number.isFinite(maxStaleness) || maxStaleness < 0) {
    throw new InvalidOption('maxStaleness must be a number of milliseconds, 0 or more')
  }
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new InvalidOption('maxEntries must be a whole number above 0')
  }
  const { maxDocumentStaleness = maxStaleness } = options
  const feed = Math.max(maxStaleness, maxDocumentStaleness) > 0 ? store.changes : undefined
  const answers = new Answers({ feed, maxStaleness, maxDocumentStaleness, maxEntries, clock })
  return new CachedStore(store, answers, { clock, onSeen: options.onSeen }, feed?.watch(answers))
}

class CachedStore implements NearCache {
  readonly name: string
  readonly changes: ChangeFeed | undefined
  readonly walk?: NonNullable<Store['walk']>
  readonly counters: Store['counters']
  readonly #store: Store
  readonly #answers: Answers
  readonly #clock: Clock
  readonly #onSeen: NearCacheOptions['onSeen']
  readonly #watching: Watching | undefined

  constructor(
    store: Store,
    answers: Answers,
    { clock, onSeen }: { readonly clock: Clock; readonly onSeen: NearCacheOptions['onSeen'] },
    watching: Watching | undefined,
  ) {
    this.name = store.name
    this.changes = store.changes
    this.counters = store.counters
    // It goes over everything, so nothing of it is kept: it would drive out what is in use.
    if (store.walk !== undefined) this.walk = store.walk.bind(store)
    this.#store = store
    this.#answers = answers
    this.#clock = clock
    this.#onSeen = onSeen
    this.#watching = watching
  }

  peek(id: SessionId): Found | undefined {
    return this.#answers.peek(id)
  }

  peekDocument(name: string): { readonly document: StoreDocument | undefined } | undefined {
    return this.#answers.peekDocument(name)
  }

  stats(): NearCacheStats {
    const { hits, misses, bypasses, flushes, evictions, size, delays } = this.#answers
    const { bounds, counts, sum } = delays
    const calls = { hits, misses, bypasses, flushes, evictions }
    return { ...calls, entries: size, age: this.#answers.age(), delays: { bounds, counts, sum } }
  }

  bucketOf(subject: string | undefined): string {
    return this.#store.bucketOf(subject)
  }

  async read(id: SessionId): ReturnType<Store['read']> {
    const reading = this.#answers.begin()
    const answer = await this.#store.read(id)
    this.#answers.learn(id, answer, reading)
    return answer
  }

  async readDocument(name: string): ReturnType<Store['readDocument']> {
    const reading = this.#answers.begin()
    const document = await this.#store.readDocument(name)
    this.#answers.learnDocument(name, document, reading)
    return document
  }

  /** Keeps nothing: what `create` answers lacks the subject's record, and most sessions go on elsewhere. */
  async create(session: NewSession): Promise<CreateResult> {
    const result = await this.#store.create(session)
    if (result.status === 'created') for (const id of result.evicted) this.#answers.onSession(id)
    return result
  }

  async change(id: SessionId, change: Change): Promise<ChangeResult> {
    if (!isOnlySeen(change)) {
      const result = await this.#onSession(id, () => this.#store.change(id, change))
      if (change.seen === true) this.#onSeen?.(id)
      return result
    }
    const sentAt = this.#clock.elapsed()
    const result = await this.#store.change(id, change)
    this.#answers.learnSeen(id, result, sentAt)
    this.#onSeen?.(id)
    return result
  }

  rotate(id: SessionId, rotation: Rotation): ReturnType<Store['rotate']> {
    return this.#onSession(id, () => this.#store.rotate(id, rotation))
  }

  end(id: SessionId, reason: EndReason, options?: EndOptions): ReturnType<Store['end']> {
    return this.#onSession(id, () => this.#store.end(id, reason, options))
  }

  endAll(subject: string, reason: EndReason, except?: SessionId): ReturnType<Store['endAll']> {
    return this.#onSubject(subject, () => this.#store.endAll(subject, reason, except))
  }

  async reap(subject: string, limit: number): ReturnType<Store['reap']> {
    const result = await this.#store.reap(subject, limit)
    for (const { id } of result.reaped) this.#answers.onSession(id)
    return result
  }

  list(...args: Parameters<Store['list']>): ReturnType<Store['list']> {
    return this.#store.list(...args)
  }

  readSubject(subject: string): ReturnType<Store['readSubject']> {
    return this.#store.readSubject(subject)
  }

  changeSubject(subject: string, change: SubjectChange): ReturnType<Store['changeSubject']> {
    return this.#onSubject(subject, () => this.#store.changeSubject(subject, change))
  }

  writeDocument(name: string, text: string, expect: number): ReturnType<Store['writeDocument']> {
    const forget = (): void => {
      this.#answers.onDocument(name)
    }
    return forgetting(forget, () => this.#store.writeDocument(name, text, expect))
  }

  check(): ReturnType<Store['check']> {
    return this.#store.check()
  }

  async close(): Promise<void> {
    this.#watching?.close()
    this.#answers.close()
    await this.#store.close()
  }

  #onSession<Answer>(id: SessionId, call: () => Promise<Answer>): Promise<Answer> {
    return forgetting(() => {
      this.#answers.onSession(id)
    }, call)
  }

  #onSubject<Answer>(subject: string, call: () => Promise<Answer>): Promise<Answer> {
    return forgetting(() => {
      this.#answers.onSubject(subject)
    }, call)
  }
}

/**
 * Forgets before the call, so that nobody is served what is about to change, and after it, whatever came of it:
 * a read that was sent before may have seen things as they were.
 */
async function forgetting<Answer>(
  forget: () => void,
  call: () => Promise<Answer>,
): Promise<Answer> {
  forget()
  try {
    return await call()
  } finally {
    forget()
  }
}

/**
 * Whether a change only says that the session was used. Other processes are not told of it, and it comes once a
 * minute for each session: dropping the entry would cost a read each time. Changed traits are told to everybody,
 * this process included, so nothing is gained by keeping the entry then.
 */
function isOnlySeen({ seen, traits = {}, ...rest }: Change): boolean {
  return seen === true && Object.keys(traits).length === 0 && Object.keys(rest).length === 0
}
