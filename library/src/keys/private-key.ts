import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { types } from 'node:util'
import { InvalidOption } from '../errors.js'
import { publicMembers, type Jwk, type KeyAlgorithm } from './jwk.js'

/** A private key: PEM text, a JWK or a `KeyObject`. */
export type PrivateKeyLike = string | Jwk | KeyObject

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----/

/** Reads a private key into a JWK of which every member is known to belong together. */
export function readPrivateKey(input: unknown, label: string): Jwk {
  const key = toKeyObject(input, label)
  if (key.type !== 'private') {
    throw new InvalidOption(`${label} is a ${key.type} key where a private one is needed.`)
  }
  const jwk = exportJwk(key, label)
  if (isJwk(input)) checkSamePublicKey(input, jwk, label)
  checkHalves(key, jwk, label)
  return jwk
}

/** The algorithm that a key is for: one, whatever any token says (RFC 8725 section 3.1). */
export function algorithmOf({ kty, crv }: Jwk, label: string): KeyAlgorithm {
  if (kty === 'OKP' && crv === 'Ed25519') return 'EdDSA'
  if (kty === 'EC' && crv === 'P-256') return 'ES256'
  if (kty === 'RSA') return 'RS256'
  throw new InvalidOption(`${label} is a key for another purpose. Use Ed25519, P-256 or RSA.`)
}

function toKeyObject(input: unknown, label: string): KeyObject {
  if (types.isKeyObject(input)) return input
  if (typeof input === 'string') return fromPem(input, label)
  if (!isJwk(input)) {
    throw new InvalidOption(`${label} must be a private key: PEM text, a JWK or a KeyObject.`)
  }
  if (typeof input['d'] !== 'string') {
    throw new InvalidOption(`${label} is a public key where a private one is needed.`)
  }
  // No `cause` here and below: what a parser says of a key may hold some of it.
  try {
    return createPrivateKey({ key: { ...input } as JsonWebKeyOf, format: 'jwk' })
  } catch {
    // From Node 26 on, this is also where two halves of different keys show.
    const why = 'kty and crv do not fit, or its public part is not that of its private part'
    throw new InvalidOption(`${label} is a damaged JWK: ${why}.`)
  }
}

type JsonWebKeyOf = Extract<Parameters<typeof createPrivateKey>[0], { format: 'jwk' }>['key']

function fromPem(text: string, label: string): KeyObject {
  const type = PEM.exec(text)?.[1]
  if (type === undefined) {
    throw new InvalidOption(
      `${label} is no PEM text. For a shared secret say { algorithm: 'HS256', secret }.`,
    )
  }
  if (!type.endsWith('PRIVATE KEY')) {
    throw new InvalidOption(`${label} is a ${type} where a private key is needed.`)
  }
  if (type.startsWith('ENCRYPTED') || text.includes('Proc-Type: 4,ENCRYPTED')) {
    throw new InvalidOption(`${label} is encrypted. Decrypt it: openssl pkey -in key.pem.`)
  }
  try {
    return createPrivateKey(text)
  } catch {
    throw new InvalidOption(`${label} is damaged: no private key can be read from this PEM text.`)
  }
}

function isJwk(input: unknown): input is Jwk {
  return typeof input === 'object' && input !== null && 'kty' in input
}

function exportJwk(key: KeyObject, label: string): Jwk {
  try {
    return { ...key.export({ format: 'jwk' }) }
  } catch {
    throw new InvalidOption(`${label} is of type ${String(key.asymmetricKeyType)}; use Ed25519.`)
  }
}

/** Node takes the private members of a JWK and believes the others, or derives them. */
function checkSamePublicKey(given: Jwk, derived: Jwk, label: string): void {
  const wanted = publicMembers(derived, algorithmOf(derived, label))
  for (const [name, value] of Object.entries(wanted)) {
    if (given[name] !== value) {
      throw new InvalidOption(`${label} has a public part that is not that of its private part.`)
    }
  }
}

const PROBE = Buffer.from('sojourn')

function checkHalves(key: KeyObject, jwk: Jwk, label: string): void {
  const algorithm = algorithmOf(jwk, label)
  const digest = algorithm === 'EdDSA' ? null : 'sha256'
  if (isPair(key, publicMembers(jwk, algorithm), digest)) return
  throw new InvalidOption(`${label} has a public part that is not that of its private part.`)
}

function isPair(key: KeyObject, jwk: Record<string, string>, digest: 'sha256' | null): boolean {
  try {
    const signature = sign(digest, PROBE, key)
    return verify(digest, PROBE, createPublicKey({ key: jwk, format: 'jwk' }), signature)
  } catch {
    return false
  }
}
