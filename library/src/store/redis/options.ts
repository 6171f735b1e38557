import { InvalidOption } from '../../errors.js'
import { systemClock, type Clock } from '../../system/clock.js'
import { ROUTING_KEY } from '../bucket.js'
import { STORE_DEFAULTS, type StoreOptions } from '../store.js'
import type { RedisClient } from './client.js'
import type { RedisDurability } from './durability.js'
import type { SubscriberOption } from './feed/open-feed.js'

/** Options of `createRedisStore`. Durations are milliseconds. */
export interface RedisStoreOptions extends StoreOptions {
  /**
   * A client instance: node-redis 4 to 6, ioredis 5 or 6, iovalkey or valkey-glide; single, cluster,
   * sentinel or pool. It stays yours: connect it before, close it afterwards.
   */
  readonly client: RedisClient
  /**
   * What to listen on: then the store has `changes` of `Store`, and a near cache can be kept.
   *
   * For one server, and with ioredis behind Sentinel: a second client instance of node-redis, ioredis or iovalkey
   * (`client.duplicate()`) for the same primary, connected before and closed afterwards by you, and used for
   * nothing else. Give it a `socketTimeout` of some seconds, so that it finds out by itself about a link that
   * swallows everything.
   *
   * For a cluster (`createCluster`, `Cluster`), and for a Sentinel client of node-redis: how to make such a client
   * for one primary, `({ host, port }) => createClient({ socket: { host, port } })`. It is called for each
   * primary, and again after each break; what it makes is connected and closed here.
   *
   * Not available for valkey-glide.
   */
  readonly subscriber?: SubscriberOption
  /**
   * `tracking`: what others than this library write or delete (redis-cli DEL, another program, an eviction) is heard of,
   * too, by CLIENT TRACKING on the subscriber, which may need to speak RESP2 (`RESP: 2`) or to be made with
   * `emitInvalidate: true` (node-redis). Then each mark that a session was seen empties its entry everywhere, which costs a
   * read. Not for clusters. Default `unheard`.
   */
  readonly outsideChanges?: 'unheard' | 'tracking'
  /**
   * How often the subscriber is heard whether it is alive, while somebody watches; every second time the writers'
   * connection is asked, too, by one script. Default 100 ms.
   */
  readonly heartbeat?: number
  /** For how long ends that were heard of are kept for `changes.endings`; at most 100,000 are. Default 2 h. */
  readonly endingsKeptFor?: number
  /**
   * The end of a session (also of all of a subject, by disabling it, or by a spent refresh token) counts only once replicas
   * have it, asked for with WAIT on the connection that wrote it: meanwhile nothing else is answered on that
   * connection. With fewer, the caller gets `StoreUnavailable` ("not durable"), the session is refused by this process all
   * the same, and it is tried again. Not for ioredis' Cluster and valkey-glide; the ACL user needs `+wait`. Default: the
   * primary alone, which may lose its last second in a failover (docs/guide/durability.md).
   */
  readonly durability?: RedisDurability
  /** What every key, and the channel on which changes are told, begins with: letters, digits, `.`, `_`, `-`, `:`. Default `'sj:'`. */
  readonly keyPrefix?: string
  /**
   * Spreads subjects over 4096 buckets, and so over the nodes of a cluster. Not a secret to rotate: with
   * another key nobody's sessions are found by subject. Default a fixed text.
   */
  readonly routingKey?: string
  /**
   * How long the record of a subject rests at least once it has one (the epoch, its attributes); no less
   * than any session lives. Default 400 days, the longest that a cookie lives (RFC 6265bis).
   */
  readonly subjectKeptFor?: number
  /** After how long Redis must not carry out a write any more. Default 1 s; never below the command deadline. */
  readonly lateAfter?: number
  /** The clock for {@link lateAfter}; only `elapsed` is used. Default: the host's. */
  readonly clock?: Clock
  /** Milliseconds to add to Redis' clock, for tests that move time. Default 0. */
  readonly clockOffset?: () => number
}

export type RedisStoreSettings = Required<
  Omit<RedisStoreOptions, 'client' | 'subscriber' | 'durability'>
>

const DAY = 86_400_000

const DEFAULTS: RedisStoreSettings = {
  ...STORE_DEFAULTS,
  keyPrefix: 'sj:',
  routingKey: ROUTING_KEY,
  subjectKeptFor: 400 * DAY,
  lateAfter: 1_000,
  heartbeat: 100,
  outsideChanges: 'unheard',
  endingsKeptFor: 2 * 3_600_000,
  clock: systemClock,
  clockOffset: () => 0,
}

const DURATIONS = [
  'tombstoneFor',
  'lingerFor',
  'subjectKeptFor',
  'lateAfter',
  'heartbeat',
  'endingsKeptFor',
] as const

/** Fills in the defaults. Throws {@link InvalidOption} for a duration that is none; a key without an end is never written. */
export function toRedisStoreSettings(options: RedisStoreOptions): RedisStoreSettings {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const settings: RedisStoreSettings = { ...DEFAULTS, ...Object.fromEntries(given) }
  for (const name of DURATIONS) {
    const value = settings[name]
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidOption(`option ${name} must be a whole number of milliseconds, 1 or more.`)
    }
  }
  if (!['unheard', 'tracking'].includes(settings.outsideChanges)) {
    throw new InvalidOption("option outsideChanges must be 'unheard' or 'tracking'.")
  }
  return settings
}
