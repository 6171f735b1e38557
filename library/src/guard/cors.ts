import { InvalidOption } from '../errors.js'
import type { Incoming } from '../request/incoming.js'
import type { HeaderLine } from '../response/outgoing.js'
import { toMilliseconds, type Duration } from '../system/duration.js'
import type { Refusal } from './session-guard.js'

/** Which other origins' scripts may call this application and read its answers (the Fetch standard's CORS). */
export interface CorsOptions {
  /** Exactly as browsers write them: `https://shop.example`. No `*`, no `null`, no patterns. */
  readonly origins: readonly string[]
  /** Whether cookies come along. Default `true`. */
  readonly credentials?: boolean
  /** What those origins may ask with. Default GET, HEAD, POST, PUT, PATCH, DELETE. */
  readonly methods?: readonly string[]
  /** Request headers beyond those that any page may send. Default Authorization, Content-Type, DPoP, X-CSRF-Token. */
  readonly headers?: readonly string[]
  /** Answer headers that scripts may read. Default those by which this library tells when to come again and why not. */
  readonly exposedHeaders?: readonly string[]
  /** How long a browser remembers what was granted. Default 10 minutes. */
  readonly maxAge?: Duration
}

/** What CORS adds to an answer. */
export interface CorsAnswer {
  readonly headers: readonly HeaderLine[]
  /** The request is a browser's question before the real one: answer 204 and nothing else. */
  readonly isPreflight: boolean
  /** The question comes from an origin that is not named. */
  readonly refusal?: Refusal
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const HEADERS = ['Authorization', 'Content-Type', 'DPoP', 'X-CSRF-Token']
const EXPOSED = ['Retry-After', 'RateLimit', 'RateLimit-Policy', 'WWW-Authenticate', 'DPoP-Nonce']
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Lets the pages of named origins call. An origin is compared as a whole with the list, and what is sent back is
 * the entry of the list: no prefix, suffix, port or scheme of it will do, and `null` never (ASVS 3.4.2). Every
 * answer says `Vary: Origin`, so that no cache gives one origin's answer to another.
 *
 * What an origin that is not named gets is the answer without these headers, which its script cannot read;
 * whether its unsafe requests are carried out is for `sameOrigin` and the CSRF guard to say.
 *
 * Throws {@link InvalidOption} for `*`, for what is no origin, and for names that are no tokens.
 */
export function createCors(options: CorsOptions): (incoming: Incoming) => CorsAnswer {
  const granted = new Map(options.origins.map((origin) => [checkedOrigin(origin), origin]))
  const { credentials = true } = options
  const always: HeaderLine[] = credentials ? [['Access-Control-Allow-Credentials', 'true']] : []
  const onAnswer = [...always, ...listLine('Access-Control-Expose-Headers', exposed(options))]
  const onPreflight: HeaderLine[] = [...always, ...preflightLines(options)]
  return (incoming) => {
    const isPreflight =
      incoming.method === 'OPTIONS' &&
      incoming.header('access-control-request-method') !== undefined
    const headers: HeaderLine[] = [isPreflight ? VARY_PREFLIGHT : VARY]
    const sender = incoming.header('origin')
    const origin = sender === undefined ? undefined : granted.get(sender)
    if (origin === undefined) {
      const isRefused = isPreflight && sender !== undefined
      return { headers, isPreflight: isRefused, ...(isRefused ? { refusal: NOT_NAMED } : {}) }
    }
    headers.push(['Access-Control-Allow-Origin', origin], ...(isPreflight ? onPreflight : onAnswer))
    return { headers, isPreflight }
  }
}

const VARY: HeaderLine = ['Vary', 'Origin']
const VARY_PREFLIGHT: HeaderLine = [
  'Vary',
  'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
]

function exposed({ exposedHeaders = EXPOSED }: CorsOptions): readonly string[] {
  return checkedTokens('exposedHeaders', exposedHeaders)
}

function preflightLines({
  methods = METHODS,
  headers = HEADERS,
  maxAge = '10m',
}: CorsOptions): HeaderLine[] {
  const milliseconds = toMilliseconds(maxAge)
  if (milliseconds === undefined) {
    throw new InvalidOption('cors: maxAge must be a duration such as "10m".')
  }
  return [
    ...listLine('Access-Control-Allow-Methods', checkedTokens('methods', methods)),
    ...listLine('Access-Control-Allow-Headers', checkedTokens('headers', headers)),
    ['Access-Control-Max-Age', String(Math.floor(milliseconds / 1_000))],
  ]
}

function listLine(name: string, values: readonly string[]): HeaderLine[] {
  return values.length === 0 ? [] : [[name, values.join(', ')]]
}

function checkedTokens(option: string, values: readonly string[]): readonly string[] {
  for (const value of values) {
    if (TOKEN.test(value) && value !== '*') continue
    throw new InvalidOption(`cors: ${option} must be listed by name, one to an entry.`)
  }
  return values
}

function checkedOrigin(origin: string): string {
  if (origin === '*') {
    throw new InvalidOption(
      'cors: origins cannot be *: every site could then act for people who are signed in. List the origins.',
    )
  }
  const url = URL.canParse(origin) ? new URL(origin) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (isWeb && url.origin === origin && !origin.includes('*')) return origin
  throw new InvalidOption(
    'cors: each of origins must be an origin as browsers write it, such as https://app.example.',
  )
}

const NOT_NAMED: Refusal = {
  status: 403,
  code: 'cross_origin',
  message: 'Cross-origin request refused.',
  check: 'origin',
}
