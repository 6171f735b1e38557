import { inspect } from 'node:util'
import {
  UPGRADE,
  type Callback,
  type KeepingStore,
  type SessionRequest,
  type StoredSession,
} from '../express-session/contract.js'
import type { Session } from '../express-session/session.js'
import { Store } from '../express-session/store.js'
import { emptyUnlessWhole } from './decode.js'
import type { KeptStore } from '../kept/index.js'
import type { RedisStoreOptions, SecondsOf, Serializer, UpgradeOptions } from './options.js'
import { Records } from './records.js'
import type { RedisStoreCounts } from './reports.js'
import { settle } from './settle.js'
import { upgrade } from './upgrade.js'

/** By callback if there is one, else by promise. Nothing to tell is `null`, as in connect-redis 8 and 9. */
export type Answer<Value = null> = Callback<Value | null>

const ONE_DAY = 86_400

/**
 * The class behind `index.ts`; `types.ts` tells what its methods mean. Its fields are those of connect-redis, and may be
 * changed at run time as there.
 */
export class RedisStore<Client extends object = object> extends Store {
  client: Client
  prefix: string
  scanCount: number
  serializer: Serializer
  ttl: number | SecondsOf
  disableTTL: boolean
  disableTouch: boolean
  readonly #records: Records
  readonly #upgrade: UpgradeOptions | false | undefined
  /** Set once a middleware keeps its sessions in records of ours; then those decide. */
  #kept: KeptStore | undefined

  constructor(options: RedisStoreOptions<Client> = {} as RedisStoreOptions<Client>) {
    super()
    this.client = options.client
    this.prefix = options.prefix ?? 'sess:'
    // As in connect-redis, nought is the default.
    this.scanCount = (options.scanCount ?? 0) || 100
    this.serializer = options.serializer ?? JSON
    this.ttl = options.ttl === 0 ? ONE_DAY : (options.ttl ?? ONE_DAY)
    this.disableTTL = options.disableTTL ?? false
    this.disableTouch = options.disableTouch ?? false
    this.#records = new Records(this, options)
    this.#upgrade = options.upgrade
  }

  /**
   * What the middleware of `sojourn/express-session` uses instead: the same sessions in records of ours, with these beside them.
   * `undefined` where that cannot be; see `upgrade` in the options.
   */
  toKept(): KeepingStore | undefined {
    if (this.#kept !== undefined) return this.#kept
    const isChanged = OWN_METHODS.some((name) => this[name] !== RedisStore.prototype[name])
    const { client, prefix, ttl, disableTTL, disableTouch } = this
    const fields = { client, prefix, ttl, disableTTL, disableTouch, isChanged }
    this.#kept = upgrade(fields, this.#records.asLegacy(), this.#upgrade)
    this.#kept?.on('session.adopted', (event) => this.emit('session.adopted', event))
    return this.#kept
  }

  /** The store that {@link toKept} made, once it has: lists and ends sessions by subject, and tells how a migration goes. */
  get kept(): KeptStore | undefined {
    return this.#kept
  }

  /** What this store has met since it was made, for metrics. */
  get counts(): RedisStoreCounts {
    return this.#records.reports.counts
  }

  /** The session under `sid`; `null` where there is none, or nothing that is one. */
  get(sid: string, callback?: Answer<StoredSession>): Promise<StoredSession | null> {
    return settle<StoredSession | null>(this.#kept?.get(sid) ?? this.#records.read(sid), callback)
  }

  /**
   * Writes a session; one that has expired is destroyed. One that was read from the store, or is the session of a
   * request that was written before, is only written while its record is there: a sign-out meanwhile wins.
   */
  set(sid: string, session: StoredSession, callback?: Answer): Promise<null> {
    const kept = this.#kept?.set(sid, session).then(nothing)
    return settle(kept ?? this.#records.write(sid, session), callback)
  }

  /** Puts the expiry off. Never creates anything. */
  touch(sid: string, session: StoredSession, callback?: Answer): Promise<null> {
    const kept = this.#kept?.touch(sid, session).then(nothing)
    const isFixed = this.disableTouch || this.disableTTL
    return settle(
      kept ?? (isFixed ? Promise.resolve(null) : this.#records.extend(sid, session)),
      callback,
    )
  }

  destroy(sid: string, callback?: Answer): Promise<null> {
    return settle(this.#kept?.destroy(sid).then(nothing) ?? this.#records.remove(sid), callback)
  }

  /** Removes every key with the prefix. Scans. */
  clear(callback?: Answer): Promise<null> {
    const ours = this.#kept?.clear() ?? Promise.resolve()
    return settle(
      ours.then(() => this.#records.clear()),
      callback,
    )
  }

  /** How many sessions there are. Scans. */
  length(callback?: Answer<number>): Promise<number> {
    return settle(
      this.#records.ids().then(({ length }) => length),
      callback,
    )
  }

  /** The ids of all sessions. Scans. */
  ids(callback?: Answer<string[]>): Promise<string[]> {
    return settle(this.#records.ids(), callback)
  }

  /** All sessions, each with its `id`. Scans. */
  all(callback?: Answer<StoredSession[]>): Promise<StoredSession[]> {
    return settle(this.#records.all(), callback)
  }

  /** Makes the session of `request` from what {@link get} gave: an empty one where that has no cookie. */
  override createSession(request: SessionRequest, stored: StoredSession): Session {
    const { known, reports } = this.#records
    if (emptyUnlessWhole(stored)) reports.corrupt(this.prefix + String(request.sessionID))
    const session = this.toSession(request, stored)
    known.copy(stored, session)
    return session
  }

  protected toSession(request: SessionRequest, stored: StoredSession): Session {
    return super.createSession(request, stored)
  }
}

/** What an application replaces where it wants sessions to rest elsewhere, or otherwise. */
const OWN_METHODS = ['get', 'set', 'touch', 'destroy'] as const

function nothing(): null {
  return null
}

/** How the middleware finds it. */
Object.defineProperty(RedisStore.prototype, UPGRADE, {
  value(this: RedisStore) {
    return this.toKept()
  },
})

/** A client may hold a password, which `console.log(store)` must not show. */
Object.defineProperty(RedisStore.prototype, inspect.custom, {
  value(this: RedisStore): string {
    return `RedisStore { prefix: ${inspect(this.prefix)} }`
  },
})
