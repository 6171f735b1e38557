import type { Duration } from './system/duration.js'
import type { Clock } from './system/clock.js'
import type { SessionLimit, Store } from './store/store.js'
import type { KeyRing } from './keys/key-ring.js'
import type { KeyDocuments } from './keys/shared-document.js'
import type { PassiveFacts } from './request/incoming.js'
import type { PolicyName } from './session/policies.js'
import type { ValueSchema } from './session/value-schema.js'

export type { ValueSchema } from './session/value-schema.js'

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
  /** Encrypts the values of sessions at rest. Secrets newest first, each at least 32 bytes: the first encrypts, all decrypt. Default: values rest in clear. */
  readonly encryption?: { readonly secrets: string | readonly string[] }
  /**
   * The rule book for lifetimes: sets the defaults of `idle`, `absolute`, `renewal`, `remember`, `limit`, `recent`,
   * `tokens.accessLifetime` and `tokens.refresh.lifetime`. They may then say less, never more: a laxer one throws
   * `InvalidOption` with both numbers. Default: none, and the defaults below (those of `asvs-l2`) bind nobody. The numbers, their sources
   * and reasons: docs/reference/session-policies.md.
   */
  readonly policy?: PolicyName
  /** How old a sign-in may be where `requireRecent()` names no age. Default `'15m'`. */
  readonly recent?: Duration
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
  /** Names, scope and lifetime of the cookies. Default: `__Host-`, `Secure`, `SameSite=Lax`, for this host alone. */
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
  /** Access and refresh tokens that present this application's sessions. Default: none, cookies only. */
  readonly tokens?: TokenOptions
  /**
   * Answers reads from this process's memory, without a round trip, within a stated bound. `false`: every request
   * asks the store ("strict"). Default: on, where the store can tell of changes (memory, SQLite, Redis with a `subscriber`).
   */
  readonly cache?: CacheOptions | false
  /**
   * What becomes of sessions that a Redis does not know which was found empty, while this process was running. `accept`: they
   * are unknown, and answered 401 with their cookies left alone, so that they go on once a backup is restored; refresh
   * tokens are refused, not taken for reuse. `fail`: they are 503, refresh tokens too, until a backup is restored or the
   * process starts anew: for those who always restore. New sessions are started in both cases. Default `accept`.
   */
  readonly onStoreReset?: 'accept' | 'fail'
  /** Deadlines and the circuit breaker in front of the store. */
  readonly resilience?: ResilienceOptions
  /** Which requests (polling, prefetch) never extend the idle time, by their route or a header. Default: none. */
  readonly isPassive?: (request: PassiveFacts) => boolean
  /** The clock. Default: the host's. For tests. */
  readonly clock?: Clock
}

/** Sessions before a sign-in. */
export interface AnonymousOptions {
  /** Time without a request after which they expire. Default `'1h'`. */
  readonly idle?: Duration
  /** Time after the first request at which they expire whatever happens. Default `'24h'`. */
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
  /** The part of the site that gets the cookies. Default `'/'`. */
  readonly path?: string
  /** Whether the cookies are sent where another site leads here. Default `'lax'`. `'none'` needs a secure connection. */
  readonly sameSite?: 'lax' | 'strict' | 'none'
  /**
   * `'auto'` (default): Secure, except on plain http to localhost. `true`: always; a plain-http request gets
   * no cookie at all. `false`: never, for a laboratory without TLS; refused when NODE_ENV is `production`.
   */
  readonly secure?: boolean | 'auto'
  /** Keeps a cookie in an embedded frame apart for each embedding site (CHIPS). Needs Secure. Default `false`. */
  readonly partitioned?: boolean
  /**
   * Say in the response header `sojourn-diagnostic` why a session cookie could not be set. Default: where NODE_ENV is
   * `development`. The event `cookie.diagnostic` says it everywhere, and each thing once an hour.
   */
  readonly diagnostics?: boolean
  /** Also send `Clear-Site-Data: "cookies", "storage"` at sign-out over a secure connection. Default `true`. */
  readonly clearSiteData?: boolean
}

