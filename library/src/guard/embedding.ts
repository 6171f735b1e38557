import type { Incoming } from '../request/incoming.js'
import type { Refusal } from './session-guard.js'

/**
 * Refuses what a page of another site would put into itself: an image, a script, a style, a frame, a download in
 * the background (ASVS 3.5.8). Other sites may link here, and their scripts may ask as CORS lets them. What they
 * send by unsafe methods is for `sameOrigin` and the CSRF guard to judge.
 *
 * Fetch Metadata says what it is for; a browser that sends none is left to `Cross-Origin-Resource-Policy`,
 * `frame-ancestors` and the cookie's SameSite. A sibling host (`same-site`) counts as another site.
 */
export function refuseEmbedding(incoming: Incoming): Refusal | undefined {
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return undefined
  const site = incoming.header('sec-fetch-site')
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined
  const mode = incoming.header('sec-fetch-mode')
  const destination = incoming.header('sec-fetch-dest')
  return isEmbedded(mode, destination) ? EMBEDDED : undefined
}

/** No browser leaves both out where it names the site: then this is for others to judge. */
function isEmbedded(mode: string | undefined, destination: string | undefined): boolean {
  if (mode === undefined && destination === undefined) return false
  const isLink = mode === 'navigate' && destination === 'document'
  const isScripted = mode === 'cors' && destination === 'empty'
  const isSocket = mode === 'websocket'
  return !isLink && !isScripted && !isSocket
}

const EMBEDDED: Refusal = {
  status: 403,
  code: 'cross_origin',
  message: 'This cannot be embedded in pages of other sites.',
  check: 'sec-fetch-dest',
}
