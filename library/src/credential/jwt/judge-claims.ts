import type { ReadClaims } from './read-claims.js'
import type { TimeProblemCode, TokenProblemCode } from './token-problem.js'

/** Whose tokens are accepted, for whom, and how far clocks may be apart. */
export interface Expectations {
  readonly issuer: string
  readonly audience: readonly string[]
  /** Seconds. */
  readonly clockTolerance: number
}

/** What does not fit about claims of the right form, but for the time. Names are compared as they are, never matched. */
export function judgeParties(
  { claims }: ReadClaims,
  expected: Expectations,
): Extract<TokenProblemCode, 'issuer_mismatch' | 'audience_mismatch'> | undefined {
  if (claims.issuer !== expected.issuer) return 'issuer_mismatch'
  const isForUs = claims.audience.some((one) => expected.audience.includes(one))
  return isForUs ? undefined : 'audience_mismatch'
}

/** Whether it is too late or too early at `now` (epoch milliseconds). */
export function judgeTime(
  { claims, notBefore }: ReadClaims,
  now: number,
  tolerance: number,
): TimeProblemCode | undefined {
  const seconds = now / 1000
  if (claims.expiresAt <= seconds - tolerance) return 'token_expired'
  const earliest = Math.max(claims.issuedAt, claims.authenticatedAt ?? 0, notBefore ?? 0)
  return earliest > seconds + tolerance ? 'token_not_yet_valid' : undefined
}
