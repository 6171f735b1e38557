import type { EndReason } from '../store/end-reason.js'
import { PROOF_ALGORITHMS } from '../credential/dpop/index.js'
import { InvalidOption } from '../errors.js'

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** What a quoted string may hold (RFC 9110 section 5.6.4), but for obs-text, which no recipient decodes alike. */
const QUOTABLE = /^[\t\x20-\x7e]*$/

/**
 * One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1). Every value is sent as a
 * quoted string; parameters that are `undefined` are left away. Throws {@link InvalidOption} for a
 * scheme or name that is no token, and for a value with control or non-ASCII characters: neither can
 * be sent so that all clients read it alike.
 */
export function serializeChallenge(
  scheme: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  if (!TOKEN.test(scheme)) throw new InvalidOption('An authentication scheme must be a token.')
  const parts: string[] = []
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue
    if (!TOKEN.test(name) || !QUOTABLE.test(value)) {
      throw new InvalidOption(`Challenge parameter ${JSON.stringify(name)} cannot be sent.`)
    }
    parts.push(`${name}="${value.replace(/["\\]/g, '\\$&')}"`)
  }
  return parts.length === 0 ? scheme : `${scheme} ${parts.join(', ')}`
}

/**
 * The challenge of a 401 that asks for a session cookie, such as
 * `Cookie realm="sojourn", reason="expired_idle"`.
 *
 * RFC 9110 section 15.5.2 wants a challenge in every 401, and no registered scheme means "sign in
 * through the application". `Cookie` is the name that an (expired) draft, draft-broyer-http-cookie-auth,
 * gave to it. Browsers ignore schemes they do not know, so no password dialogue opens, which `Basic`
 * or `Digest` would cause; `Bearer` would tell API clients that a token is wanted.
 */
export function sessionChallenge(reason?: EndReason, realm: string = 'sojourn'): string {
  return serializeChallenge('Cookie', { realm, reason })
}

/** What a refusal knows that belongs into its challenge. */
export interface ChallengeFacts {
  readonly code: string
  readonly message: string
  readonly reason?: EndReason | undefined
  readonly maxAge?: number | undefined
  readonly acr?: string | undefined
  readonly scope?: string | undefined
  readonly schemes?: readonly ('Cookie' | 'Bearer' | 'DPoP')[] | undefined
}

const REALM = 'sojourn'
/** Nothing was presented: RFC 6750 section 3.1 wants no error code then. */
const NOTHING_SENT: ReadonlySet<string> = new Set([
  'session_missing',
  'token_missing',
  'scheme_unsupported',
])

/**
 * The challenges of a refused request, one for each scheme that would do: RFC 6750 section 3 for tokens, with
 * RFC 9470 where the sign-in is not recent or not sure enough.
 */
export function challengesFor(facts: ChallengeFacts): readonly string[] {
  const { schemes = ['Cookie'] } = facts
  return schemes.map((scheme) => {
    if (scheme === 'Cookie') return cookie(facts)
    if (scheme === 'DPoP') return schemes.length > 1 ? ALGORITHMS_ALONE : dpop(facts)
    // Who sent no token made no mistake with one: RFC 6750 section 3.1 wants no error code then.
    return schemes.includes('Cookie')
      ? serializeChallenge('Bearer', { realm: REALM })
      : bearer(facts)
  })
}

const ALGORITHMS_ALONE = serializeChallenge('DPoP', { algs: PROOF_ALGORITHMS })

function cookie({ code, reason, maxAge, acr }: ChallengeFacts): string {
  if (code !== 'reauthentication_required') return sessionChallenge(reason, REALM)
  return serializeChallenge('Cookie', {
    realm: REALM,
    error: 'insufficient_user_authentication',
    ...stepUp(maxAge, acr),
  })
}

function bearer({ code, message, maxAge, acr, scope }: ChallengeFacts): string {
  const error = bearerError(code)
  return serializeChallenge('Bearer', {
    realm: REALM,
    error,
    error_description: error === undefined ? undefined : message,
    scope,
    ...stepUp(maxAge, acr),
  })
}

/** RFC 9449 section 7.1: beside what is wrong it lists the algorithms that a proof may use. */
function dpop({ code, message, maxAge, acr, scope }: ChallengeFacts): string {
  const error = bearerError(code)
  return serializeChallenge('DPoP', {
    error,
    algs: PROOF_ALGORITHMS,
    error_description: error === undefined ? undefined : message,
    scope,
    ...stepUp(maxAge, acr),
  })
}

function bearerError(code: string): string | undefined {
  if (NOTHING_SENT.has(code)) return undefined
  switch (code) {
    case 'reauthentication_required':
      return 'insufficient_user_authentication'
    case 'insufficient_scope':
    case 'invalid_request':
    case 'invalid_dpop_proof':
      return code
    default:
      return 'invalid_token'
  }
}

function stepUp(
  maxAge: number | undefined,
  acr: string | undefined,
): Record<'max_age' | 'acr_values', string | undefined> {
  return { max_age: maxAge === undefined ? undefined : String(maxAge), acr_values: acr }
}
