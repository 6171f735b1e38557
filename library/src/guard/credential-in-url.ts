import type { Incoming } from '../request/incoming.js'
import type { Refusal } from './session-guard.js'

/** Names under which tokens are sent in addresses (RFC 6750 section 2.3 names the first, and warns of it). */
const NAMES = /[?&;](?:access|refresh|id|bearer|session)[_-]?token=|[?&;](?:jwt|authorization)=/i
/** A JSON Web Token or a refresh token, under whatever name. */
const VALUES = /=(?:eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|rt\.[\w-]{2}\.[\w-]{22}\.[\w-]{22,})/
/** A session token of ours. */
const SESSIONS = /=[\w-]{2}\.[\w-]{22}\.[\w-]{38,102}(?![\w-])/

/**
 * Refuses a request whose address holds a credential: addresses end up in logs, histories and `Referer` headers
 * (RFC 9700 section 4.3.2, ASVS 14.2.1). Whoever gets this answer has to treat that credential as known to others.
 */
export function refuseCredentialInUrl(
  incoming: Pick<Incoming, 'target'> & Partial<Pick<Incoming, 'header'>>,
): Refusal | undefined {
  const { target } = incoming
  const start = target.indexOf('?')
  if (start === -1) return undefined
  const query = target.slice(start)
  const isSession = SESSIONS.test(query)
  if (!isSession && !NAMES.test(query) && !VALUES.test(query)) return undefined
  if (isSession) return SESSION_REFUSED
  return /^(?:bearer|dpop) /i.test(incoming.header?.('authorization') ?? '') ? TWICE : REFUSED
}

const REFUSED: Refusal = {
  status: 400,
  code: 'credential_in_url',
  message: 'Tokens are not accepted in the URL.',
}

const SESSION_REFUSED: Refusal = {
  ...REFUSED,
  message: 'Session identifiers are not accepted in the URL.',
}

/** RFC 6750 section 2: a client uses one way to send its token. */
const TWICE: Refusal = {
  status: 400,
  code: 'invalid_request',
  message: 'The token was sent in more than one place.',
}
