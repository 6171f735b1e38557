import { KeyObject } from 'node:crypto'
import { types } from 'node:util'
import { InvalidOption } from '../errors.js'
import type { Jwk, KeyAlgorithm } from './jwk.js'
import { algorithmOf } from './private-key.js'
import type { SigningKey, VerificationKey } from '../credential/jwt/token-keys.js'

type CryptoKey = VerificationKey['key']

/** The two halves of a key, as `crypto.subtle.generateKey` answers them. The private one need not be extractable. */
export interface CryptoKeyPair {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** A pair that was looked at; whether the halves belong together shows when it is loaded. */
export interface ReadPair {
  readonly algorithm: KeyAlgorithm
  readonly jwk: Jwk
  readonly load: (kid: string) => Promise<SigningKey>
}

/** What the algorithms of {@link CryptoKey}s are called, and what a token says. */
const NAMES: Readonly<Record<KeyAlgorithm, string>> = {
  EdDSA: 'Ed25519',
  ES256: 'ECDSA P-256',
  RS256: 'RSASSA-PKCS1-v1_5 SHA-256',
}

export function readCryptoKeyPair(input: object, label: string): ReadPair {
  const pair = halves(input, label)
  const { privateKey, publicKey } = pair
  const jwk: Jwk = { ...KeyObject.from(publicKey).export({ format: 'jwk' }) }
  const algorithm = algorithmOf(jwk, label)
  for (const key of [privateKey, publicKey]) {
    if (nameOf(key) === NAMES[algorithm]) continue
    throw new InvalidOption(
      `${label} holds a CryptoKey for ${nameOf(key)}, not ${NAMES[algorithm]}.`,
    )
  }
  return {
    algorithm,
    jwk,
    async load(kid) {
      if (await belongTogether(pair)) {
        return Object.freeze({ kid, algorithm, key: publicKey, signingKey: privateKey })
      }
      throw new InvalidOption(`${label} holds two CryptoKeys that are not halves of one key.`)
    },
  }
}

function halves(input: object, label: string): CryptoKeyPair {
  const { privateKey, publicKey } = input as Partial<Record<keyof CryptoKeyPair, unknown>>
  if (!types.isCryptoKey(privateKey) || !types.isCryptoKey(publicKey)) {
    throw new InvalidOption(`${label} must hold a privateKey and a publicKey, both CryptoKeys.`)
  }
  if (privateKey.type !== 'private' || !privateKey.usages.includes('sign')) {
    throw new InvalidOption(`${label}.privateKey must be a private key that may sign.`)
  }
  const isPublic = publicKey.type === 'public' && publicKey.usages.includes('verify')
  if (!isPublic || !publicKey.extractable) {
    throw new InvalidOption(`${label}.publicKey must be an extractable public key that verifies.`)
  }
  return { privateKey, publicKey }
}

function nameOf({ algorithm }: CryptoKey): string {
  const { name, namedCurve, hash } = algorithm as unknown as {
    readonly name: string
    readonly namedCurve?: string
    readonly hash?: { readonly name: string }
  }
  return [name, namedCurve, hash?.name].filter((part) => part !== undefined).join(' ')
}

async function belongTogether({ privateKey, publicKey }: CryptoKeyPair): Promise<boolean> {
  const { name } = privateKey.algorithm
  const algorithm = name === 'ECDSA' ? { name, hash: 'SHA-256' } : { name }
  const probe = new TextEncoder().encode('sojourn')
  const signature = await crypto.subtle.sign(algorithm, privateKey, probe)
  return crypto.subtle.verify(algorithm, publicKey, signature, probe)
}
