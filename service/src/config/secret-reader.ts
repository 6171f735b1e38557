import { createPrivateKey, type KeyObject } from 'node:crypto'
import { estimateBits } from './entropy.js'
import type { Reader } from './readers.js'
import { quoted, Refusal, type ConfigCode } from './refusal.js'
import { isSample } from './secret-samples.js'
import { Secret } from './secret.js'

/** How to make a secret, as part of a message. */
export const CREATE_SECRET = `Create one: node -e "console.log(require('node:crypto').randomBytes(32).toString('base64url'))"`

const LEAST_BYTES = 32
const LEAST_BITS = 128
const LEAST_RSA_BITS = 2_048

/** The algorithms that may sign tokens. One key, one algorithm. */
export const ALGORITHMS = ['EdDSA', 'ES256', 'RS256', 'HS256'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** The name of an algorithm that may sign tokens. */
export const algorithm: Reader<Algorithm> = (text, name) =>
  ALGORITHMS.find((known) => known === text) ??
  refuse('CONFIG_ALG', `${name}=${quoted(text)} is not allowed. Use EdDSA, ES256 or HS256.`)

/** A key that signs tokens: a shared secret (HS256) or a private key in PEM (EdDSA, ES256, RS256). */
export interface SigningSecret {
  readonly algorithm: Algorithm
  readonly secret: Secret
}

/** One secret of 32 bytes or more that somebody cannot guess. */
export const secret: Reader<Secret> = (text, name) => checkSecret(text, name) ?? new Secret(text)

/** A comma-separated list of secrets, newest first. */
export const secretList: Reader<readonly Secret[]> = (text, name) =>
  readEntries(text, name, (entry, label) => checkSecret(entry, label) ?? new Secret(entry))

/** A comma-separated list of secrets or PEM private keys, newest first. `\n` may stand for a line end. */
export const signingSecretList: Reader<readonly SigningSecret[]> = (text, name) =>
  readEntries(text, name, (entry, label) => {
    if (entry.includes('-----BEGIN')) return readKey(entry.replaceAll('\\n', '\n'), label)
    return checkSecret(entry, label) ?? { algorithm: 'HS256', secret: new Secret(entry) }
  })

/** A client of the token endpoints, with its secret. */
export interface ClientSecret {
  readonly id: string
  readonly secret: Secret
}

/** A comma-separated list of `id:secret`. */
export const clientList: Reader<readonly ClientSecret[]> = (text, name) =>
  readEntries(text, name, (entry, label) => {
    const [, id, own] = /^([\w.~-]{1,64}):(.*)$/s.exec(entry) ?? []
    if (id === undefined || own === undefined) {
      return refuse('CONFIG_CLIENT', `${label} must be written as id:secret.`)
    }
    return checkSecret(own, label) ?? { id, secret: new Secret(own) }
  })

function readEntries<Value>(
  text: string,
  name: string,
  read: (entry: string, label: string) => Value | Refusal,
): readonly Value[] | Refusal {
  // A published sample may hold a comma, so the whole is looked at before it is taken apart.
  if (isSample(text)) return sample(name)
  const entries = text.split(',')
  const values: Value[] = []
  for (const [index, entry] of entries.entries()) {
    const label = entries.length === 1 ? name : `${name} (entry ${String(index + 1)} of the list)`
    const value = read(entry, label)
    if (value instanceof Refusal) return value
    values.push(value)
  }
  return values
}

function checkSecret(text: string, name: string): Refusal | undefined {
  if (text.trim() === '')
    return refuse('CONFIG_SECRET_MISSING', `${name} is empty. ${CREATE_SECRET}`)
  const around = wrapping(text)
  if (around !== undefined) {
    return refuse('CONFIG_SECRET_WHITESPACE', `${name} ${around}; check how it is loaded.`)
  }
  if (isSample(text)) return sample(name)
  const bytes = Buffer.byteLength(text)
  if (bytes < LEAST_BYTES) return refuse('CONFIG_SECRET_SHORT', tooShort(name, bytes))
  const bits = estimateBits(text)
  if (bits >= LEAST_BITS) return undefined
  const estimate = `estimated ${String(bits)} bits; ${String(LEAST_BITS)} required`
  return refuse('CONFIG_SECRET_WEAK', `${name} looks predictable (${estimate}). ${CREATE_SECRET}`)
}

/** What a file or a shell has left around a secret, in words. */
function wrapping(text: string): string | undefined {
  if (/\s$/.test(text)) return 'ends with white space'
  if (/^\s/.test(text)) return 'starts with white space'
  return /^["'`]|["'`]$/.test(text) ? 'is wrapped in quotes' : undefined
}

function sample(name: string): Refusal {
  return refuse('CONFIG_SECRET_SAMPLE', `${name} is a published sample value. ${CREATE_SECRET}`)
}

function tooShort(name: string, bytes: number): string {
  const has = `${String(bytes)} bytes`
  // The very words of jwt-redis-sessions, which its users search for.
  if (name === 'JWT_SECRET') {
    return `JWT_SECRET must be at least 32 characters long (it has ${has}). ${CREATE_SECRET}`
  }
  return `${name} has ${has}; ${String(LEAST_BYTES)} or more are required. ${CREATE_SECRET}`
}

function readKey(pem: string, name: string): SigningSecret | Refusal {
  const key = parseKey(pem)
  if (key === undefined)
    return refuse('CONFIG_ALG', `${name} holds PEM text that is no private key.`)
  const algorithm = algorithmOf(key)
  if (algorithm !== undefined) return { algorithm, secret: new Secret(pem) }
  const type = (key.asymmetricKeyType ?? 'unknown').toUpperCase()
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (type === 'RSA' && bits !== undefined) {
    const least = String(LEAST_RSA_BITS)
    const has = `(has ${String(bits)})`
    return refuse('CONFIG_KEY', `${name}: RSA keys need ${least} bits or more ${has}.`)
  }
  return refuse(
    'CONFIG_ALG',
    `${name} holds a key of type ${type}. Use Ed25519, P-256 or RSA of 2048 bits or more.`,
  )
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function algorithmOf(key: KeyObject): Algorithm | undefined {
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA'
  const isRsa = key.asymmetricKeyType === 'rsa'
  if (isRsa && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_RSA_BITS) return 'RS256'
  const isP256 = key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  return key.asymmetricKeyType === 'ec' && isP256 ? 'ES256' : undefined
}

function refuse(code: ConfigCode, message: string): Refusal {
  return new Refusal(code, message)
}
