/** What a verified access token says. Frozen, for it is shared by all who present the same token. */
export interface AccessClaims {
  /** `iss` */
  readonly issuer: string
  /** `aud`: whom it is for. */
  readonly audience: readonly string[]
  /** `sub`: whom it speaks of. */
  readonly subject: string
  /** `sid`: the session that it stands for and dies with. */
  readonly sessionId: string
  /** `jti` */
  readonly id: string
  /** `iat`, epoch **seconds**. */
  readonly issuedAt: number
  /** `exp`, epoch **seconds**. */
  readonly expiresAt: number
  /** `ver`: what was known of the subject when it was issued, as `<epoch>.<version>`. */
  readonly version: string | undefined
  /** `client_id` (RFC 8693 section 4.3) */
  readonly clientId: string | undefined
  /** `scope` (RFC 6749 section 3.3), taken apart. */
  readonly scope: readonly string[]
  /** `auth_time`: when the person last proved who they are, epoch **seconds**. */
  readonly authenticatedAt: number | undefined
  /** `amr` (RFC 8176): how they did. */
  readonly methods: readonly string[]
  /** `acr`: how sure that makes us. */
  readonly acr: string | undefined
  /** `act.sub` (RFC 8693 section 4.1): who acts for the subject. */
  readonly actor: string | undefined
  /** `cnf.jkt` (RFC 9449 section 6.1): thumbprint of the key without which the token is worth nothing. */
  readonly confirmation: string | undefined
  /** Every other claim, as it was written. */
  readonly extra: Readonly<Record<string, unknown>>
}

/** All that stands in an access token. */
export type TokenFacts = AccessClaims

/** The latest instant that can be meant in seconds: the year 2200. What is later was counted in milliseconds. */
export const LATEST_SECOND = 7_258_118_400

/** No access token lives longer, whoever signed it. Seconds. */
export const MAX_LIFETIME = 86_400
