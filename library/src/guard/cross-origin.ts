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
  { origin, trustedOrigins = [] }: CrossOriginOptions,
): Refusal | undefined {
  if (SAFE_METHODS.has(incoming.method) || isByTokenAlone(incoming)) return undefined
  const sender = incoming.header('origin')
  if (sender !== undefined && trustedOrigins.includes(sender)) return undefined
  const isOwn = sender === undefined || isOwnOrigin(sender, incoming, origin)
  const site = incoming.header('sec-fetch-site')
  if (site !== undefined) return refuseSite(site, isOwn)
  if (sender !== undefined) return isOwn ? undefined : REFUSED
  return refuseUnproven(incoming)
}

/** No page can make a browser add a token of ours: only what comes with cookies can be another site's doing (behaviour 15d). */
function isByTokenAlone(incoming: Incoming): boolean {
  return (
    incoming.cookieHeader === undefined &&
    /^(?:bearer|dpop) /i.test(incoming.header('authorization') ?? '')
  )
}

function refuseSite(site: string, isOwn: boolean): Refusal | undefined {
  return site === 'same-origin' || (site === 'none' && isOwn) ? undefined : REFUSED
}

function refuseUnproven(incoming: Incoming): Refusal | undefined {
  const isSimple = SIMPLE_TYPES.test(incoming.header('content-type') ?? '')
  return isSimple && incoming.cookieHeader !== undefined ? UNPROVEN : undefined
}

function isOwnOrigin(sender: string, incoming: Incoming, origin: string | undefined): boolean {
  if (origin !== undefined) return sender === origin
  const host = incoming.host?.toLowerCase()
  return host !== undefined && (sender === `https://${host}` || sender === `http://${host}`)
}

const REFUSED: Refusal = {
  status: 403,
  code: 'cross_origin',
  message: 'Cross-origin request refused.',
}

const UNPROVEN: Refusal = {
  status: 403,
  code: 'csrf_invalid',
  message:
    'Send application/json, or an Origin header: a form without either could come from another site.',
}
