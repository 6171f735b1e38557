import { isIPv4, isIPv6 } from 'node:net'

/** The longest text that is looked at: a bracketed IPv6 address with zone id and port is shorter. */
const LONGEST = 80
const WITH_PORT = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/
const MAPPED = '::ffff:'

/**
 * The one spelling of an IP address: IPv4 as dotted decimals, also where it came mapped into IPv6; IPv6
 * compressed, in lower case, without zone id (RFC 5952). A port, as some proxies append it, is cut off.
 * `undefined` for anything else, whatever its length.
 */
export function canonicalAddress(text: string | undefined): string | undefined {
  if (text === undefined || text.length > LONGEST) return undefined
  return canonical(text) ?? canonical(withoutPort(text))
}

function canonical(text: string): string | undefined {
  if (isIPv4(text)) return text
  if (!isIPv6(text)) return undefined
  // What Node reports of an IPv4 client on a dual-stack socket; needs no parsing.
  const tail = text.startsWith(MAPPED) ? text.slice(MAPPED.length) : ''
  return isIPv4(tail) ? tail : canonicalIPv6(text)
}

function withoutPort(text: string): string {
  const [, bracketed, dotted = ''] = WITH_PORT.exec(text) ?? []
  return bracketed ?? dotted
}

/**
 * What one client can move within: an IPv4 address as it is, of an IPv6 address its first `prefix` bits (as
 * `…::/64`). Limits count by this, or one household would have 2^64 fresh starts. Takes a canonical address;
 * any other text is handed back as it is.
 */
export function networkOf(address: string, prefix = 64): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : 8 - first.length - last.length
  const groups = [...first, ...Array<string>(missing).fill('0'), ...last].slice(0, 4)
  const masked = prefix === 64 ? groups : groups.map((group, at) => mask(group, prefix - at * 16))
  return `${canonicalIPv6(`${masked.join(':')}::`)}/${String(prefix)}`
}

/** The first `bits` of sixteen, in hexadecimal. */
function mask(group: string, bits: number): string {
  const kept = Math.min(Math.max(bits, 0), 16)
  return ((parseInt(group, 16) >> (16 - kept)) << (16 - kept)).toString(16)
}

/** The /24 of an IPv4 address, the /48 of an IPv6 address: about where somebody is, and not who. */
export function truncatedAddress(address: string): string {
  if (!address.includes(':')) return address.replace(/\.\d+$/, '.0')
  const [head = ''] = address.split('::', 1)
  const groups = head
    .split(':')
    .filter((group) => group !== '')
    .slice(0, 3)
  return `${groups.join(':')}::`
}

/** WHATWG URL hosts are serialised in the form of RFC 5952, except that mapped IPv4 stays hexadecimal. */
function canonicalIPv6(text: string): string {
  const zone = text.indexOf('%')
  const bare = zone === -1 ? text : text.slice(0, zone)
  const address = new URL(`http://[${bare}]/`).hostname.slice(1, -1)
  return address.startsWith(MAPPED) ? mappedIPv4(address) : address
}

function mappedIPv4(address: string): string {
  const [high = '', low] = address.slice(MAPPED.length).split(':')
  // `::ffff:1` is not mapped: it is 0:0:0:0:0:0:ffff:1.
  if (low === undefined) return address
  const [h, l] = [parseInt(high, 16), parseInt(low, 16)]
  return `${String(h >> 8)}.${String(h & 255)}.${String(l >> 8)}.${String(l & 255)}`
}
