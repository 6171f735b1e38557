import { REFRESH_PREFIX } from './refresh-token.js'

/** Why an `Authorization` header was refused before any token was looked at. */
export type AuthorizationProblem =
  'token_missing' | 'invalid_request' | 'scheme_unsupported' | 'header_duplicate' | 'typ_mismatch'

/** What a request presents beside its session cookies. */
export type PresentedBearer =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly code: AuthorizationProblem }
  /** The text of a token, as yet unverified. */
  | { readonly kind: 'bearer'; readonly token: string }
  /** Likewise, in the scheme that asks for a proof of the key it is bound to (RFC 9449 section 7.1). */
  | { readonly kind: 'dpop'; readonly token: string }

const NOTHING: PresentedBearer = { kind: 'nothing' }
/** RFC 9110 section 11.4 and RFC 6750 section 2.1: a scheme, one or more spaces, b64token. */
const BEARER = /^bearer +([\w\-.~+/]+=*) *$/i
/** The same with the scheme of RFC 9449 section 7.1. */
const DPOP = /^dpop +([\w\-.~+/]+=*) *$/i
const SCHEME = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?: |$)/
/** `bucket.id.secret`: what belongs into a cookie. */
const SESSION_TOKEN = /^[\w-]{2}\.[\w-]{22}\.[\w-]{38,102}$/

/**
 * Reads the bearer token of an `Authorization` header (RFC 6750 section 2.1). Another kind of credential of ours
 * in this place is told from a malformed one: a refresh token opens no door but the one to its successor.
 *
 * @param isDpopOn - the scheme `DPoP` is known too
 */
export function readAuthorization(
  header: string | undefined,
  isRepeated: boolean,
  isDpopOn: boolean = false,
): PresentedBearer {
  if (header === undefined) return NOTHING
  if (isRepeated) return { kind: 'refused', code: 'header_duplicate' }
  // What nearly all requests have, at the cost of one look.
  const token = BEARER.exec(header)?.[1]
  return token === undefined ? readScheme(header, isDpopOn) : judgeToken('bearer', token)
}

function readScheme(header: string, isDpopOn: boolean): PresentedBearer {
  const scheme = SCHEME.exec(header.trimStart())?.[1]?.toLowerCase()
  if (scheme === undefined) return { kind: 'refused', code: 'invalid_request' }
  const known = isDpopOn ? ['bearer', 'dpop'] : ['bearer']
  if (!known.includes(scheme)) return { kind: 'refused', code: 'scheme_unsupported' }
  if (header.trim().length === scheme.length) return { kind: 'refused', code: 'token_missing' }
  // One in the scheme Bearer would have been found before.
  const token = DPOP.exec(header)?.[1]
  if (token === undefined) return { kind: 'refused', code: 'invalid_request' }
  return judgeToken('dpop', token)
}

/** The token of an `Authorization: Bearer` header, of whatever kind; for the places where a refresh token belongs. */
export function bearerOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : BEARER.exec(header)?.[1]
}

function judgeToken(kind: 'bearer' | 'dpop', token: string): PresentedBearer {
  const isOther = token.startsWith(REFRESH_PREFIX) || SESSION_TOKEN.test(token)
  return isOther ? { kind: 'refused', code: 'typ_mismatch' } : { kind, token }
}
