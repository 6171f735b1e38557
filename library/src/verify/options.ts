import { InvalidOption } from '../errors.js'
import type { TokenAlgorithm } from '../credential/jwt/index.js'
import { systemClock, type Clock } from '../system/clock.js'
import { toMilliseconds, type Duration } from '../system/duration.js'

/** A JWK set (RFC 7517 section 5). */
export interface JwksDocument {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** How ends of sessions are learned of before their tokens run out. */
export interface RevocationOptions {
  /** Where they are told: `GET <url>?since=<ms>&wait=<s>`. https, unless it is this host. */
  readonly url: string | URL
  /** Who asks, as the issuer knows them (the service: OAUTH_CLIENTS); sent by HTTP Basic (RFC 6749 section 2.3.1). */
  readonly client?: { readonly id: string; readonly secret: string }
  /** Further headers of the request, for issuers that want something else. */
  readonly headers?: Readonly<Record<string, string>>
  /** For how long an end may go unheard of; past that, tokens are refused (`revocations_stale`). Default 30 s, at least 1 s. */
  readonly maxStaleness?: Duration
  /**
   * What becomes of tokens while the feed is older. `{ allowFor: '60s' }` trusts them for so long after `maxStaleness` and not
   * before the feed was heard at all; `allow` until they run out. Whoever passes so is counted: `Verifier.stats`. Default `refuse`.
   */
  readonly whenStale?: 'refuse' | 'allow' | { readonly allowFor: Duration }
  /** What becomes of tokens issued before the feed's memory begins. Default `refuse`. */
  readonly whenGap?: 'refuse' | 'allow'
}

/** Whose tokens are accepted here, and what is asked of them. */
export interface VerifyOptions {
  /** The one `iss` that is accepted, compared as it is. */
  readonly issuer: string
  /** Names by which tokens mean this server; one of them must stand in `aud`. */
  readonly audience: string | readonly string[]
  /** The keys of the issuer, or where they are published. https, unless it is this host. */
  readonly jwks: string | URL | JwksDocument
  /** Any of EdDSA, ES256 and RS256; or HS256 alone, with `jwks` given as a document. Default EdDSA, ES256, RS256. */
  readonly algorithms?: readonly TokenAlgorithm[]
  /** Seconds by which clocks may be apart. Default 5. */
  readonly clockTolerance?: number
  /** No token lives longer, and no end is remembered for longer. Default and maximum 24 h. */
  readonly longestLifetime?: Duration
  /** For how long fetched keys are used without asking again. Default 10 m. */
  readonly cacheFor?: Duration
  /** The least time between two fetches of the keys, whatever happens. Default 30 s. */
  readonly cooldown?: Duration
  /** For how long keys are used while their host is away. Default 24 h. */
  readonly staleFor?: Duration
  /**
   * Accept tokens that are bound to a key (`cnf`, RFC 9449), too: the caller checks the proof, against
   * `claims.confirmation`. Default `false`: they are refused, for without the proof a stolen one would do.
   */
  readonly acceptsBound?: boolean
  /** Where to hear of sessions that end before their tokens do. Default: nowhere; a token is good until it expires. */
  readonly revocations?: RevocationOptions
  /** What fetches keys and lists. Default the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** The clock. Default the host's. For tests. */
  readonly clock?: Clock
  /** Told what went wrong in the background: keys or ends that could not be fetched. Must not throw. */
  readonly onFault?: (fault: Error) => void
}

/** {@link VerifyOptions}, checked, with milliseconds. */
export interface VerifySettings {
  readonly audience: readonly string[]
  readonly algorithms: readonly TokenAlgorithm[]
  readonly jwks: URL | JwksDocument
  readonly longestLifetime: number
  readonly cacheFor: number
  readonly cooldown: number
  readonly staleFor: number
  readonly revocations: RevocationSettings | undefined
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly onFault: (fault: Error) => void
}

export interface RevocationSettings {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly maxStaleness: number
  /** Milliseconds past `maxStaleness`. */
  readonly staleAllowedFor: number
  readonly isGapAllowed: boolean
}

const DAY = 86_400_000
/** What is used where nothing else is said; each with its reason at {@link VerifyOptions}. */
const DEFAULTS = {
  algorithms: ['EdDSA', 'ES256', 'RS256'] as readonly TokenAlgorithm[],
  longestLifetime: '24h' as Duration,
  cacheFor: '10m' as Duration,
  cooldown: '30s' as Duration,
  staleFor: '24h' as Duration,
  // A property of an object of ours would be called with a `this` that browsers and workers refuse.
  fetch: ((input, init) => globalThis.fetch(input, init)) as typeof globalThis.fetch,
  clock: systemClock,
  onFault: (_fault: Error): void => undefined,
}
const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Checks the options; what concerns the tokens themselves is checked by their verifier. */
export function toSettings(options: VerifyOptions): VerifySettings {
  const given = { ...DEFAULTS, ...withoutUndefined(options) }
  const { audience, algorithms, jwks, revocations, fetch, clock, onFault } = given
  return {
    audience: typeof audience === 'string' ? [audience] : audience,
    algorithms,
    jwks: toKeyPlace(jwks, algorithms),
    longestLifetime: duration(given.longestLifetime, 'longestLifetime', 1000, DAY),
    cacheFor: duration(given.cacheFor, 'cacheFor', 0, DAY),
    cooldown: duration(given.cooldown, 'cooldown', 0, DAY),
    staleFor: duration(given.staleFor, 'staleFor', 0, 7 * DAY),
    revocations: revocations === undefined ? undefined : toRevocationSettings(revocations),
    fetch,
    clock,
    onFault,
  }
}

function withoutUndefined(options: VerifyOptions): VerifyOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as unknown as VerifyOptions
}

