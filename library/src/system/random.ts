import { randomBytes } from 'node:crypto'

/**
 * Random text for ids and secrets: `bytes` bytes from the operating system's CSPRNG, as base64url
 * without padding (RFC 4648 section 5). 16 bytes give 22 characters, 32 give 43.
 */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

/** A whole number from 0 up to, but without, `bound` (at most 2^32), evenly distributed for powers of two. */
export function randomBelow(bound: number): number {
  return randomBytes(4).readUInt32BE(0) % bound
}
