/** Hash slots of a cluster, as the cluster specification of Redis defines them. */

/** How many slots there are. */
export const SLOTS = 16_384

const TABLE = new Uint16Array(256)
for (let byte = 0; byte < 256; byte += 1) {
  let rest = byte << 8
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 0x8000 ? (rest << 1) ^ 0x1021 : rest << 1
  TABLE[byte] = rest
}

/** The slot of a key of ASCII characters: of what stands in its first braces, if anything does. */
export function slotOf(key: string): number {
  const open = key.indexOf('{')
  const close = key.indexOf('}', open + 1)
  const hashed = open >= 0 && close > open + 1 ? key.slice(open + 1, close) : key
  let sum = 0
  for (let at = 0; at < hashed.length; at += 1) {
    sum = ((sum << 8) ^ (TABLE[((sum >> 8) ^ hashed.charCodeAt(at)) & 0xff] ?? 0)) & 0xffff
  }
  return sum % SLOTS
}
