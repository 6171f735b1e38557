import { createHmac, isEqualSecret, type Hmac } from '../../system/digest.js'
import type { SessionRequest } from './contract.js'
import { debug } from './debug.js'
import { deprecate } from './deprecate.js'

/** A `KeyObject` of Node. */
export interface SecretKey {
  export(): Uint8Array
}

/** What signs the session id: the first of them, all are accepted. */
export type CookieSecret = string | NodeJS.ArrayBufferView | SecretKey

/** Secrets made ready, newest first. */
export type CookieKeys = readonly Hmac[]

const MOST_KEYS = 64
const known = new Map<CookieSecret, Hmac>()

/** One key for each secret; it throws `TypeError` when it is used, where the secret is none. */
export function toCookieKeys(secrets: readonly CookieSecret[]): CookieKeys {
  return secrets.map((secret) => {
    const ready = known.get(secret)
    if (ready !== undefined) return ready
    const made = toKey(secret)
    if (known.size >= MOST_KEYS) known.clear()
    known.set(secret, made)
    return made
  })
}

function toKey(secret: CookieSecret): Hmac {
  if (typeof secret === 'string' || secret instanceof Uint8Array) return createHmac(secret)
  if (ArrayBuffer.isView(secret)) return createHmac(bytesOf(secret))
  if (typeof (secret as Partial<SecretKey> | null)?.export === 'function') {
    return createHmac(secret.export())
  }
  return {
    sign() {
      throw new TypeError('Secret key must be provided.')
    },
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** `id.signature`, HMAC-SHA256, as the package `cookie-signature` makes it: cookies of before stay good. */
export function signId(id: string, key: Hmac): string {
  return `${id}.${key.sign(id).toString('base64').replace(/=+$/, '')}`
}

function unsignId(signed: string, keys: CookieKeys): VerifiedId | undefined {
  const id = signed.slice(0, Math.max(0, signed.lastIndexOf('.')))
  const index = keys.findIndex((key) => isEqualSecret(signId(id, key), signed))
  return index === -1 ? undefined : { id, isOld: index > 0 }
}

/** What a request presents. */
export interface PresentedId {
  readonly id: string
  /** The name of the cookie that it came in. */
  readonly name: string
  /** It was signed with a secret of before. */
  readonly isOld: boolean
}

/**
 * The session id that a request presents, under the first of `names` that has one. Where a name comes twice, the one that
 * verifies counts: browsers send both after the Domain or Path of a cookie changed.
 */
export function readSignedId(
  request: SessionRequest,
  names: readonly string[],
  keys: CookieKeys,
): PresentedId | undefined {
  for (const name of names) {
    const read = fromHeader(request, name, keys) ?? fromParsers(request, name, keys)
    if (read !== undefined) return { ...read, name }
  }
  return undefined
}

/** An id that verifies. */
type VerifiedId = Omit<PresentedId, 'name'>

function fromHeader(
  request: SessionRequest,
  name: string,
  keys: CookieKeys,
): VerifiedId | undefined {
  for (const value of valuesOf(request.headers.cookie, name)) {
    const read = readValue(value, keys)
    if (read !== undefined) return read
  }
  return undefined
}

/** What cookie-parser left, for applications that take the header away. */
function fromParsers(
  request: SessionRequest,
  name: string,
  keys: CookieKeys,
): VerifiedId | undefined {
  const signed = request.signedCookies?.[name]
  const value = request.cookies?.[name]
  const plain = typeof value === 'string' && value !== '' ? readValue(value, keys) : undefined
  const read = typeof signed === 'string' && signed !== '' ? { id: signed, isOld: false } : plain
  if (read !== undefined) deprecate('cookie should be available in req.headers.cookie')
  return read
}

function readValue(value: string, keys: CookieKeys): VerifiedId | undefined {
  if (!value.startsWith('s:')) {
    debug('cookie unsigned')
    return undefined
  }
  const read = unsignId(value.slice(2), keys)
  if (read === undefined) debug('cookie signature invalid')
  // An empty id names no session.
  return read?.id === '' ? undefined : read
}

/** How many cookies of one name are looked at. */
const MOST_VALUES = 4

/** The decoded values of the cookies called `name`, in the order in which they came. */
export function valuesOf(header: string | undefined, name: string): readonly string[] {
  if (header === undefined || !header.includes(name)) return []
  const values: string[] = []
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at === -1 || pair.slice(0, at).trim() !== name) continue
    const value = pair.slice(at + 1).trim()
    const bare = value.startsWith('"') ? value.slice(1, -1) : value
    if (bare !== '' && values.length < MOST_VALUES) values.push(decode(bare))
  }
  return values
}

function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
