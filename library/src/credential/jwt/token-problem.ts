import type { AccessClaims } from './token-claims.js'

/** Why an access token is refused. Stable, and one sentence each for a person in `TOKEN_MESSAGES`. */
export type TokenProblemCode = keyof typeof MESSAGES

const MESSAGES = {
  token_missing: 'There is no token.',
  token_too_large: 'The token is larger than 8192 bytes.',
  token_malformed: 'The token is malformed.',
  crit_unsupported: 'The token asks for an extension that is not supported.',
  header_unsupported: 'The header of the token holds a parameter that is not accepted.',
  alg_not_allowed: 'The algorithm of the token is not accepted.',
  typ_mismatch: 'This is not an access token.',
  kid_unknown: 'The token was signed with an unknown key.',
  signature_invalid: 'The signature of the token is not valid.',
  claims_invalid: 'A claim of the token is missing or has the wrong form.',
  issuer_mismatch: 'The token was issued by somebody else.',
  audience_mismatch: 'The token is meant for somebody else.',
  token_expired: 'The token has expired.',
  token_not_yet_valid: 'The token is not valid yet.',
} as const

export const TOKEN_MESSAGES: Readonly<Record<TokenProblemCode, string>> = MESSAGES

/** Refusals by the clock alone: everything else about the token was right, so its claims are told. */
export type TimeProblemCode = 'token_expired' | 'token_not_yet_valid'

/** What became of a token. */
export type TokenVerdict =
  | { readonly ok: true; readonly claims: AccessClaims }
  | { readonly ok: false; readonly code: TimeProblemCode; readonly claims: AccessClaims }
  | {
      readonly ok: false
      readonly code: Exclude<TokenProblemCode, TimeProblemCode>
      readonly claims?: undefined
    }

/** A refusal that says nothing of the token but its code. */
export function refused(code: Exclude<TokenProblemCode, TimeProblemCode>): TokenVerdict {
  return { ok: false, code }
}
