import { weaknessOfRsa } from '../credential/jwt/rsa.js'
import { InvalidOption } from '../errors.js'
import { createHmac } from '../system/digest.js'
import { importPair, importSecret } from './import-key.js'
import { thumbprintKid, toPublicJwk, type Jwk, type KeyAlgorithm, type PublicJwk } from './jwk.js'
import type { KeyWarning } from './key-ring.js'
import { readCryptoKeyPair, type CryptoKeyPair } from './crypto-key.js'
import { algorithmOf, readPrivateKey, type PrivateKeyLike } from './private-key.js'
import type { SigningKey, TokenAlgorithm } from '../credential/jwt/token-keys.js'

/**
 * A key as it is given: a private key as PEM text (PKCS#8, SEC1 or PKCS#1), as a JWK, as a JWK Set or as a
 * `KeyObject`; a pair of two `CryptoKey`s; or a shared secret. Ed25519 signs as EdDSA, P-256 as ES256, RSA
 * as RS256. A `kid` of one's own goes with any of them; the default is the key's thumbprint (RFC 7638).
 */
export type KeyInput =
  | PrivateKeyLike
  | { readonly keys: readonly Jwk[] }
  | { readonly key: PrivateKeyLike; readonly kid?: string }
  | (CryptoKeyPair & { readonly kid?: string })
  | SecretInput

/** A secret that everybody who verifies tokens shares, of at least 32 bytes. For compatibility only. */
export interface SecretInput {
  readonly algorithm: 'HS256'
  readonly secret: string
  readonly kid?: string
}

/** A key that was checked. What is secret about it is held by `load` alone. */
export interface GivenKey {
  readonly kid: string
  readonly algorithm: TokenAlgorithm
  /** What the JWKS says of it; `undefined` for a shared secret. */
  readonly publicJwk: PublicJwk | undefined
  readonly warning: KeyWarning | undefined
  readonly load: () => Promise<SigningKey>
}

const KID = /^[\w.~:+/=-]{1,64}$/
const LEAST_SECRET_BYTES = 32
const KID_LENGTH = 16

/** Checks keys, newest first. @throws {InvalidOption} Naming the first that cannot be used, and why. */
export function readKeyInputs(inputs: readonly KeyInput[]): readonly GivenKey[] {
  if (!Array.isArray(inputs)) throw new InvalidOption('keys must be a list, newest first.')
  const keys = inputs.flatMap((input: unknown, index) => readInput(input, `keys[${index}]`))
  const kids = new Set(keys.map((key) => key.kid))
  if (kids.size !== keys.length) {
    throw new InvalidOption('keys holds the same key, or the same kid, twice.')
  }
  const isMixed = keys.some((key) => key.algorithm === 'HS256')
  if (isMixed && keys.some((key) => key.algorithm !== 'HS256')) {
    throw new InvalidOption(
      'keys holds shared secrets (HS256) and private keys: one of the two kinds only (ASVS 9.1.2).',
    )
  }
  return keys
}

