import { InvalidOption } from '../errors.js'
import type { Incoming } from '../request/incoming.js'
import type { Refusal } from './session-guard.js'

/** Where people reach the application. */
export interface HttpsOptions {
  /** The origin people see, `https://app.example`. Pages are sent on to it, and never to what the Host header says. */
  readonly origin: string
  /**
   * The only hosts that may be asked for, as in the Host header: `app.example`, with the port where it is not
   * 443. Anything else is 421. Default: the Host header is not looked at, and nothing is made of it.
   */
  readonly allowedHosts?: readonly string[]
}

/** Where a page asked for by plain http is found. */
export interface SecureAddress {
  readonly status: 308
  readonly location: string
}

type HttpsCheck = (incoming: Incoming) => Refusal | SecureAddress | undefined

/**
 * Lets through what came by https (by the word of a trusted proxy, or directly). What did not: somebody who opens
 * a page is sent on to its https address; anything else is refused without an answer to what it asked, for its
 * credentials have already travelled in the open, and a redirect would hide that (ASVS 4.1.2, 12.2.1).
 *
 * Throws {@link InvalidOption} for an origin that is not https, or hosts that no Host header can name.
 */
export function createHttpsGuard({ origin, allowedHosts }: HttpsOptions): HttpsCheck {
  checkOrigin(origin)
  const hosts = allowedHosts === undefined ? undefined : new Set(allowedHosts.map(checkedHost))
  return (incoming) => refuseInsecure(incoming, origin) ?? refuseHost(incoming, hosts)
}

function refuseInsecure(incoming: Incoming, origin: string): Refusal | SecureAddress | undefined {
  if (incoming.isSecure) return undefined
  if (!isPageOpened(incoming)) return TLS_REQUIRED
  return { status: 308, location: origin + pathOf(incoming.target) }
}

/** Browsers send Fetch Metadata to https addresses only, so most often `Accept` has to tell. */
function isPageOpened(incoming: Incoming): boolean {
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return false
  const mode = incoming.header('sec-fetch-mode')
  if (mode !== undefined) return mode === 'navigate'
  return /\b(?:text\/html|application\/xhtml\+xml)\b/i.test(incoming.header('accept') ?? '')
}

/** One slash at the front, and nothing in it that a Location header cannot hold. */
function pathOf(target: string): string {
  const path = target.replace(/^\/*/, '/')
  return path.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character))
}

function refuseHost(
  incoming: Incoming,
  hosts: ReadonlySet<string> | undefined,
): Refusal | undefined {
  if (hosts === undefined) return undefined
  const host = incoming.host?.toLowerCase().replace(/:443$/, '') ?? ''
  return hosts.has(host) && !incoming.isRepeated('host') ? undefined : HOST_UNKNOWN
}

function checkOrigin(origin: string): void {
  const url = URL.canParse(origin) ? new URL(origin) : undefined
  if (url?.protocol === 'https:' && url.origin === origin) return
  throw new InvalidOption('https: origin must be an https origin such as https://app.example.')
}

function checkedHost(host: string): string {
  const url = URL.canParse(`https://${host}`) ? new URL(`https://${host}`) : undefined
  if (url !== undefined && host !== '' && url.host === host.toLowerCase().replace(/:443$/, '')) {
    return url.host
  }
  throw new InvalidOption(
    'https: allowedHosts holds hosts as a Host header names them, such as app.example or app.example:8443.',
  )
}

const TLS_REQUIRED: Refusal = {
  status: 403,
  code: 'tls_required',
  message: 'Use https.',
}

const HOST_UNKNOWN: Refusal = {
  status: 421,
  code: 'host_unknown',
  message: 'Unknown host.',
}
