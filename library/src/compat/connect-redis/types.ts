import type { SessionData, Store } from 'express-session'
import type { KeptStore } from '../kept/index.js'
import type { RedisStoreOptions, SecondsOf, Serializer } from './options.js'
import type { RedisStoreCounts } from './reports.js'

/** What is called back; nothing to tell is `null`, as in connect-redis 8 and 9. */
export type RedisStoreCallback<Value = null> = (error: unknown, value?: Value) => void

/** What every store inherits from express-session. */
type Inherited = Omit<Store, 'get' | 'set' | 'touch' | 'destroy' | 'clear' | 'length' | 'all'>

/**
 * A session store in Redis. Every method calls back if it is given a callback, and answers a promise. A fault is an error
 * (`StoreUnavailable`), within the deadline; it is never "no session".
 */
export interface RedisStore<Client extends object = object> extends Inherited {
  client: Client
  prefix: string
  scanCount: number
  serializer: Serializer
  ttl: number | SecondsOf
  disableTTL: boolean
  disableTouch: boolean
  /** The store that keeps its sessions in records of ours, once a middleware of `sojourn/express-session` has asked for it. */
  readonly kept: KeptStore | undefined
  /** What this store has met since it was made, for metrics. */
  readonly counts: RedisStoreCounts
  /** The session under `sid`; `null` where there is none, or nothing that is one. */
  get(sid: string, callback?: RedisStoreCallback<SessionData | null>): Promise<SessionData | null>
  /**
   * Writes a session; one that has expired is destroyed. One that was read from the store, or is the session of a
   * request that was written before, is only written while its record is there: a sign-out meanwhile wins.
   */
  set(sid: string, session: object, callback?: RedisStoreCallback): Promise<null>
  /** Puts the expiry off. Never creates anything. */
  touch(sid: string, session: object, callback?: RedisStoreCallback): Promise<null>
  destroy(sid: string, callback?: RedisStoreCallback): Promise<null>
  /** Removes every key with the prefix. Scans. */
  clear(callback?: RedisStoreCallback): Promise<null>
  /** How many sessions there are. Scans. */
  length(callback?: RedisStoreCallback<number>): Promise<number>
  /** The ids of all sessions. Scans. */
  ids(callback?: RedisStoreCallback<string[]>): Promise<string[]>
  /** All sessions, each with its `id`. Scans. */
  all(callback?: RedisStoreCallback<StoredWithId[]>): Promise<StoredWithId[]>
}

/** A session as `all` gives it. */
export type StoredWithId = SessionData & { id: string }

/** What `express-session` (or our own) exports, as far as it is looked at. */
export interface SessionModule {
  (...args: never): unknown
  readonly Store: { readonly prototype: object }
}

/** The class, as every major of connect-redis was loaded. */
export interface RedisStoreConstructor {
  /** @throws InvalidOption where `client` is missing or lacks GET, SET, EXPIRE or DEL. */
  new <Client extends object = object>(options: RedisStoreOptions<Client>): RedisStore<Client>
  /** connect-redis up to 6: `require('connect-redis')(session)`. Answers the class. */
  (session: SessionModule): RedisStoreConstructor
  readonly prototype: RedisStore
  /** For `require('…').default`. */
  readonly default: RedisStoreConstructor
  /** For `require('…').RedisStore`. */
  readonly RedisStore: RedisStoreConstructor
}
