import type { ServerResponse } from 'node:http'
import { refuseCrossOrigin } from '../../guard/cross-origin.js'
import { createProxyTrust } from '../../request/client-address.js'
import { createNodeIncoming } from '../../request/incoming.js'
import type { CsurfRules } from './options.js'
import type { CsurfRequest } from './request.js'

/** Nothing here asks for an address. */
const NOBODY = createProxyTrust(undefined)

/**
 * Whether the browser itself says that another origin's page caused this unsafe request, by `Sec-Fetch-Site` or `Origin`.
 * What says nothing (an old browser, curl, a test) is left to the token.
 */
export function isFromElsewhere(
  request: CsurfRequest,
  response: ServerResponse,
  rules: CsurfRules,
): boolean {
  const { headers } = request
  // `Referrer-Policy: no-referrer`, which helmet sets, makes browsers write null for their own forms. A secret in a cookie
  // may have been planted by a sibling host, so there it takes more than a token that fits it.
  if (headers.origin === 'null' && headers['sec-fetch-site'] === undefined) {
    return rules.cookie !== undefined
  }
  const trustedOrigins = [...rules.trustedOrigins, ...origins(request), ...readersOf(response)]
  const { origin } = rules
  const refusal = refuseCrossOrigin(createNodeIncoming(request, NOBODY), {
    trustedOrigins,
    ...(origin === undefined ? {} : { origin }),
  })
  // Its other refusal is of forms that come without either header: here the token proves those.
  return refusal?.code === 'cross_origin'
}

/** Behind a proxy that does not pass `Host` on: the host that Express believes by its setting `trust proxy`. */
function origins({ headers, hostname }: CsurfRequest): readonly string[] {
  const [host = ''] = String(headers['x-forwarded-host'] ?? '').split(',')
  const own = host.trim().toLowerCase()
  if (own === '' || own.replace(/:\d+$/, '') !== hostname) return []
  return [`https://${own}`, `http://${own}`]
}

/**
 * An origin that the application's CORS settings let read its answers with cookies: its pages could read a token anyway.
 * So a single-page application on another host keeps working, where `cors({ origin, credentials: true })` stands in front.
 */
function readersOf(response: ServerResponse): readonly string[] {
  const origin = response.getHeader('access-control-allow-origin')
  const isWithCookies = response.getHeader('access-control-allow-credentials') === 'true'
  return isWithCookies && typeof origin === 'string' && origin !== 'null' ? [origin] : []
}
