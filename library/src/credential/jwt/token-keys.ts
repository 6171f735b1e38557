import type { CryptoKey } from 'jose'

/** The algorithms that an access token may be signed with (RFC 7518 section 3.1, RFC 8037 section 3.1). */
export type TokenAlgorithm = 'EdDSA' | 'ES256' | 'RS256' | 'HS256'

/** A key that verifies. One key, one algorithm. */
export interface VerificationKey {
  /** Its name in the ring, 1 to 64 characters. */
  readonly kid: string
  readonly algorithm: TokenAlgorithm
  readonly key: CryptoKey
}

/** A key that signs, too. */
export interface SigningKey extends VerificationKey {
  readonly signingKey: CryptoKey
}

/** Keys by name, as they are now; never asked with anything of a token but its `kid`. */
export interface VerificationKeys {
  /** The key of that name, or `undefined` where there is none that counts. */
  find(kid: string): VerificationKey | undefined
  /** Changes whenever a key stopped being accepted: what was verified under another number is verified anew. */
  readonly revision: number
}

export const TOKEN_ALGORITHMS: readonly TokenAlgorithm[] = ['EdDSA', 'ES256', 'RS256', 'HS256']

export const MAX_KID_LENGTH = 64
/** A shorter HMAC secret than its digest gives less than the digest promises (RFC 7518 section 3.2). */
export const MIN_SECRET_BITS = 256
/** RFC 7518 section 3.3. */
export const MIN_RSA_BITS = 2048

/** What a `CryptoKey` has to say of itself. */
interface KeyFacts {
  readonly name: string
  readonly namedCurve?: string
  readonly hash?: { readonly name: string }
  readonly length?: number
  readonly modulusLength?: number
}

const FITS: Readonly<Record<TokenAlgorithm, (facts: KeyFacts) => boolean>> = {
  EdDSA: ({ name }) => name === 'Ed25519',
  ES256: ({ name, namedCurve }) => name === 'ECDSA' && namedCurve === 'P-256',
  RS256: ({ name, hash, modulusLength = 0 }) =>
    name === 'RSASSA-PKCS1-v1_5' && hash?.name === 'SHA-256' && modulusLength >= MIN_RSA_BITS,
  HS256: ({ name, hash, length = 0 }) =>
    name === 'HMAC' && hash?.name === 'SHA-256' && length >= MIN_SECRET_BITS,
}

/**
 * Whether `found` is a whole key of that name, made for the one algorithm it claims. Whatever else a ring
 * answers (an empty string, a buffer, a text that looks like a key) is no key at all (CVE-2026-44351).
 */
export function isVerificationKey(found: unknown, kid: string): found is VerificationKey {
  if (typeof found !== 'object' || found === null) return false
  const { kid: name, algorithm, key } = found as Partial<Record<keyof VerificationKey, unknown>>
  if (name !== kid || !isTokenAlgorithm(algorithm) || !isCryptoKey(key)) return false
  const type = algorithm === 'HS256' ? 'secret' : 'public'
  return key.type === type && key.usages.includes('verify') && FITS[algorithm](key.algorithm)
}

export function isTokenAlgorithm(value: unknown): value is TokenAlgorithm {
  return TOKEN_ALGORITHMS.some((algorithm) => algorithm === value)
}

function isCryptoKey(value: unknown): value is CryptoKey {
  return Object.prototype.toString.call(value) === '[object CryptoKey]'
}
