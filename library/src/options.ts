import type { Duration } from './system/duration.js'
import type { Clock } from './system/clock.js'
import type { SessionLimit, Store } from './store/store.js'

/**
 * Every option of `createSojourn`, documented here and nowhere else: the reference pages are generated
 * from this file. Durations are seconds as a number, or text with a unit (`'15m'`).
 *
 * @typeParam Data - the shape of a session's data: what `get` answers and `set` accepts, key by key.
 */
export interface SojournOptions<Data extends object = Record<string, unknown>> {
  /**
   * Where sessions rest: `createMemoryStore()`, `openSqliteStore()` or `createRedisStore()`.
   * Default: a memory store, which forgets everything when the process ends.
   */
  readonly store?: Store
  /**
   * Secrets that tag session tokens, newest first; each at least 32 bytes. The first signs, all are
   * accepted, so a new one can be put in front without signing anybody out. They sign, they do not encrypt.
   */
  readonly secrets: string | readonly string[]
  /** Time without a request after which a session expires. Default `'1h'` (NIST SP 800-63B-4, AAL2). */
  readonly idle?: Duration
  /** Time after the sign-in at which a session expires whatever happens. Default `'24h'` (same source). */
  readonly absolute?: Duration
  /** Time after which a session gets a new secret, on its next request. Default: only at sign-in and step-up. */
  readonly renewal?: Duration
  /** The two limits for a person who asked to be remembered. Default idle `'14d'`, absolute `'30d'` (AAL1). */
  readonly remember?: { readonly idle?: Duration; readonly absolute?: Duration }
  /** Sessions of people who have not signed in. `false`: never create one; writing to it then throws. */
  readonly anonymous?: AnonymousOptions | false
  /** A session is marked as seen at most once in this time. Default the smaller of 60 s and a tenth of `idle`. */
  readonly touchEvery?: Duration
  /**
   * How long the secret before a renewal is still accepted while the new one was never presented: the
   * answer that carried it may be lost. Default `'5m'`.
   */
  readonly renewalGrace?: Duration
  /** How long an anonymous session is still served after the sign-in that replaced it. Default `'30s'`. */
  readonly signInGrace?: Duration
  /** How many live sessions one subject may have, and what happens to one more. Default: 100, evicting the oldest. */
  readonly limit?: SessionLimit | false
  /** Most bytes of JSON that one session's data may hold. Default 65,536. */
  readonly maxSessionBytes?: number
  /** Random bytes in a session secret, from 16 to 64. Default 32. */
  readonly secretBytes?: number
  readonly cookie?: CookieOptions
  /**
   * Who may say what the client's address and scheme are: the number of proxies in front, or their
   * addresses and networks (`['10.0.0.0/8', 'loopback']`). Default: nobody; forwarded headers are ignored.
   */
  readonly trustProxy?: number | readonly string[]
  /** What is kept of a client's address and user agent with its session. */
  readonly privacy?: PrivacyOptions
  /**
   * Checks values as they are read, one Standard Schema (zod, valibot, arktype, …) a key, for instance
   * `z.object({…}).shape`. A value that does not fit counts as absent and raises `data.invalid`.
   */
  readonly schema?: { readonly [Key in keyof Data]?: ValueSchema<Data[Key]> }
  /** Deadlines and the circuit breaker in front of the store. */
  readonly resilience?: ResilienceOptions
  /** Says whether a request must not count as activity of the person (polling, prefetch). Default: none is passive. */
  readonly isPassive?: (request: { readonly method: string; readonly target: string }) => boolean
  /** The clock. Default: the host's. For tests. */
  readonly clock?: Clock
}

/** Sessions before a sign-in. */
export interface AnonymousOptions {
  /** Default `'1h'`. */
  readonly idle?: Duration
  /** Default `'24h'`. */
  readonly absolute?: Duration
  /** Most bytes of JSON data. Default 4,096. */
  readonly maxBytes?: number
  /** How many one network (an IPv4 address, an IPv6 /64) may start a minute, per process. Default 300. */
  readonly perMinute?: number
}

