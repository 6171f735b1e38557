import { sha256 } from '../../system/digest.js'
import { TokenError } from './errors.js'
import { addressOf, headerOf, type HttpRequest } from './request.js'
import type { SecurityConfig } from './types.js'

const HEADERS = ['user-agent', 'accept-language', 'accept-encoding'] as const
const LENGTH = 16

/** What tells one device from another, roughly; `undefined` where no request is known. No secret, and easily imitated. */
export function fingerprintOf(request: HttpRequest | null | undefined): string | undefined {
  if (request === null || request === undefined) return undefined
  const parts = HEADERS.map((name) => headerOf(request, name)).filter((text) => text !== undefined)
  const address = addressOf(request)
  if (address !== undefined) parts.push(network(address))
  return Buffer.from(sha256(parts.join('|')), 'base64url')
    .toString('hex')
    .slice(0, LENGTH)
}

/** Addresses change within a network. */
function network(address: string): string {
  const octets = address.split('.')
  return octets.length === 4 ? `${octets.slice(0, 3).join('.')}.x` : address
}

/** Throws {@link TokenError} for another device in strict mode; otherwise says so on the console and lets it pass. */
export function checkFingerprint(
  request: HttpRequest,
  expected: unknown,
  { fingerprintStrict }: SecurityConfig,
): void {
  if (typeof expected !== 'string') return
  const actual = fingerprintOf(request)
  if (actual === expected) return
  if (fingerprintStrict) {
    throw new TokenError('Token fingerprint mismatch - device/network change detected')
  }
  const userAgent = headerOf(request, 'user-agent')?.slice(0, 100)
  // eslint-disable-next-line no-console -- where 3.x warns, and people look for it
  console.warn('Token fingerprint mismatch detected:', {
    expected,
    actual,
    ip: addressOf(request),
    userAgent,
  })
}
