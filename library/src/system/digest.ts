import { hash, timingSafeEqual } from 'node:crypto'

/** SHA-256 of `text` (UTF-8), as 43 characters of base64url. This is what a store keeps of a secret. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** SHA-1 of `text`, in hexadecimal: the name under which Redis caches a script. Never for anything secret. */
export function sha1(text: string): string {
  return hash('sha1', text, 'hex')
}

/** Room for what is compared, so that most comparisons allocate no memory. */
const LEFT = Buffer.alloc(256)
const RIGHT = Buffer.alloc(256)
/** A character takes three bytes of UTF-8 at most. */
const LONGEST = Math.floor(LEFT.length / 3)

/** Compares two strings in a time that does not depend on where they differ. Unequal lengths: `false`. */
export function isEqualSecret(left: string, right: string): boolean {
  if (left.length > LONGEST || right.length > LONGEST) {
    const a = Buffer.from(left)
    const b = Buffer.from(right)
    return a.length === b.length && timingSafeEqual(a, b)
  }
  LEFT.fill(0)
  RIGHT.fill(0)
  const isAsLong = LEFT.write(left) === RIGHT.write(right)
  return timingSafeEqual(LEFT, RIGHT) && isAsLong
}

const BLOCK = 64
const DIGEST = 32
/** Bytes kept for a message behind the key: session and refresh tokens fit. */
const ROOM = 768

/** HMAC-SHA256 (RFC 2104) under one key whose padded blocks are computed once. */
export interface Hmac {
  /** The full 32-byte MAC of `message` (UTF-8). */
  sign(message: string): Buffer
}

/**
 * An {@link Hmac} built from two one-shot hashes: about 2 us a message, where `createHmac` takes 5
 * because it sets up a stream. `test/system/digest.test.ts` holds it to RFC 4231 and to `createHmac`.
 */
export function createHmac(key: string | Uint8Array): Hmac {
  const raw = Buffer.from(key)
  const short = raw.length > BLOCK ? hash('sha256', raw, 'buffer') : raw
  const inner = Buffer.alloc(BLOCK + ROOM, 0x36)
  const outer = Buffer.alloc(BLOCK + DIGEST, 0x5c)
  for (let index = 0; index < short.length; index += 1) {
    inner[index] = 0x36 ^ (short[index] ?? 0)
    outer[index] = 0x5c ^ (short[index] ?? 0)
  }
  return {
    sign(message) {
      hash('sha256', withMessage(inner, message), 'buffer').copy(outer, BLOCK)
      return hash('sha256', outer, 'buffer')
    },
  }
}

/** The padded key with the message behind it: in the room that is there, or where it is longer in new memory. */
function withMessage(inner: Buffer, message: string): Buffer {
  if (message.length * 3 > ROOM) {
    return Buffer.concat([inner.subarray(0, BLOCK), Buffer.from(message)])
  }
  return inner.subarray(0, BLOCK + inner.write(message, BLOCK))
}