/** The cookies. Always HttpOnly. */
export interface CookieOptions {
  /**
   * Name of the cookie of signed-in people; anonymous sessions use `<name>-guest`. Default
   * `__Host-sid-<tag of your first secret>`, so that two applications on one host keep apart.
   * On plain-http localhost the prefix is left away.
   */
  readonly name?: string
  /** Names that earlier configurations used: still read, replaced on the next answer, deleted at sign-out. */
  readonly previousNames?: readonly string[]
  /** Shares the cookie with all subdomains. Not possible with a `__Host-` name. Default: host only. */
  readonly domain?: string
  /** Default `'/'`. */
  readonly path?: string
  /** Default `'lax'`. `'none'` needs a secure connection. */
  readonly sameSite?: 'lax' | 'strict' | 'none'
  /**
   * `'auto'` (default): Secure, except on plain http to localhost. `true`: always; a plain-http request gets
   * no cookie at all. `false`: never, for a laboratory without TLS; refused when NODE_ENV is `production`.
   */
  readonly secure?: boolean | 'auto'
  /** Keeps a cookie in an embedded frame apart for each embedding site (CHIPS). Needs Secure. Default `false`. */
  readonly partitioned?: boolean
  /** Also send `Clear-Site-Data: "cookies", "storage"` at sign-out over a secure connection. Default `true`. */
  readonly clearSiteData?: boolean
}

/** How much of a personal fact is kept. */
export type PrivacyMode = 'full' | 'truncated' | 'keyed-hash' | 'none'

/** What is kept of clients. It goes when the session goes. */
export interface PrivacyOptions {
  /** Client address. `truncated` keeps the /24 or /48 network. Default `'full'`: people recognise it on "your devices". */
  readonly address?: PrivacyMode
  /** User agent. `truncated` keeps what `describeAgent` makes of it. Default `'truncated'`. */
  readonly agent?: PrivacyMode
  /** Turns a user agent into a short label (at most 60 bytes are kept). Default: its first product and platform words. */
  readonly describeAgent?: (userAgent: string) => string
}

/** Deadlines and the circuit breaker in front of the store. */
export interface ResilienceOptions {
  /** How long one store command may take. Default `'250ms'`. */
  readonly commandDeadline?: Duration
  /** Faults in a row after which calls are refused at once. Default 5. */
  readonly failuresToOpen?: number
  /** How often a refused store is tried again. Default `'500ms'`. */
  readonly probeEvery?: Duration
  /** Hears how each call went, in milliseconds. For metrics. */
  readonly onCall?: (verb: string, milliseconds: number, outcome: 'ok' | 'fault') => void
}

/** The part of Standard Schema (standardschema.dev) that is used. Asynchronous schemas are refused. */
export interface ValueSchema<Value> {
  readonly '~standard': {
    validate(
      value: unknown,
    ):
      | { readonly value: Value; readonly issues?: undefined }
      | { readonly issues: readonly unknown[] }
      | Promise<unknown>
  }
}

/** All defaults, each with its reason beside the option above. Milliseconds and bytes. */
export const DEFAULTS = {
  idle: 3_600_000,
  absolute: 86_400_000,
  rememberIdle: 1_209_600_000,
  rememberAbsolute: 2_592_000_000,
  anonymousIdle: 3_600_000,
  anonymousAbsolute: 86_400_000,
  anonymousMaxBytes: 4_096,
  anonymousPerMinute: 300,
  touchEveryAtMost: 60_000,
  renewalGrace: 300_000,
  signInGrace: 30_000,
  limit: { max: 100, whenFull: 'evict-oldest' },
  maxSessionBytes: 65_536,
  secretBytes: 32,
  commandDeadline: 250,
  failuresToOpen: 5,
  probeEvery: 500,
} as const

/** Browsers cap the life of a cookie at 400 days (RFC 6265bis section 5.5). */
export const LONGEST_LIFETIME: number = 400 * 86_400_000
