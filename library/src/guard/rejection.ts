import { TOKEN_MESSAGES, type TokenProblemCode } from '../credential/jwt/index.js'
import type { RejectionCode } from '../session/resolve.js'

const UNKNOWN = 'The session does not exist or has ended.'

type OwnCode = Exclude<RejectionCode, TokenProblemCode> | 'token_missing'

/** Status and words for each kind of refused credential, but for what is wrong with an access token itself. */
const REJECTED: Readonly<Record<OwnCode, readonly [status: 400 | 401, message: string]>> = {
  session_invalid: [401, 'The session cookie is malformed.'],
  session_unknown: [401, UNKNOWN],
  session_corrupt: [401, UNKNOWN],
  cookie_duplicate: [400, 'Two session cookies with the same name were sent.'],
  cookie_too_many: [400, 'More than 100 cookies were sent.'],
  header_too_large: [400, 'The Cookie header is larger than 8192 bytes.'],
  token_missing: [401, 'Authorization header has no token.'],
  invalid_request: [400, 'Authorization header is malformed.'],
  scheme_unsupported: [401, 'Use a Bearer or DPoP token.'],
  header_duplicate: [400, 'The Authorization header was sent twice.'],
  token_stale: [401, 'Facts about you have changed since the token was issued. Refresh it.'],
  credentials_conflict: [400, 'The cookie and the token belong to two different sessions.'],
}

/** The HTTP status and one sentence for a refused credential. */
export function describeRejection(
  code: RejectionCode,
): readonly [status: 400 | 401, message: string] {
  const own = (REJECTED as Readonly<Record<string, readonly [400 | 401, string]>>)[code]
  return own ?? [401, TOKEN_MESSAGES[code as TokenProblemCode]]
}

/** What does not say that an access token is bad, though it came in its place. */
const NOT_ABOUT_TOKENS: ReadonlySet<string> = new Set<OwnCode>([
  'session_invalid',
  'session_unknown',
  'session_corrupt',
  'cookie_duplicate',
  'cookie_too_many',
  'header_too_large',
  'token_missing',
  'invalid_request',
  'scheme_unsupported',
  'header_duplicate',
  'credentials_conflict',
])

/** Whether a code says what is wrong with an access token: in production nobody is told which of them it was. */
export function isTokenProblem(code: string): boolean {
  return (
    code === 'token_stale' || (Object.hasOwn(TOKEN_MESSAGES, code) && !NOT_ABOUT_TOKENS.has(code))
  )
}
