import type { SessionData } from 'express-session'
import type { RedisSubscriber } from '../../store/redis/index.js'
import type { KeepSessionsOptions } from '../kept/index.js'
import { InvalidOption } from '../../errors.js'
import { systemClock, type Clock } from '../../system/clock.js'

/** How a session becomes text and comes back; JSON is one. */
export interface Serializer {
  /**
   * May be asynchronous. Whatever it throws at once, and a SyntaxError whenever, says that the text is no session: then
   * there is none. With anything else a promise rejects, such as the silence of a key service, it is
   * a fault: the caller gets it as an error.
   */
  parse(text: string): unknown
  /** What it throws is given to the caller. */
  stringify(session: SessionData): string
}

/** Seconds that a session is kept; a function may say it for each. A method, so that narrower parameters are fine. */
export type SecondsOf = { of(session: SessionData): number }['of']

/** Options of `RedisStore`: those of connect-redis 6 to 9, and three of our own. */
export interface RedisStoreOptions<Client extends object = object> {
  /** A client instance: node-redis 4 to 6, ioredis 5 or 6, iovalkey or valkey-glide, also of a cluster. It stays yours. */
  readonly client: Client
  /** What stands before the session id in every key. Default `'sess:'`. */
  readonly prefix?: string
  /** About how many keys `clear`, `length`, `ids` and `all` look at in one go. Default 100. */
  readonly scanCount?: number
  /** What turns sessions into text and back. Default: JSON. */
  readonly serializer?: Serializer
  /**
   * Seconds that a session is kept whose cookie names no expiry. A function is asked for every session, whatever its cookie
   * says. Default 86400, one day.
   */
  readonly ttl?: number | SecondsOf
  /** Keeps sessions for ever. Default `false`. */
  readonly disableTTL?: boolean
  /** Leaves the expiry as it was when a session is only read. Default `false`. */
  readonly disableTouch?: boolean
  /**
   * Under the middleware of `sojourn/express-session` alone: sessions rest in records of ours, and as these records beside
   * them. `false`: in these records only. Default: on, where `ttl` is a number, `disableTTL` and `disableTouch`
   * are off, no method is replaced, and the client can run scripts.
   */
  readonly upgrade?: UpgradeOptions | false
  /** Milliseconds after which a command that Redis has not answered is an error. Default 250. */
  readonly commandDeadline?: number
  /** Faults in a row after which Redis is not asked. Default 5. */
  readonly failuresToOpen?: number
  /** Milliseconds after which one command is let through to see whether it is back. Default 500. */
  readonly probeEvery?: number
  /** The clock. Default: the host's. For tests. */
  readonly clock?: Clock
}

/** How sessions rest in records of ours. */
export interface UpgradeOptions extends Pick<
  KeepSessionsOptions,
  'absolute' | 'limit' | 'cache' | 'resilience' | 'privacy' | 'touchEvery'
> {
  /**
   * `'mirror'` (default): every session rests as a record of connect-redis, too, so that nodes of before and after serve one
   * person in turn, and one can go back. `'adopt'`, once the last node of before is gone: such records are
   * taken over as people come by, and removed.
   */
  readonly legacy?: 'mirror' | 'adopt'
  /** What the keys of our records begin with. Default `sj:` and the prefix of this store. */
  readonly keyPrefix?: string
  /** A second connection, to hear of changes: then there is a near cache, once legacy is `'adopt'`. See `createRedisStore`. */
  readonly subscriber?: RedisSubscriber
}

/** What is our own in {@link RedisStoreOptions}, filled in. */
export interface Limits {
  readonly commandDeadline: number
  readonly failuresToOpen: number
  readonly probeEvery: number
  readonly clock: Clock
}

/** @throws InvalidOption for a number that is none. */
export function toLimits(options: Partial<Limits>): Limits {
  const {
    commandDeadline = 250,
    failuresToOpen = 5,
    probeEvery = 500,
    clock = systemClock,
  } = options
  for (const [name, value] of Object.entries({ commandDeadline, failuresToOpen, probeEvery })) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    throw new InvalidOption(`option ${name} must be a whole number, 1 or more.`)
  }
  return { commandDeadline, failuresToOpen, probeEvery, clock }
}
