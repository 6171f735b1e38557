import { publicMembers, type Jwk, type KeyAlgorithm } from './jwk.js'
import type { SigningKey } from '../credential/jwt/token-keys.js'

/** What WebCrypto calls the algorithms. Generated RSA keys have the 3072 bits of ASVS 11.2.3. */
const PARAMETERS = {
  EdDSA: { name: 'Ed25519' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 3072,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const

const HMAC_SHA256 = { name: 'HMAC', hash: 'SHA-256' } as const

/** Loads a private JWK. The private half cannot be exported again. */
export async function importPair(
  jwk: Jwk,
  kid: string,
  algorithm: KeyAlgorithm,
): Promise<SigningKey> {
  const parameters = PARAMETERS[algorithm]
  const [signingKey, key] = await Promise.all([
    crypto.subtle.importKey('jwk', bare(jwk), parameters, false, ['sign']),
    crypto.subtle.importKey('jwk', publicMembers(jwk, algorithm), parameters, true, ['verify']),
  ])
  return Object.freeze({ kid, algorithm, key, signingKey })
}

/** Loads a shared secret. */
export async function importSecret(secret: Uint8Array, kid: string): Promise<SigningKey> {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(secret), HMAC_SHA256, false, [
    'sign',
    'verify',
  ])
  return Object.freeze({ kid, algorithm: 'HS256', key, signingKey: key })
}

/** Makes a key, as a private JWK. */
export async function generateJwk(algorithm: KeyAlgorithm): Promise<Jwk> {
  const pair = await crypto.subtle.generateKey(PARAMETERS[algorithm], true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new TypeError('a key pair was expected')
  return bare({ ...(await crypto.subtle.exportKey('jwk', pair.privateKey)) })
}

/** Without the members that say what the key is for: `alg` and `key_ops` mean different things to WebCrypto. */
function bare(jwk: Jwk): Jwk {
  const { alg: _alg, key_ops: _operations, ext: _extractable, use: _use, kid: _kid, ...rest } = jwk
  return rest
}
