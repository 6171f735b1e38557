import type { SessionRequest } from './contract.js'

interface Connected {
  readonly socket?: { readonly encrypted?: boolean }
  readonly connection?: { readonly encrypted?: boolean } | null
}

/**
 * Whether a request came over TLS. `trustProxy`: `true` believes `X-Forwarded-Proto`, `false` nobody; otherwise
 * Express' `req.secure` decides, which follows `app.set('trust proxy')`.
 */
export function isSecure(request: SessionRequest, trustProxy: boolean | undefined): boolean {
  // Requests that are made up for a test, or by an older framework, may know one of the names only.
  const { socket, connection = socket } = request as Connected
  if (connection?.encrypted === true) return true
  if (trustProxy === false) return false
  if (trustProxy !== true) return request.secure === true
  const header = request.headers['x-forwarded-proto']
  const [nearest = ''] = (typeof header === 'string' ? header : '').split(',', 1)
  return nearest.trim().toLowerCase() === 'https'
}
