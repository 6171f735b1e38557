import { InvalidOption } from '../../errors.js'
import { MIN_RSA_BITS } from './token-keys.js'

/** From here on RSA gives 128 bits of security (NIST SP 800-57, ASVS 11.2.3). */
const ADVISED_BITS = 3072
/** A larger one makes each verification a small denial of service. */
const MAX_BITS = 8192
/** FIPS 186-5 section A.1.1: odd, above 2^16 and below 2^256. */
const MIN_EXPONENT = 65_537n
const MAX_EXPONENT = 1n << 256n

/**
 * Modulo each of these, the moduli of a chip's faulty key generator are powers of 65537 (ROCA, CVE-2017-15361); a
 * random one is about once in 2^27.
 */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
  103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
]

/** What there is to say about an RSA key that is good enough; throws {@link InvalidOption} for one that is not. */
export function weaknessOfRsa(n: Uint8Array, e: Uint8Array, label: string): string | undefined {
  const modulus = toInteger(n)
  const bits = modulus.toString(2).length
  if (bits < MIN_RSA_BITS || bits > MAX_BITS) {
    throw new InvalidOption(`${label} is an RSA key of ${bits} bits, not ${MIN_RSA_BITS} or more.`)
  }
  const exponent = toInteger(e)
  if (exponent < MIN_EXPONENT || exponent >= MAX_EXPONENT || exponent % 2n === 0n) {
    throw new InvalidOption(`${label} has an RSA exponent that is not safe; 65537 is usual.`)
  }
  if (modulus % 2n === 0n || hasRocaPattern(modulus)) {
    throw new InvalidOption(`${label} is an RSA key that can be computed (CVE-2017-15361).`)
  }
  if (bits >= ADVISED_BITS) return undefined
  return `${label} is an RSA key of ${bits} bits; ${ADVISED_BITS}, P-256 or Ed25519 give 128 bits of security.`
}

function toInteger(bytes: Uint8Array): bigint {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return BigInt(`0x0${hex}`)
}

function hasRocaPattern(modulus: bigint): boolean {
  return PRIMES.every((prime) => isPowerOf65537(Number(modulus % BigInt(prime)), prime))
}

function isPowerOf65537(remainder: number, prime: number): boolean {
  let power = 1
  do {
    if (power === remainder) return true
    power = (power * 65_537) % prime
  } while (power !== 1)
  return false
}
