import { createCipheriv, createDecipheriv } from 'node:crypto'
import { randomNonce } from './random.js'

/** The one cipher for records (ASVS 11.3.2): authenticated, so that what was altered is never read. */
const CIPHER = 'aes-256-gcm'
/** 96 bits, as NIST SP 800-38D section 8.2 wants it; at random, a key is good for 2^32 texts. */
const IV_BYTES = 12
/** The full tag. A shorter one in the input is refused, whatever Node would take. */
const TAG_BYTES = 16

/**
 * Encrypts `text` with AES-256-GCM under a 32-byte key and a fresh random IV: IV, ciphertext and tag as one base64url text.
 * `context` is not in it, but opening wants the same.
 */
export function seal(key: Uint8Array, context: string, text: string): string {
  const iv = randomNonce(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(context))
  const body = cipher.update(text, 'utf8')
  return Buffer.concat([iv, body, cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

/**
 * The text that was sealed, or `undefined`: for another key, another context, anything altered, added or cut off. There is
 * one answer for all of them, and nothing of the text gets out before the tag was found good (CVE-2021-29443, ASVS 11.2.5).
 */
export function open(key: Uint8Array, context: string, sealed: string): string | undefined {
  const raw = Buffer.from(sealed, 'base64url')
  // Node reads past what is no base64url; only the one spelling that `seal` writes counts.
  if (raw.length < IV_BYTES + TAG_BYTES || raw.toString('base64url') !== sealed) return undefined
  const decipher = createDecipheriv(CIPHER, key, raw.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(raw.subarray(-TAG_BYTES))
  try {
    const body = decipher.update(raw.subarray(IV_BYTES, -TAG_BYTES))
    return Buffer.concat([body, decipher.final()]).toString()
  } catch {
    return undefined
  }
}

/** Bytes of the text within, by length alone. */
export function sealedBytes(sealedLength: number): number {
  return Math.max(0, Math.floor((sealedLength * 3) / 4) - IV_BYTES - TAG_BYTES)
}
