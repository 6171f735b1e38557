import { base64url } from 'jose'

/** The most that is looked at. Headers of 8 KB are what servers and proxies commonly take. */
export const MAX_TOKEN_BYTES = 8192

/** RFC 7515 section 7.1. The payload may be empty for a JWS, though never for a token. */
const FORM = /^([\w-]+)\.([\w-]*)\.([\w-]+)$/
/** By the length of a segment modulo 4: what its last character may be, so that no bits are left over. */
const LAST: Readonly<Record<number, string>> = { 2: 'AQgw', 3: 'AEIMQUYcgkosw048' }

/** The segments of a compact JWS, still encoded. */
export interface CompactParts {
  readonly header: string
  readonly payload: string
  readonly signature: string
}

/**
 * Splits a compact JWS without decoding any of it. `undefined` unless it is three segments of canonical base64url: two
 * texts never stand for the same token, and what a decoder would skip (padding, white space, stray bits) is no token.
 */
export function splitCompact(token: string): CompactParts | undefined {
  const [, header = '', payload = '', signature = ''] = FORM.exec(token) ?? []
  if (header === '' || ![header, payload, signature].every(isCanonical)) return undefined
  return { header, payload, signature }
}

/** The bytes of a segment that {@link splitCompact} answered. */
export function decodeSegment(segment: string): Uint8Array {
  return base64url.decode(segment)
}

/** Whether `text`, of which the alphabet is known to be right, is what an encoder would have written. */
export function isCanonical(text: string): boolean {
  const rest = text.length % 4
  if (rest === 0) return true
  return LAST[rest]?.includes(text.slice(-1)) ?? false
}
