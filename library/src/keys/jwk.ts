import { sha256 } from '../system/digest.js'
import type { TokenAlgorithm } from '../credential/jwt/token-keys.js'

/** The algorithms whose keys come in pairs. Only these can be generated and published. */
export type KeyAlgorithm = Exclude<TokenAlgorithm, 'HS256'>

/** {@link KeyAlgorithm} as values. */
export const KEY_ALGORITHMS: readonly KeyAlgorithm[] = ['EdDSA', 'ES256', 'RS256']

/** The public part of a key as it stands in the JWKS (RFC 7517 section 4). */
export interface PublicJwk {
  readonly kty: 'OKP' | 'EC' | 'RSA'
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
  readonly kid: string
  readonly alg: KeyAlgorithm
  readonly use: 'sig'
}

/** A key as JSON has it; nothing is known of its members yet. */
export type Jwk = Readonly<Record<string, unknown>>

/** Members that make a public key, in the order of RFC 7638 section 3.2. */
const PUBLIC_MEMBERS: Readonly<Record<KeyAlgorithm, readonly string[]>> = {
  EdDSA: ['crv', 'kty', 'x'],
  ES256: ['crv', 'kty', 'x', 'y'],
  RS256: ['e', 'kty', 'n'],
}

const KID_LENGTH = 16

/** Only the members that say which public key it is. */
export function publicMembers(jwk: Jwk, algorithm: KeyAlgorithm): Record<string, string> {
  return Object.fromEntries(PUBLIC_MEMBERS[algorithm].map((name) => [name, String(jwk[name])]))
}

/** The name of a key that was given none: 96 bits of its thumbprint (RFC 7638). */
export function thumbprintKid(jwk: Jwk, algorithm: KeyAlgorithm): string {
  return sha256(JSON.stringify(publicMembers(jwk, algorithm))).slice(0, KID_LENGTH)
}

/** The entry of the JWKS for a key. */
export function toPublicJwk(jwk: Jwk, algorithm: KeyAlgorithm, kid: string): PublicJwk {
  const members = publicMembers(jwk, algorithm) as unknown as Pick<PublicJwk, 'kty'>
  return Object.freeze({ ...members, kid, alg: algorithm, use: 'sig' })
}
