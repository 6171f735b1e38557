import { InvalidOption } from '../../errors.js'
import { decodeSegment, isCanonical } from './compact.js'
import { isKid } from './header.js'
import { weaknessOfRsa } from './rsa.js'
import { isTokenAlgorithm, MIN_SECRET_BITS, type TokenAlgorithm } from './token-keys.js'

/** A key as JSON, of which nothing is known. */
export type Jwk = Readonly<Record<string, unknown>>

/** A key of which everything is known that can be, short of importing it. */
export interface CheckedJwk {
  readonly kid: string
  readonly algorithm: TokenAlgorithm
  /** The members that make the key, and no others. */
  readonly material: Readonly<Record<string, string>>
  readonly warning: string | undefined
}

interface Form {
  readonly kty: string
  readonly crv?: string
  /** Members with the length in bytes that each must have; 0: any. */
  readonly members: Readonly<Record<string, number>>
}

/** RFC 7518 section 6, RFC 8037 section 2. */
const FORMS: Readonly<Record<TokenAlgorithm, Form>> = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519', members: { x: 32 } },
  ES256: { kty: 'EC', crv: 'P-256', members: { x: 32, y: 32 } },
  RS256: { kty: 'RSA', members: { n: 0, e: 0 } },
  HS256: { kty: 'oct', members: { k: 0 } },
}
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv']
const TEXT = /^[\w-]+$/

/**
 * Everything that must be true of a key for verifying tokens (RFC 7517): it says its one algorithm and its name, is made for
 * signatures, is the kind of key that the algorithm needs, is strong enough, and holds nothing private.
 *
 * @throws {InvalidOption} that names the key by `label`, never by anything in it
 */
export function checkJwk(jwk: Jwk, label: string): CheckedJwk {
  const { kid, alg } = jwk
  if (!isKid(kid)) throw new InvalidOption(`${label} has no kid of 1 to 64 characters.`)
  if (!isTokenAlgorithm(alg)) {
    throw new InvalidOption(`${label} must say its alg: EdDSA, ES256, RS256 or HS256.`)
  }
  checkPurpose(jwk, label)
  const { kty, crv, members } = FORMS[alg]
  if (jwk['kty'] !== kty || jwk['crv'] !== crv) {
    const needed = crv === undefined ? kty : `${kty} ${crv}`
    throw new InvalidOption(`${label} is not of the type that ${alg} needs: ${needed}.`)
  }
  const names = Object.keys(members)
  if ([...PRIVATE, 'k'].some((name) => name in jwk && !names.includes(name))) {
    throw new InvalidOption(`${label} holds private members; only public ones verify.`)
  }
  const material: Record<string, string> = crv === undefined ? { kty } : { kty, crv }
  for (const [name, length] of Object.entries(members)) {
    material[name] = member(jwk[name], length, `${label}, member ${name},`)
  }
  return { kid, algorithm: alg, material, warning: weakness(alg, material, label) }
}

function checkPurpose({ use, key_ops: operations }: Jwk, label: string): void {
  if (use !== undefined && use !== 'sig') throw new InvalidOption(`${label} is not for signatures.`)
  if (operations === undefined) return
  if (Array.isArray(operations) && operations.includes('verify')) return
  throw new InvalidOption(`${label} is not for verifying, by its key_ops.`)
}

function member(value: unknown, length: number, label: string): string {
  if (typeof value !== 'string' || !TEXT.test(value) || !isCanonical(value)) {
    throw new InvalidOption(`${label} must be base64url (RFC 7515 section 2).`)
  }
  const bytes = decodeSegment(value).length
  if (length === 0 || bytes === length) return value
  throw new InvalidOption(`${label} must have ${length} bytes.`)
}

function weakness(
  algorithm: TokenAlgorithm,
  { n = '', e = '', k = '' }: Readonly<Record<string, string>>,
  label: string,
): string | undefined {
  if (algorithm === 'RS256') return weaknessOfRsa(decodeSegment(n), decodeSegment(e), label)
  if (algorithm === 'HS256' && decodeSegment(k).length * 8 < MIN_SECRET_BITS) {
    throw new InvalidOption(`${label} is too short: HS256 needs ${MIN_SECRET_BITS / 8} bytes.`)
  }
  return undefined
}
