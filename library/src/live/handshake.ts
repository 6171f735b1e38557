import { refuseCredentialInUrl } from '../guard/credential-in-url.js'
import { isByTokenAlone, judgeSender } from '../guard/cross-origin.js'
import { refuseAmbiguous, refuseUnlessSignedIn, type Refusal } from '../guard/session-guard.js'
import type { Incoming } from '../request/incoming.js'
import type { ActiveResolution } from '../session/resolve.js'
import type { Session } from '../session/session.js'
import type { Sojourn } from '../sojourn.js'
import { Admitted } from './admitted.js'
import type { LiveSettings } from './options.js'
import { ticketOf, type Tickets } from './tickets.js'

/** What became of a handshake. */
export type Admission =
  | { readonly ok: true; readonly admitted: Admitted }
  | { readonly ok: false; readonly refusal: Refusal }

/** How a handshake is judged. */
export interface AdmitOptions {
  /** The ticket, where the application took it from somewhere itself. Default: looked for in `Sec-WebSocket-Protocol`. */
  readonly ticket?: string | undefined
  /**
   * The answer can be read by pages of this origin alone, as that of any request (a stream of events): then it is enough
   * that no other site is named. Default `false`: a WebSocket is not kept from any page but by us.
   */
  readonly isReadable?: boolean
}

/** What handshakes are judged with. */
export interface HandshakeParts<Data extends object> {
  readonly sojourn: Pick<Sojourn<Data>, 'exchange' | 'report'>
  readonly settings: LiveSettings
  readonly tickets: Tickets
}

/** Nothing of a handshake is activity (a client that connects again and again is no person), and it can set no cookie. */
const HANDSHAKE = { isAnswering: true, isPassive: true } as const

/**
 * Judges the handshake of a connection: where it comes from, then whom it is for. In this order:
 *
 * | carries            | `Origin`                                     | then the session of |
 * |--------------------|----------------------------------------------|---------------------|
 * | a token in the URL |                                              | refused             |
 * | a ticket           | the one that the ticket was issued for       | the ticket          |
 * | a token, no cookie | any: no page can make a browser add a token  | the token           |
 * | a cookie           | ours or a trusted one                        | the cookie          |
 *
 * Throws `StoreUnavailable`.
 */
export async function admit<Data extends object>(
  parts: HandshakeParts<Data>,
  incoming: Incoming,
  options: AdmitOptions = {},
): Promise<Admission> {
  const inUrl = refuseCredentialInUrl(incoming)
  if (inUrl !== undefined) return refuse(parts, incoming, inUrl, 'credential_in_url')
  const ticket = options.ticket ?? ticketOf(incoming)
  if (ticket !== undefined) {
    const result = await parts.tickets.redeem(ticket, incoming)
    if ('refusal' in result) return { ok: false, refusal: result.refusal }
    return admitFound(parts, result.found, incoming)
  }
  const foreign = refuseForeign(parts.settings, incoming, options)
  if (foreign !== undefined) return refuse(parts, incoming, foreign, 'cross_origin')
  const { session } = parts.sojourn.exchange(incoming, HANDSHAKE)
  await session.load()
  return admitSession(parts, session, incoming)
}

/** The same of a session that a guard of the application has let pass already. */
export function admitSession<Data extends object>(
  { settings }: Pick<HandshakeParts<Data>, 'settings'>,
  session: Pick<
    Session<Data>,
    'resolution' | 'isSignedIn' | 'endReason' | 'isRecent' | 'schemes' | 'facts' | 'claims'
  >,
  incoming?: Incoming,
): Admission {
  const { resolution } = session
  const isGuest = settings.mayBeGuest && resolution.state === 'active' && !session.isSignedIn
  const refusal = isGuest ? refuseAmbiguous(session) : refuseUnlessSignedIn(session)
  if (refusal !== undefined || resolution.state !== 'active') {
    return { ok: false, refusal: refusal ?? MISSING }
  }
  return { ok: true, admitted: new Admitted(resolution, clientOf(incoming)) }
}

function admitFound<Data extends object>(
  { settings }: HandshakeParts<Data>,
  found: ActiveResolution,
  incoming: Incoming,
): Admission {
  const { subject, traits } = found.record
  if (traits.awaits !== undefined) return { ok: false, refusal: PENDING }
  if (subject === undefined && !settings.mayBeGuest) return { ok: false, refusal: MISSING }
  return { ok: true, admitted: new Admitted(found, clientOf(incoming)) }
}

function clientOf(incoming: Incoming | undefined): Admitted['client'] {
  return { address: incoming?.address ?? '', userAgent: incoming?.userAgent }
}

/** Cross-site WebSocket hijacking: browsers send cookies with handshakes of any page, and let it read what comes back. */
export function refuseForeign(
  { origin, trustedOrigins, mayOmitOrigin }: LiveSettings,
  incoming: Incoming,
  { isReadable = false }: AdmitOptions,
): Refusal | undefined {
  if (isByTokenAlone(incoming)) return undefined
  const sender = judgeSender(incoming, {
    trustedOrigins,
    ...(origin === undefined ? {} : { origin }),
  })
  if (sender === 'own') return isNamed(incoming) ? undefined : silent(isReadable || mayOmitOrigin)
  return sender === 'silent' ? silent(isReadable || mayOmitOrigin) : sender
}

/** A person cannot cause a handshake without a page: `Sec-Fetch-Site: none` and no origin is none of a browser. */
function isNamed(incoming: Incoming): boolean {
  return (
    incoming.header('origin') !== undefined || incoming.header('sec-fetch-site') === 'same-origin'
  )
}

function silent(mayBe: boolean): Refusal | undefined {
  return mayBe ? undefined : NO_ORIGIN
}

const NO_ORIGIN: Refusal = {
  status: 403,
  code: 'cross_origin',
  message: 'Cross-origin request refused.',
  check: 'origin',
}

const MISSING: Refusal = {
  status: 401,
  code: 'session_missing',
  message: 'No session. Please sign in.',
}

const PENDING: Refusal = {
  status: 401,
  code: 'reauthentication_required',
  message: 'Please confirm that it is you.',
  check: 'pending',
}

function refuse<Data extends object>(
  { sojourn }: HandshakeParts<Data>,
  incoming: Incoming,
  refusal: Refusal,
  guard: 'cross_origin' | 'credential_in_url',
): Admission {
  const { code, check } = refusal
  const { method, address, target } = incoming
  const end = target.search(/[?#]/)
  sojourn.report('request.refused', {
    guard,
    code,
    ...(check === undefined ? {} : { check }),
    method,
    path: end === -1 ? target : target.slice(0, end),
    address,
    isEnforced: true,
  })
  return { ok: false, refusal }
}
