import type { CookieReading } from '../request/cookies.js'
import type { PresentedToken, SessionTokens } from './session-token.js'

/** Why something presented was refused before any store was asked. */
export type PresentRefusal =
  'session_invalid' | 'cookie_duplicate' | 'cookie_too_many' | 'header_too_large'

/** What a request presents. */
export type Presented =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly code: PresentRefusal }
  | { readonly kind: 'token'; readonly token: PresentedToken; readonly cookieName: string }

const NOTHING: Presented = { kind: 'nothing' }

/**
 * Finds the session token among the cookies of the given names, current name first. Two different
 * values under one name are refused: somebody may have planted one of them.
 */
export function presentSessionToken(
  reading: CookieReading,
  names: readonly string[],
  tokens: SessionTokens,
): Presented {
  if (reading.problem !== undefined) return { kind: 'refused', code: reading.problem }
  let refusal: Presented = NOTHING
  for (const cookieName of names) {
    const values = reading.values(cookieName)
    const [value] = values
    if (value === undefined || value === '') continue
    if (values.length > 1) return { kind: 'refused', code: 'cookie_duplicate' }
    const token = tokens.parse(value)
    if (token !== undefined) return { kind: 'token', token, cookieName }
    refusal = { kind: 'refused', code: 'session_invalid' }
  }
  return refusal
}
