import type { GuardContext } from '../guard/context.js'
import { refuseUnlessSignedIn, type GuardedSession, type Refusal } from '../guard/session-guard.js'
import type { Incoming } from '../request/incoming.js'
import type { HeldSessions } from '../session/held.js'
import type { ActiveResolution } from '../session/resolve.js'
import { createHmac, isEqualSecret, sha256, type Hmac } from '../system/digest.js'
import { randomToken } from '../system/random.js'
import { InvalidInput } from '../errors.js'
import type { LiveSettings } from './options.js'

/** A ticket, or why there is none. */
export type IssuedTicket =
  | {
      readonly ok: true
      /** For the client, to be shown once. It is a credential: never log it. */
      readonly ticket: string
      /** Seconds for which it can be shown. */
      readonly expiresIn: number
    }
  | { readonly ok: false; readonly refusal: Refusal }

/** Single-use tickets, for handshakes to which the browser adds no cookie of ours. */
export interface Tickets {
  /**
   * A ticket for one handshake of a page of `origin` (default: our own) in this session, which must be loaded and signed in.
   * Throws `InvalidInput` for an origin that is neither ours nor trusted.
   */
  issue(session: GuardedSession, origin?: string): IssuedTicket
  /** Takes a ticket. Throws `StoreUnavailable`. */
  redeem(
    ticket: string,
    incoming: Pick<Incoming, 'header'>,
  ): Promise<{ readonly found: ActiveResolution } | { readonly refusal: Refusal }>
}

/** What tickets are made of. */
export interface TicketParts {
  readonly context: Pick<GuardContext, 'counters' | 'deriveKeys'>
  readonly held: Pick<HeldSessions, 'look'>
  readonly settings: Pick<LiveSettings, 'origin' | 'trustedOrigins' | 'ticketLifetime'>
}

/** What a ticket says: whose it is, from where it may come, until when, and what makes it the only one. */
interface Claim {
  readonly session: string
  readonly subject: string | null
  readonly origin: string | null
  /** By the store's clock. */
  readonly expiresAt: number
}

const NONCE_BYTES = 16
/** `t1.claim.tag`, all of it letters that a WebSocket subprotocol may have. */
const FORM = /^t1\.([\w-]{40,1000})\.([\w-]{43})$/
/** What stands before a ticket in `Sec-WebSocket-Protocol`. */
const PREFIX = 'ticket.'
/** A used ticket is remembered for longer than it could be used. */
const REMEMBERED = 2

/** The ticket that a client offers as a subprotocol: `new WebSocket(address, ['chat', 'ticket.' + ticket])`. */
export function ticketOf(incoming: Pick<Incoming, 'header'>): string | undefined {
  for (const offered of (incoming.header('sec-websocket-protocol') ?? '').split(',')) {
    const name = offered.trim()
    if (name.startsWith(PREFIX)) return name.slice(PREFIX.length)
  }
  return undefined
}

/**
 * Tickets carry what they are for under a keyed tag, so that a wrong one costs no store call. That one was used is kept in the
 * store, under its digest: of all processes one lets it pass.
 */
export function createTickets({ context, held, settings }: TicketParts): Tickets {
  const keys = context.deriveKeys('live ticket').map((key) => createHmac(key))
  const { ticketLifetime } = settings
  return {
    issue(session, origin) {
      const refusal = refuseUnlessSignedIn(session)
      if (refusal !== undefined || session.facts === undefined) {
        return { ok: false, refusal: refusal ?? UNKNOWN }
      }
      const { id, subject, serverTime } = session.facts
      const expiresAt = serverTime + ticketLifetime
      const from = originFor(settings, origin)
      const claim: Claim = { session: id, subject: subject ?? null, origin: from, expiresAt }
      const expiresIn = Math.floor(ticketLifetime / 1_000)
      return { ok: true, ticket: seal(keys, claim), expiresIn }
    },
    async redeem(ticket, incoming) {
      const claim = open(keys, ticket)
      if (claim === undefined) return { refusal: UNKNOWN }
      if (claim.origin !== (incoming.header('origin') ?? null)) return { refusal: FOREIGN }
      const one = { id: claim.session, subject: claim.subject ?? undefined }
      const { resolution } = await held.look(one)
      if (resolution.state === 'expired' || resolution.state === 'revoked') {
        return { refusal: { ...UNKNOWN, code: 'session_ended', reason: resolution.reason } }
      }
      if (resolution.state !== 'active') return { refusal: UNKNOWN }
      if (resolution.now >= claim.expiresAt) return { refusal: EXPIRED }
      const lockFor = ticketLifetime * REMEMBERED
      const key = `ticket:${sha256(ticket).slice(0, 32)}`
      const rule = { max: 1, lockFor, forgetAfter: lockFor }
      const { isAllowed } = await context.counters.attempt(key, rule)
      return isAllowed ? { found: resolution } : { refusal: USED }
    },
  }
}

function originFor(
  { origin, trustedOrigins }: TicketParts['settings'],
  wanted: string | undefined,
): string | null {
  const chosen = wanted ?? origin
  if (chosen === undefined) return null
  if (chosen === origin || trustedOrigins.includes(chosen)) return chosen
  throw new InvalidInput('origin', 'origin must be the option origin, or one of trustedOrigins.')
}

function seal(keys: readonly Hmac[], claim: Claim): string {
  const [active] = keys
  if (active === undefined) throw new RangeError('the ring of secrets is empty')
  const text = JSON.stringify({ ...claim, nonce: randomToken(NONCE_BYTES) })
  const body = Buffer.from(text).toString('base64url')
  return `t1.${body}.${tag(active, body)}`
}

function open(keys: readonly Hmac[], ticket: string): Claim | undefined {
  const [, body, given] = FORM.exec(ticket) ?? []
  if (body === undefined || given === undefined) return undefined
  if (!keys.some((key) => isEqualSecret(tag(key, body), given))) return undefined
  // The tag is ours, and so is what stands under it.
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as Claim
}

function tag(key: Hmac, body: string): string {
  return key.sign(`t1.${body}`).toString('base64url')
}

function refused(check: string): Refusal {
  return { status: 401, code: 'session_missing', message: 'The ticket is not good.', check }
}

const UNKNOWN: Refusal = refused('ticket')
const EXPIRED: Refusal = refused('ticket_expired')
const USED: Refusal = refused('ticket_used')
const FOREIGN: Refusal = {
  status: 403,
  code: 'cross_origin',
  message: 'Cross-origin request refused.',
  check: 'ticket_origin',
}
