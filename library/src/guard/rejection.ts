import { TOKEN_MESSAGES, type TokenProblemCode } from '../credential/jwt/index.js'
import { PROOF_MESSAGES, type ProofProblem } from '../credential/dpop/index.js'
import type { RejectionCode } from '../session/resolve.js'

const UNKNOWN = 'The session does not exist or has ended.'

/** What is wrong with a DPoP proof, or that there is none. */
export type ProofCode = ProofProblem | 'proof_required'

type OwnCode = Exclude<RejectionCode, TokenProblemCode | ProofProblem> | 'token_missing'

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
  credentials_conflict: [400, 'Two different credentials were sent in one request.'],
  binding_mismatch: [401, 'Token IP binding mismatch'],
  agent_mismatch: [401, 'Token client binding mismatch'],
  proof_required: [401, 'This token must be sent with a DPoP proof.'],
}

/** A proof that can be none is a bad request; what a good one would mend is refused with a challenge. */
const BAD_PROOFS: ReadonlySet<string> = new Set<ProofProblem>([
  'proof_repeated',
  'proof_malformed',
  'proof_private_key',
  'proof_algorithm',
])

/** The HTTP status and one sentence for a refused credential. */
export function describeRejection(
  code: RejectionCode,
): readonly [status: 400 | 401, message: string] {
  const own = (REJECTED as Readonly<Record<string, readonly [400 | 401, string]>>)[code]
  if (own !== undefined) return own
  if (isProofProblem(code)) return [BAD_PROOFS.has(code) ? 400 : 401, PROOF_MESSAGES[code]]
  return [401, TOKEN_MESSAGES[code as TokenProblemCode]]
}

/** What clients are told: of all that can be wrong with a proof one code (RFC 9449 section 7.1), of anything else its own. */
export function toldOf(
  code: RejectionCode,
): Exclude<RejectionCode, ProofCode> | 'invalid_dpop_proof' | 'invalid_token' {
  if (code === 'proof_required') return 'invalid_token'
  return isProofProblem(code) ? 'invalid_dpop_proof' : code
}

function isProofProblem(code: string): code is ProofProblem {
  return Object.hasOwn(PROOF_MESSAGES, code)
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