function toKeyPlace(
  jwks: VerifyOptions['jwks'],
  algorithms: readonly TokenAlgorithm[],
): URL | JwksDocument {
  if (typeof jwks === 'object' && !(jwks instanceof URL)) return jwks
  if (!algorithms.includes('HS256')) return toUrl(jwks, 'jwks')
  throw new InvalidOption('HS256 needs its secrets in jwks; they are never fetched.')
}

function toRevocationSettings(options: RevocationOptions): RevocationSettings {
  const { client, headers = {} } = options
  if (client?.id === '' || client?.secret === '') {
    throw new InvalidOption('revocations.client needs an id and a secret.')
  }
  return {
    url: toUrl(options.url, 'revocations.url'),
    headers: client === undefined ? headers : { ...headers, Authorization: toBasic(client) },
    maxStaleness: duration(options.maxStaleness ?? '30s', 'revocations.maxStaleness', 1000, DAY),
    staleAllowedFor: toStaleAllowance(options.whenStale ?? 'refuse'),
    isGapAllowed: options.whenGap === 'allow',
  }
}

/** Both parts are form-encoded first, so that any character may stand in them, a colon too. */
function toBasic({ id, secret }: NonNullable<RevocationOptions['client']>): string {
  const [name, password] = [id, secret].map((text) =>
    String(new URLSearchParams([['', text]])).slice(1),
  )
  return `Basic ${btoa(`${name ?? ''}:${password ?? ''}`)}`
}

function toStaleAllowance(given: NonNullable<RevocationOptions['whenStale']>): number {
  if (given === 'refuse') return 0
  if (given === 'allow') return Number.POSITIVE_INFINITY
  // A typing error must not pass for a permission.
  const { allowFor } = given as { readonly allowFor?: Duration }
  if (allowFor !== undefined) return duration(allowFor, 'revocations.whenStale.allowFor', 0, DAY)
  throw new InvalidOption("revocations.whenStale must be 'refuse', 'allow' or { allowFor }.")
}

function toUrl(value: unknown, name: string): URL {
  const text = value instanceof URL || typeof value === 'string' ? String(value) : ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && isSafe(url)) return url
  throw new InvalidOption(`${name} must be an https URL without credentials in it.`)
}

function isSafe({ protocol, hostname, username, password }: URL): boolean {
  const isEncrypted = protocol === 'https:' || (protocol === 'http:' && LOCAL.has(hostname))
  return isEncrypted && username === '' && password === ''
}

function duration(value: Duration, name: string, least: number, most: number): number {
  const milliseconds = toMilliseconds(value)
  if (milliseconds !== undefined && milliseconds >= least && milliseconds <= most) {
    return milliseconds
  }
  throw new InvalidOption(`${name} must be a duration from ${least} to ${most} milliseconds.`)
}
