import { importJWK, type CryptoKey } from 'jose'
import { InvalidOption } from '../../errors.js'
import { checkJwk, type CheckedJwk, type Jwk } from './jwk-rules.js'
import type { VerificationKey, VerificationKeys } from './token-keys.js'

const MAX_KEYS = 64

export interface ImportOptions {
  /** The set holds HMAC secrets, and nothing else. For a set of your own; one that was fetched holds none. Default `false`. */
  readonly symmetric?: boolean
}

/** A set of keys that does not change. */
export interface ImportedKeys extends VerificationKeys {
  readonly kids: readonly string[]
  /** One sentence for each key that is accepted, but should be replaced. */
  readonly warnings: readonly string[]
}

/**
 * Imports a JWK set (RFC 7517 section 5) for verifying. It is accepted whole or not at all: a set with one key that is wrong
 * was not made with care, and a set with two keys of one name, or with public keys beside secrets, is ambiguous.
 *
 * @throws {InvalidOption} that says which key is wrong, by its place, and why
 */
export async function importJwks(
  document: unknown,
  options: ImportOptions = {},
): Promise<ImportedKeys> {
  const checked = keysOf(document).map((jwk, index) =>
    checkJwk(jwk, `Key ${index + 1} of the JWKS`),
  )
  const isSymmetric = options.symmetric === true
  if (checked.some(({ algorithm }) => (algorithm === 'HS256') !== isSymmetric)) {
    throw new InvalidOption(`A JWKS must hold ${isSymmetric ? 'secrets' : 'public keys'} only.`)
  }
  const keys = new Map<string, VerificationKey>()
  for (const [index, one] of checked.entries()) {
    if (keys.has(one.kid)) throw new InvalidOption('Two keys of the JWKS have the same kid.')
    keys.set(one.kid, await toKey(one, `Key ${index + 1} of the JWKS`))
  }
  return {
    find: (kid) => keys.get(kid),
    revision: 0,
    kids: [...keys.keys()],
    warnings: checked.flatMap(({ warning }) => warning ?? []),
  }
}

/**
 * Imports one key for verifying.
 *
 * @throws {InvalidOption} that says what is wrong with it
 */
export async function importJwk(jwk: unknown): Promise<VerificationKey> {
  if (!isRecord(jwk)) throw new InvalidOption('A JWK must be an object.')
  return toKey(checkJwk(jwk, 'The JWK'), 'The JWK')
}

async function toKey(
  { kid, algorithm, material }: CheckedJwk,
  label: string,
): Promise<VerificationKey> {
  const bytes = { ...material, kty: material['kty'] ?? '' }
  try {
    const key = await (algorithm === 'HS256'
      ? importSecret(bytes)
      : importJWK(bytes, algorithm, { extractable: true }))
    return Object.freeze({ kid, algorithm, key: key as CryptoKey })
  } catch {
    // What WebCrypto says of it may quote the key.
    throw new InvalidOption(`${label} is no key that can be used, such as a point off its curve.`)
  }
}

/** `jose` would answer raw bytes, which fit any algorithm. */
async function importSecret(jwk: Readonly<Record<string, string>>): Promise<CryptoKey> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('jwk', { ...jwk }, hmac, false, ['verify'])
}

function keysOf(document: unknown): readonly Jwk[] {
  const keys: unknown = isRecord(document) ? document['keys'] : undefined
  if (
    !Array.isArray(keys) ||
    keys.length === 0 ||
    keys.length > MAX_KEYS ||
    !keys.every(isRecord)
  ) {
    throw new InvalidOption(`A JWKS must have a list "keys" of 1 to ${MAX_KEYS} objects.`)
  }
  return keys
}

function isRecord(value: unknown): value is Jwk {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
