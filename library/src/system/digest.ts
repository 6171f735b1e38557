import { hash, timingSafeEqual } from 'node:crypto'

/** SHA-256 of `text` (UTF-8), as 43 characters of base64url. This is what a store keeps of a secret. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** SHA-1 of `text`, in hexadecimal: the name under which Redis caches a script. Never for anything secret. */
export function sha1(text: string): string {
  return hash('sha1', text, 'hex')
}

/** Compares two strings in a time that does not depend on where they differ. Unequal lengths: `false`. */
export function isEqualSecret(left: string, right: string): boolean {
  const a = Buffer.from(left)
  const b = Buffer.from(right)
  return a.length === b.length && timingSafeEqual(a, b)
}

const BLOCK = 64

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
  const inner = Buffer.alloc(BLOCK, 0x36)
  const outer = Buffer.alloc(BLOCK, 0x5c)
  for (let index = 0; index < short.length; index += 1) {
    inner[index] = 0x36 ^ (short[index] ?? 0)
    outer[index] = 0x5c ^ (short[index] ?? 0)
  }
  return {
    sign(message) {
      const digest = hash('sha256', Buffer.concat([inner, Buffer.from(message)]), 'buffer')
      return hash('sha256', Buffer.concat([outer, digest]), 'buffer')
    },
  }
}
