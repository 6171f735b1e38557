import type { Incoming } from '../../request/incoming.js'

const LONGEST = 2_048
/** Visible ASCII without a backslash, which `URL` would read as a slash. */
const FORM = /^https?:\/\/[\x21-\x5b\x5d-\x7e]+$/i
const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i
const UNRESERVED = /[\w.~-]/

/**
 * Scheme, authority and path of an absolute http address, such that equal ones are equal texts (RFC 3986 sections 6.2.2 and
 * 6.2.3): lower case, no default port, no dot segments, percent encoding only where it is needed. Query and
 * fragment are left away (RFC 9449 section 4.3, check 9). `undefined`: it is no such address.
 */
export function normalizeAddress(text: string): string | undefined {
  if (text.length > LONGEST || !FORM.test(text) || !URL.canParse(text)) return undefined
  const { origin, pathname, username, password } = new URL(text)
  if (username !== '' || password !== '') return undefined
  return origin + pathname.replace(/%[\da-f]{2}/gi, toNormalByte)
}

/**
 * The normal form of the address that a request was sent to. A path with dot segments has none: no client sends one, and
 * the router may read it in another way than `URL` does.
 */
export function addressOf(
  { target, host, isSecure }: Pick<Incoming, 'target' | 'host' | 'isSecure'>,
  origin: string | undefined,
): string | undefined {
  const [path = ''] = target.split(/[?#]/, 1)
  if (!path.startsWith('/') || DOT_SEGMENT.test(path)) return undefined
  if (origin !== undefined) return normalizeAddress(origin + path)
  if (host === undefined || !HOST.test(host)) return undefined
  return normalizeAddress(`${isSecure ? 'https' : 'http'}://${host}${path}`)
}

function toNormalByte(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
  return UNRESERVED.test(character) ? character : encoded.toUpperCase()
}
