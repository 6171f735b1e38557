import type { Incoming } from '../request/incoming.js'
import type { Refusal } from './session-guard.js'

/** What counts as this application's own pages. */
export interface CrossOriginOptions {
  /** The origin people see, such as `https://app.example`; then the scheme is compared too. Default: the Host header. */
  readonly origin?: string
  /** Other origins whose pages may send unsafe requests with cookies. Compared exactly. */
  readonly trustedOrigins?: readonly string[]
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
/** All that browsers send (Fetch Metadata section 2.3). */
const SITES: ReadonlySet<string> = new Set(['same-origin', 'same-site', 'cross-site', 'none'])
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+[ \t]*(?:;|$)/
/** Content types that a page of another site can send without asking first (the Fetch standard's "simple" ones). */
const SIMPLE_TYPES = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/i

/**
 * Refuses unsafe requests that another site's page caused (CSRF), by Fetch Metadata and Origin as Go 1.25's
 * `CrossOriginProtection` does, but stricter: an unknown or doubled `Sec-Fetch-Site` is refused, and `none`
 * does not excuse a foreign `Origin`. A client that sends neither header is no browser of this decade: its
 * JSON passes, its form with a cookie does not.
 */
export function refuseCrossOrigin(
  incoming: Incoming,
  rules: CrossOriginOptions,
): Refusal | undefined {
  if (isSafeMethod(incoming.method) || isByTokenAlone(incoming)) return undefined
  const sender = judgeSender(incoming, rules)
  if (sender === 'own') return undefined
  if (sender !== 'silent') return sender
  return isSimple(incoming) && incoming.cookieHeader !== undefined ? UNPROVEN : undefined
}

/** Methods that change nothing (RFC 9110 section 9.2.1). `TRACE` is not for browsers. */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method)
}

/** No page can make a browser add a token of ours: only what comes with cookies can be another site's doing (behaviour 15d). */
export function isByTokenAlone(incoming: Incoming): boolean {
  return (
    incoming.cookieHeader === undefined &&
    /^(?:bearer|dpop) /i.test(incoming.header('authorization') ?? '')
  )
}

/**
 * What the browser says of the page that caused a request: `own`, or of a trusted origin; that of another site, as a
 * refusal; `silent` where it says nothing. In this order:
 *
 * | `Sec-Fetch-Site`             | `Origin`       |             |
 * |------------------------------|----------------|-------------|
 * | unknown word, or more than one |              | refused     |
 * |                              | trusted        | `own`       |
 * | `same-origin`                |                | `own`       |
 * | `none` (the person did it)   | ours, or none  | `own`       |
 * | any other                    |                | refused     |
 * | none                         | ours           | `own`       |
 * | none                         | foreign, `null`, more than one | refused |
 * | none                         | none           | `silent`    |
 */
export function judgeSender(
  incoming: Incoming,
  rules: CrossOriginOptions,
): 'own' | 'silent' | Refusal {
  const site = incoming.header('sec-fetch-site')
  if (site !== undefined && !SITES.has(site)) return FOREIGN_SITE
  const sender = incoming.header('origin')
  if (site === 'same-origin' || isTrusted(sender, rules)) return 'own'
  if (site === 'same-site' || site === 'cross-site') return FOREIGN_SITE
  return sender === undefined && site === undefined
    ? 'silent'
    : judgeOrigin(sender, incoming, rules)
}

function isTrusted(
  sender: string | undefined,
  { trustedOrigins = [] }: CrossOriginOptions,
): boolean {
  return sender !== undefined && trustedOrigins.includes(sender)
}

/** The person's own doing, or what an older browser says. */
function judgeOrigin(
  sender: string | undefined,
  incoming: Incoming,
  { origin }: CrossOriginOptions,
): 'own' | Refusal {
  return sender === undefined || isOwnOrigin(sender, incoming, origin) ? 'own' : FOREIGN_ORIGIN
}

/**
 * Whether a page of another site could send such a request without asking first, as far as its body goes: a form or plain
 * text, and to be sure whatever does not clearly say what it is.
 */
export function isSimple(incoming: Incoming): boolean {
  const type = incoming.header('content-type')
  if (type !== undefined && MEDIA_TYPE.test(type)) return SIMPLE_TYPES.test(type)
  return type !== undefined || hasBody(incoming)
}

/** RFC 9112 section 6: it says how long its body is, or that it comes in pieces. */
function hasBody(incoming: Incoming): boolean {
  const length = incoming.header('content-length')
  return (
    incoming.header('transfer-encoding') !== undefined || (length !== undefined && length !== '0')
  )
}

function isOwnOrigin(sender: string, incoming: Incoming, origin: string | undefined): boolean {
  if (origin !== undefined) return sender === origin
  const host = incoming.host?.toLowerCase()
  return host !== undefined && (sender === `https://${host}` || sender === `http://${host}`)
}

const FOREIGN_SITE: Refusal = foreign('sec-fetch-site')
const FOREIGN_ORIGIN: Refusal = foreign('origin')

function foreign(check: string): Refusal {
  return { status: 403, code: 'cross_origin', message: 'Cross-origin request refused.', check }
}

const UNPROVEN: Refusal = {
  status: 403,
  code: 'csrf_invalid',
  message:
    'Send application/json, or an Origin header: a form without either could come from another site.',
  check: 'token_missing',
}
