import { InvalidOption } from '../errors.js'
import { toMilliseconds, type Duration } from '../system/duration.js'
import { API_POLICY, createPagePolicy, REPORT_GROUP, type ContentPolicy } from './content-policy.js'
import type { HeaderLine } from './outgoing.js'

/** How long browsers keep to https (RFC 6797). */
export interface HstsOptions {
  /** Default one year. Begin with less while you try it out: it cannot be taken back before it is over. */
  readonly maxAge?: Duration
  /** Whether it holds for all subdomains. Default `true`. */
  readonly includeSubDomains?: boolean
  /**
   * Asks for a place in the list that comes with browsers (hstspreload.org). Needs `includeSubDomains` and a year.
   * Leaving the list takes months. Default `false`.
   */
  readonly preload?: boolean
  /** Sends it with every answer, where TLS ends in front and nobody says so. Default: over https alone. */
  readonly always?: boolean
}

/** What every answer says to browsers. Whatever is left out takes the safe value. */
export interface SecurityHeadersOptions {
  /** `false`: not sent. Default a year, subdomains included. */
  readonly hsts?: HstsOptions | false
  /** Directives for pages, over the default ones. */
  readonly policy?: ContentPolicy
  /** An https address, or a path of this application, to which browsers report what the policy stopped (ASVS 3.4.7). */
  readonly reportTo?: string
  /**
   * Default `'strict-origin'`. `no-referrer` makes browsers send `Origin: null` from forms, which then look foreign.
   */
  readonly referrerPolicy?: ReferrerPolicy
  /** `Cross-Origin-Resource-Policy`. Default `'same-origin'`. */
  readonly resourcePolicy?: 'same-origin' | 'same-site' | 'cross-origin'
  /** `Cross-Origin-Opener-Policy`. Default `'same-origin'`; sign-in windows of others may need the second one. */
  readonly openerPolicy?: 'same-origin' | 'same-origin-allow-popups'
  /** `Permissions-Policy`, as it is sent. Default: no camera, no microphone, no place, no payment, no devices. */
  readonly permissionsPolicy?: string
}

/** Values that tell other sites no path. */
export type ReferrerPolicy =
  'no-referrer' | 'same-origin' | 'strict-origin' | 'strict-origin-when-cross-origin'

/** The headers of one application. */
export interface SecurityHeaders {
  /** For every answer, but for the policy. */
  readonly lines: (isSecure: boolean) => readonly HeaderLine[]
  /** `Content-Security-Policy` of a page. */
  readonly pagePolicy: (nonce: string) => string
  /** `Content-Security-Policy` of everything else. */
  readonly apiPolicy: string
}

const YEAR = 365 * 86_400_000
const NO_POWERS = ['camera', 'microphone', 'geolocation', 'payment', 'usb', 'serial', 'hid', 'midi']
  .map((feature) => `${feature}=()`)
  .join(', ')
const SENDABLE = /^[\x20-\x7e]*$/
const REFERRER: readonly string[] = [
  'no-referrer',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
] satisfies ReferrerPolicy[]

/**
 * What OWASP ASVS 5.0 section 3.4 asks of every answer, and what keeps other sites from looking into ours. Throws
 * {@link InvalidOption} for values that browsers would ignore, and for a preload that the list would refuse.
 */
export function createSecurityHeaders(options: SecurityHeadersOptions = {}): SecurityHeaders {
  const { hsts = {}, policy = {}, reportTo } = options
  const plain = [...commonLines(options), ...reportingLines(reportTo)]
  const transport = hsts === false ? undefined : transportLine(hsts)
  const secure = transport === undefined ? plain : [transport, ...plain]
  const isAlways = hsts !== false && hsts.always === true
  return {
    lines: (isSecure) => (isSecure || isAlways ? secure : plain),
    pagePolicy: createPagePolicy(policy, reportTo),
    apiPolicy: API_POLICY,
  }
}

function commonLines(options: SecurityHeadersOptions): HeaderLine[] {
  const {
    referrerPolicy = 'strict-origin',
    resourcePolicy = 'same-origin',
    openerPolicy = 'same-origin',
    permissionsPolicy = NO_POWERS,
  } = options
  if (!REFERRER.includes(referrerPolicy)) {
    throw new InvalidOption(`headers: referrerPolicy must be one of ${REFERRER.join(', ')}.`)
  }
  if (!SENDABLE.test(permissionsPolicy)) {
    throw new InvalidOption('headers: permissionsPolicy holds characters that cannot be sent.')
  }
  return [
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Referrer-Policy', referrerPolicy],
    ['Cross-Origin-Resource-Policy', checkedWord('resourcePolicy', resourcePolicy, RESOURCE)],
    ['Cross-Origin-Opener-Policy', checkedWord('openerPolicy', openerPolicy, OPENER)],
    ['Origin-Agent-Cluster', '?1'],
    ['X-DNS-Prefetch-Control', 'off'],
    ['X-Permitted-Cross-Domain-Policies', 'none'],
    ['Permissions-Policy', permissionsPolicy],
  ]
}

const RESOURCE: readonly string[] = ['same-origin', 'same-site', 'cross-origin']
const OPENER: readonly string[] = ['same-origin', 'same-origin-allow-popups']

function checkedWord(option: string, word: string, words: readonly string[]): string {
  if (words.includes(word)) return word
  throw new InvalidOption(`headers: ${option} must be one of ${words.join(', ')}.`)
}

function transportLine(hsts: HstsOptions): HeaderLine {
  const { maxAge = '365d', includeSubDomains = true, preload = false } = hsts
  const milliseconds = toMilliseconds(maxAge)
  if (milliseconds === undefined) {
    throw new InvalidOption('headers: hsts.maxAge must be a duration such as "365d".')
  }
  if (preload && (!includeSubDomains || milliseconds < YEAR)) {
    throw new InvalidOption(
      'headers: hsts.preload needs includeSubDomains and a maxAge of at least a year ("365d").',
    )
  }
  const seconds = `max-age=${String(Math.floor(milliseconds / 1_000))}`
  const scope = includeSubDomains ? '; includeSubDomains' : ''
  return ['Strict-Transport-Security', seconds + scope + (preload ? '; preload' : '')]
}

function reportingLines(reportTo: string | undefined): HeaderLine[] {
  if (reportTo === undefined) return []
  const isPath = /^\/(?!\/)[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/.test(reportTo)
  if (!isPath && !isHttps(reportTo)) {
    throw new InvalidOption('headers: reportTo must be an https address, or a path of this host.')
  }
  return [['Reporting-Endpoints', `${REPORT_GROUP}="${reportTo}"`]]
}

/** Written as browsers do: then it holds no quote and no space. */
function isHttps(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url?.protocol === 'https:' && !/["\\;, ]/.test(address) && SENDABLE.test(address)
}
