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

/** Bytes fetched at once for nonces: the call into the CSPRNG costs as much as an encryption. */
const BLOCK = 4_096
let block = Buffer.alloc(0)
let next = 0

/**
 * Random bytes for what has to be unique and is no secret, such as the IV of a cipher: 1 to 64 of them. They come from a
 * block that was fetched before, so never take these for a key or a token.
 */
export function randomNonce(bytes: number): Buffer {
  if (next + bytes > block.length) {
    // A new block each time: what was handed out of the old one stays as it is.
    block = randomBytes(BLOCK)
    next = 0
  }
  next += bytes
  return block.subarray(next - bytes, next)
}
