import { InvalidOption } from '../errors.js'

/**
 * Directives of a Content-Security-Policy with their sources, which replace the default of the same name; `false`
 * takes one away. The source `'nonce'` (with its quotes) stands for the nonce of each answer.
 */
export type ContentPolicy = Readonly<Record<string, readonly string[] | false>>

/** The strictest that an ordinary page lives with: scripts and inline styles need the nonce of their answer. */
const DEFAULTS: ContentPolicy = {
  'default-src': ["'self'"],
  'script-src': ["'nonce'"],
  'style-src': ["'self'", "'nonce'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
}

/** For answers that are no page: were one shown as a page all the same, nothing in it would run, load or send. */
export const API_POLICY =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

const NONCE = "'nonce'"
const DIRECTIVE = /^[a-z]+(?:-[a-z]+)*$/
/** Visible ASCII but `;`, which ends a directive, and `,`, which ends a policy. */
const SOURCE = /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/
const FOR_SCRIPTS = ['default-src', 'script-src', 'script-src-elem', 'script-src-attr']

/**
 * Makes the policy for pages (CSP level 3). Throws {@link InvalidOption} for what would end a directive early, and
 * for `'unsafe-inline'` where it lets scripts run: a nonce beside it is then worth nothing to old browsers.
 *
 * @param reportTo - an address for reports; see `SecurityHeadersOptions.reportTo`.
 */
export function createPagePolicy(
  policy: ContentPolicy,
  reportTo: string | undefined,
): (nonce: string) => string {
  const merged = Object.entries({ ...DEFAULTS, ...policy, ...reporting(reportTo) })
  const text = merged
    .filter((entry): entry is [string, readonly string[]] => entry[1] !== false)
    .map(([name, sources]) => directive(name, sources))
    .join('; ')
  const pieces = text.split(NONCE)
  return (nonce) => pieces.join(`'nonce-${nonce}'`)
}

/** The name that `Reporting-Endpoints` gives to where reports go. */
export const REPORT_GROUP = 'csp'

/** Firefox and Safari know `report-uri` alone; who knows `report-to` leaves the other unread. */
function reporting(reportTo: string | undefined): ContentPolicy {
  return reportTo === undefined ? {} : { 'report-uri': [reportTo], 'report-to': [REPORT_GROUP] }
}

function directive(name: string, sources: readonly string[]): string {
  if (!DIRECTIVE.test(name)) {
    throw new InvalidOption(`headers: ${JSON.stringify(name)} is no directive of a content policy.`)
  }
  if (!sources.every((source) => SOURCE.test(source))) {
    throw new InvalidOption(`headers: policy ${name} holds a source that cannot be sent.`)
  }
  if (FOR_SCRIPTS.includes(name) && sources.includes("'unsafe-inline'")) {
    throw new InvalidOption(
      `headers: policy ${name} must not hold 'unsafe-inline'. Give your own inline scripts the nonce.`,
    )
  }
  return [name, ...sources].join(' ')
}
