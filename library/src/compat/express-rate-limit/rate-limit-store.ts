import { InvalidOption } from '../../errors.js'
import type { Counters, Rate, Spent } from '../../store/counters.js'
import { createHmac, type Hmac } from '../../system/digest.js'
import { systemClock, type Clock } from '../../system/clock.js'

/** Where {@link SojournRateLimitStore} counts. A `Sojourn` is one. */
export interface RateLimitPlace {
  readonly counters: Counters
  readonly clock?: Clock
  deriveKeys(purpose: string): readonly Buffer[]
}

/** Options of {@link SojournRateLimitStore}. */
export interface RateLimitStoreOptions {
  /** The application's sessions: limits are counted where those are, and keys are digested with its secret. */
  readonly sojourn: RateLimitPlace
  /** Tells limiters apart that share a store: each needs its own. 1 to 32 of `A-Z a-z 0-9 . _ -`. Default `erl`. */
  readonly prefix?: string
  /** Needed where the limiter's `limit` is a function: the largest limit that it answers. */
  readonly quota?: number
}

/** The part of express-rate-limit's options that is read. */
export interface RateLimitWindow {
  readonly windowMs: number
  readonly limit: unknown
  readonly skipFailedRequests?: boolean
}

/** What express-rate-limit wants to know of a client. */
export interface ClientRateLimitInfo {
  totalHits: number
  resetTime: Date | undefined
}

const PREFIX = /^[A-Za-z0-9._-]{1,32}$/
const LONGEST = 30 * 86_400_000
const MOST = 1_000_000
/** Refused hits that wait to be taken back, by key. */
const MOST_UNWRITTEN = 10_000

/**
 * A store for express-rate-limit 7 and 8: `rateLimit({ store: new SojournRateLimitStore({ sojourn }) })`.
 *
 * It counts by GCRA: an allowance comes back bit by bit (`limit` of them in `windowMs`) instead of all at once when a
 * window ends. `totalHits` is what is used of it now, and `limit + 1` where a hit was refused; refused ones are not
 * written, so hammering prolongs no wait. `resetTime` is when the next hit will do, or when nothing will be used.
 *
 * Throws `StoreUnavailable` (status 503) while the store is away; what becomes of the request is up to
 * `passOnStoreError`. `web.limit` has a stricter limiter for that case.
 */
export class SojournRateLimitStore {
  /** Limits hold over all processes. */
  readonly localKeys = false
  /** Stands before each key; express-rate-limit tells by it whether a request was counted twice. */
  readonly prefix: string
  readonly #counters: Counters
  readonly #clock: Clock
  readonly #hmac: Hmac
  readonly #quota: number | undefined
  readonly #unwritten = new Map<string, number>()
  #rate: Rate | undefined
  #takesBackRefused = false

  constructor({ sojourn, prefix = 'erl', quota }: RateLimitStoreOptions) {
    if (!PREFIX.test(prefix)) {
      throw new InvalidOption('prefix must be 1 to 32 of A-Z a-z 0-9 . _ -')
    }
    const [key] = sojourn.deriveKeys('express-rate-limit')
    if (key === undefined) throw new InvalidOption('SojournRateLimitStore needs a secret.')
    this.prefix = `${prefix}:`
    this.#counters = sojourn.counters
    this.#clock = sojourn.clock ?? systemClock
    this.#hmac = createHmac(key)
    this.#quota = quota
  }

  /** Called by express-rate-limit with its options. Throws `InvalidOption` for a limit that is a function without `quota`. */
  init({ windowMs, limit, skipFailedRequests = false }: RateLimitWindow): void {
    const isWindow = Number.isFinite(windowMs) && windowMs >= 1 && windowMs <= LONGEST
    if (!isWindow) throw new InvalidOption('windowMs must be from 1 to 2,592,000,000 (30 days).')
    const quota = this.#quota ?? limit
    if (typeof quota !== 'number' || Number.isNaN(quota)) {
      throw new InvalidOption(
        'Where limit is a function, SojournRateLimitStore needs quota: the largest limit it answers.',
      )
    }
    // `limit: 0` refuses everybody: the first hit is one too many, whatever the store allows.
    const whole = Math.min(Math.max(Math.floor(quota), 1), MOST)
    this.#rate = { quota: whole, window: Math.round(windowMs) }
    this.#takesBackRefused = skipFailedRequests
  }

  /** Counts a hit. Throws `StoreUnavailable`. */
  async increment(key: string): Promise<ClientRateLimitInfo> {
    const rate = this.#rateOrThrow()
    const spent = await this.#counters.spend(this.#keyOf(key), rate)
    if (!spent.isAllowed && this.#takesBackRefused) this.#noteUnwritten(key)
    return this.#toInfo(spent, rate)
  }

  /** Takes a hit back. */
  async decrement(key: string): Promise<void> {
    const count = this.#unwritten.get(key)
    if (count === undefined) {
      await this.#counters.spend(this.#keyOf(key), this.#rateOrThrow(), -1)
    } else if (count > 1) this.#unwritten.set(key, count - 1)
    else this.#unwritten.delete(key)
  }

  /** Forgets a client's hits. */
  async resetKey(key: string): Promise<void> {
    const rate = this.#rateOrThrow()
    this.#unwritten.delete(key)
    await this.#counters.spend(this.#keyOf(key), rate, -rate.quota)
  }

  /** How a client stands; `undefined` where nothing is counted. */
  async get(key: string): Promise<ClientRateLimitInfo | undefined> {
    const rate = this.#rateOrThrow()
    const spent = await this.#counters.spend(this.#keyOf(key), rate, 0)
    return spent.resetAfter === 0 ? undefined : this.#toInfo(spent, rate)
  }

  #rateOrThrow(): Rate {
    if (this.#rate !== undefined) return this.#rate
    throw new InvalidOption('SojournRateLimitStore was not initialised; see the error of its init.')
  }

  #keyOf(key: string): string {
    const digest = this.#hmac.sign(this.prefix + key).toString('base64url')
    return `erl:${this.prefix}${digest.slice(0, 22)}`
  }

  #toInfo(spent: Spent, { quota }: Rate): ClientRateLimitInfo {
    const wait = spent.isAllowed ? spent.resetAfter : spent.retryAfter
    const totalHits = spent.isAllowed ? quota - spent.remaining : quota + 1
    return { totalHits, resetTime: new Date(this.#clock.now() + wait) }
  }

  /** With `skipFailedRequests` a refused hit is taken back as well, though it was never written. */
  #noteUnwritten(key: string): void {
    if (this.#unwritten.size >= MOST_UNWRITTEN) {
      const [oldest = ''] = this.#unwritten.keys()
      this.#unwritten.delete(oldest)
    }
    this.#unwritten.set(key, (this.#unwritten.get(key) ?? 0) + 1)
  }
}