function readInput(input: unknown, label: string): readonly GivenKey[] {
  if (!isRecord(input)) return [readPrivate(input, undefined, label)]
  if (Array.isArray(input['keys'])) {
    const members: readonly unknown[] = input['keys']
    if (members.length === 0) throw new InvalidOption(`${label} is a JWK Set without a key.`)
    return members.map((member, index) => readJwk(member, `${label}.keys[${index}]`))
  }
  const kid = readKid(input['kid'], label)
  if ('secret' in input) return [readSecret(input, kid, label)]
  if ('privateKey' in input) return [readPair(input, kid, label)]
  if ('key' in input) return [readPrivate(input['key'], kid, label)]
  if ('kty' in input) return [readJwk(input, label)]
  return [readPrivate(input, undefined, label)]
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function readKid(kid: unknown, label: string): string | undefined {
  if (kid === undefined) return undefined
  if (typeof kid === 'string' && KID.test(kid)) return kid
  throw new InvalidOption(`${label}.kid must be 1 to 64 letters, digits or -._~:+/=.`)
}

function readJwk(jwk: unknown, label: string): GivenKey {
  if (!isRecord(jwk)) throw new InvalidOption(`${label} must be a JWK.`)
  const kid = readKid(jwk['kid'], label)
  if (jwk['kty'] !== 'oct') return readPrivate(jwk, kid, label)
  checkPurpose(jwk, 'HS256', label)
  if (jwk['alg'] !== 'HS256' || typeof jwk['k'] !== 'string') {
    throw new InvalidOption(`${label} is a symmetric JWK; only alg HS256 with a k can be used.`)
  }
  return toSecretKey(Buffer.from(jwk['k'], 'base64url'), kid, label)
}

function readPrivate(input: unknown, kid: string | undefined, label: string): GivenKey {
  const jwk = readPrivateKey(input, label)
  const algorithm = algorithmOf(jwk, label)
  if (isRecord(input)) checkPurpose(input, algorithm, label)
  const name = kid ?? (isRecord(input) && 'kty' in input ? readKid(input['kid'], label) : undefined)
  return toGivenKey(jwk, algorithm, name, label, (found) => importPair(jwk, found, algorithm))
}

/** A JWK that says what it is for must be for this (RFC 7517 sections 4.2 to 4.4). */
function checkPurpose(jwk: Jwk, algorithm: TokenAlgorithm, label: string): void {
  const { alg, use, key_ops: operations } = jwk
  if (alg !== undefined && alg !== algorithm && !(alg === 'Ed25519' && algorithm === 'EdDSA')) {
    throw new InvalidOption(`${label} has an alg that does not fit it; it can be ${algorithm}.`)
  }
  const maySign =
    operations === undefined || (Array.isArray(operations) && operations.includes('sign'))
  if ((use !== undefined && use !== 'sig') || !maySign) {
    throw new InvalidOption(`${label} is a key for something else than signing.`)
  }
}

function readPair(input: object, kid: string | undefined, label: string): GivenKey {
  const { jwk, algorithm, load } = readCryptoKeyPair(input, label)
  return toGivenKey(jwk, algorithm, kid, label, load)
}

function toGivenKey(
  jwk: Jwk,
  algorithm: KeyAlgorithm,
  ownKid: string | undefined,
  label: string,
  load: (kid: string) => Promise<SigningKey>,
): GivenKey {
  const kid = ownKid ?? thumbprintKid(jwk, algorithm)
  const message = algorithm === 'RS256' ? weaknessOf(jwk, label) : undefined
  return {
    kid,
    algorithm,
    publicJwk: toPublicJwk(jwk, algorithm, kid),
    warning: message === undefined ? undefined : { kid, code: 'rsa_short', message },
    load: () => load(kid),
  }
}

function weaknessOf({ n, e }: Jwk, label: string): string | undefined {
  const bytes = (text: unknown): Uint8Array => Buffer.from(String(text), 'base64url')
  return weaknessOfRsa(bytes(n), bytes(e), label)
}

function readSecret(
  input: Readonly<Record<string, unknown>>,
  kid: string | undefined,
  label: string,
): GivenKey {
  const { algorithm, secret } = input
  if (algorithm !== 'HS256' || typeof secret !== 'string') {
    throw new InvalidOption(
      `${label} must be { algorithm: 'HS256', secret } with a text as secret.`,
    )
  }
  if (secret.includes('-----BEGIN')) {
    throw new InvalidOption(`${label}.secret is PEM text: give it as a private key instead.`)
  }
  return toSecretKey(Buffer.from(secret), kid, label)
}

function toSecretKey(secret: Buffer, ownKid: string | undefined, label: string): GivenKey {
  if (secret.length < LEAST_SECRET_BYTES) {
    const has = `${label} has a secret of ${secret.length} bytes`
    throw new InvalidOption(
      `${has}; ${LEAST_SECRET_BYTES} or more are required (RFC 7518 section 3.2).`,
    )
  }
  // Keyed by the secret, so that a kid tells no more of it than any token signed with it does.
  const digest = createHmac(secret).sign('sojourn token key id v1').toString('base64url')
  const kid = ownKid ?? digest.slice(0, KID_LENGTH)
  const load = (): Promise<SigningKey> => importSecret(secret, kid)
  return { kid, algorithm: 'HS256', publicJwk: undefined, warning: undefined, load }
}