/** Access tokens (RFC 9068 JWTs) and refresh tokens. They die with their session. */
export interface TokenOptions {
  /** Who issues them, the claim `iss`: the address of this application, such as `https://app.example`. */
  readonly issuer: string
  /** Whom they are for, the claim `aud`: what this application accepts, and what its tokens say unless asked otherwise. */
  readonly audience: string | readonly string[]
  /** Other audiences that tokens may be issued for. This application does not accept them. Default none. */
  readonly otherAudiences?: readonly string[]
  /**
   * The keys that sign, from `sojourn/keys`: `createStaticKeyRing(…)`, or `(documents) => createStoredKeyRing({ documents, … })`
   * for a ring that is kept in this application's store. Default: Ed25519 keys derived from `secrets`; they rotate together.
   */
  readonly keys?: KeyRing | ((documents: KeyDocuments) => KeyRing)
  /** How long an access token lives. A call may ask for less, never for more. Default `'15m'`. */
  readonly accessLifetime?: Duration
  /** Share of that lifetime by which each token is shortened at random, from 0 to 0.5, so that clients do not come back all at once. Default 0.1. */
  readonly jitter?: number
  /**
   * Asked for more claims whenever an access token is issued, at each refresh anew (so they are fresh). `undefined`: the
   * person is gone, and the session ends. Only what `allowedClaims` names gets into the token.
   */
  readonly claims?: (holder: TokenHolder) => ClaimsAnswer | Promise<ClaimsAnswer>
  /** Names of the claims that `claims` may add. Names that sound like secrets are refused. Default none. */
  readonly allowedClaims?: readonly string[]
  /** Most bytes of JSON that those claims may take. Default 1,024. */
  readonly maxClaimBytes?: number
  /** Seconds by which clocks may differ when an expiry is judged. Default 5. */
  readonly clockTolerance?: number
  /** Refresh tokens: how long they live, and what becomes of one that is used twice. */
  readonly refresh?: RefreshOptions
  /** Lets tokens be bound to a key of the client, who proves with every request that it has it (RFC 9449). Default: off, nobody reads `DPoP` headers. */
  readonly dpop?: DpopOptions
}

/**
 * Proof of possession. A proof counts once **per process**, within 60 seconds (and the clock tolerance) of its `iat`: behind several
 * processes each may take the same proof once in that time.
 */
export interface DpopOptions {
  /**
   * The public origin that the `htu` of a proof has to carry, such as `https://app.example`. Default: scheme and `Host` of the
   * request. Set it in production: a client writes `Host`, so a proof made for another server could be used here
   * under that server's name, unless something in front checks it.
   */
  readonly origin?: string
  /**
   * Only bound tokens (ASVS 10.4.14): none is issued without a proof or a thumbprint, and access and refresh tokens that are
   * bound to no key, also those issued before, are refused. Cookies of sessions are no tokens and go on. Default `false`.
   */
  readonly isRequired?: boolean
}

/** What a claims provider may answer. */
export type ClaimsAnswer = Readonly<Record<string, unknown>> | undefined

/** Whom an access token is for. */
export interface TokenHolder {
  readonly subject: string
  readonly sessionId: string
  readonly clientId: string | undefined
  readonly scope: readonly string[]
  /** Facts that all sessions of the subject share; see `patchSubject`. */
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Refresh tokens. */
export interface RefreshOptions {
  /** How long after the sign-in the last of them can be exchanged; never longer than the session lives. Default `'7d'`. */
  readonly lifetime?: Duration
  /** Time without an exchange after which they are dead. Default: the session's own idle time alone decides. */
  readonly idle?: Duration
  /** How long the token before gets the same successor once more: tabs race, answers are lost. Default `'10s'`, at most `'60s'`. */
  readonly grace?: Duration
  /**
   * How long the token before gets a fresh successor while the first one was never presented, neither itself nor by its
   * access token (the answer was lost on a phone). Default `0`: then it is reuse, as RFC 9700 section 4.14.2 has it.
   */
  readonly forgive?: Duration
  /** Secrets that sign them, newest first, at least 32 bytes each. Default: keys derived from `secrets`. */
  readonly secrets?: string | readonly string[]
  /** Random bytes in a family's seed, from 16 to 64. Default 32. */
  readonly seedBytes?: number
  /** The path that the refresh cookie is limited to. Default `'/auth/refresh'`. */
  readonly cookiePath?: string
}

/** The near cache. */
export interface CacheOptions {
  /** For how long at most a change made elsewhere may go unnoticed, whatever fails. `0` turns the cache off. Default `'500ms'`. */
  readonly maxStaleness?: Duration
  /** Most sessions that are kept. Default 10,000 (8 MB at most). */
  readonly maxEntries?: number
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
  recent: 900_000,
  limit: { max: 100, whenFull: 'evict-oldest' },
  maxSessionBytes: 65_536,
  secretBytes: 32,
  commandDeadline: 250,
  failuresToOpen: 5,
  probeEvery: 500,
  accessLifetime: 900_000,
  jitter: 0.1,
  maxClaimBytes: 1_024,
  clockTolerance: 5,
  refreshLifetime: 604_800_000,
  refreshGrace: 10_000,
  refreshForgive: 0,
  refreshSeedBytes: 32,
  refreshCookiePath: '/auth/refresh',
  onStoreReset: 'accept',
  maxStaleness: 500,
  maxCacheEntries: 10_000,
} as const

/** Browsers cap the life of a cookie at 400 days (RFC 6265bis section 5.5). */
export const LONGEST_LIFETIME: number = 400 * 86_400_000
