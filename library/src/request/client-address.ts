import { BlockList, isIP, isIPv4 } from 'node:net'

import { InvalidOption } from '../errors.js'
import { canonicalAddress } from './address.js'

export { canonicalAddress, networkOf } from './address.js'

/** Who may speak for the client: the proxies in front of this process. */
export interface ProxyTrust {
  /** Whether `trustProxy` was given at all. Tells "nobody is trusted" from "this one is not". */
  readonly isSet: boolean
  /**
   * Whether the host at `address` (canonical) is one of our proxies. `hop` is its distance: 0 for the
   * peer of the connection, 1 for the host that spoke to that one, and so on.
   */
  trusts(address: string, hop: number): boolean
}

/** The words that stand for networks. Sources: RFC 1122, 4291 (loopback), 3927, 4291 (link-local), 1918, 4193 (private). */
const NETWORKS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['linklocal', ['169.254.0.0/16', 'fe80::/10']],
  ['uniquelocal', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
])
const MOST_HOPS = 32
/** Answers of a network list are remembered for this many addresses; asking a BlockList takes a microsecond. */
const MOST_REMEMBERED = 4_096

const TRUSTS_NOBODY: ProxyTrust = { isSet: false, trusts: () => false }

/**
 * Reads the option `trustProxy`: a number of proxies in front, or a list of their addresses, networks
 * (`'10.0.0.0/8'`) and the words `'loopback'`, `'linklocal'`, `'uniquelocal'`. Nothing, 0 or an empty
 * list trusts nobody.
 *
 * A number is right only where every request passes that many proxies: it trusts whoever connects.
 *
 * Throws {@link InvalidOption} for `true`, for networks of everybody (`/0`), and for what is neither.
 */
export function createProxyTrust(trustProxy: number | readonly string[] | undefined): ProxyTrust {
  if (trustProxy === undefined) return TRUSTS_NOBODY
  const option: unknown = trustProxy
  if (option === true) {
    throw new InvalidOption(
      "trustProxy: true trusts any client's X-Forwarded-For. Give hop count or addresses.",
    )
  }
  if (typeof option === 'number') return trustHops(option)
  if (Array.isArray(option)) return trustNetworks(option)
  throw new InvalidOption(
    "trustProxy must be a number of proxies or a list of addresses such as ['10.0.0.0/8', 'loopback'].",
  )
}

function trustHops(count: number): ProxyTrust {
  if (!Number.isInteger(count) || count < 0 || count > MOST_HOPS) {
    throw new InvalidOption(
      `trustProxy must be a whole number from 0 to ${String(MOST_HOPS)}, or a list.`,
    )
  }
  return count === 0 ? TRUSTS_NOBODY : { isSet: true, trusts: (_address, hop) => hop < count }
}

function trustNetworks(entries: readonly unknown[]): ProxyTrust {
  if (entries.length === 0) return TRUSTS_NOBODY
  const trusted = new BlockList()
  for (const entry of entries) {
    for (const network of NETWORKS.get(entry) ?? [entry]) addNetwork(trusted, network)
  }
  const remembered = new Map<string, boolean>()
  return {
    isSet: true,
    trusts(address) {
      const known = remembered.get(address)
      if (known !== undefined) return known
      const family = isIP(address)
      const answer = family !== 0 && trusted.check(address, family === 4 ? 'ipv4' : 'ipv6')
      if (remembered.size >= MOST_REMEMBERED) remembered.clear()
      remembered.set(address, answer)
      return answer
    },
  }
}

function addNetwork(trusted: BlockList, entry: unknown): void {
  const network = typeof entry === 'string' ? parseNetwork(entry) : undefined
  if (network === undefined) throw notANetwork(entry)
  const { address, prefix } = network
  if (prefix === 0) {
    throw new InvalidOption(
      `trustProxy: ${String(entry)} trusts everybody. Give the addresses of your proxies.`,
    )
  }
  trusted.addSubnet(address, prefix, isIPv4(address) ? 'ipv4' : 'ipv6')
}

const NETWORK = /^([^/]+)(?:\/(\d{1,3}))?$/

function parseNetwork(text: string): { address: string; prefix: number } | undefined {
  const [, written = '', length] = NETWORK.exec(text) ?? []
  const address = isIP(written) === 0 ? undefined : canonicalAddress(written)
  if (address === undefined) return undefined
  const [bits, writtenBits] = [bitsOf(address), bitsOf(written)]
  // Addresses are compared in canonical form: `::ffff:10.0.0.0/104` is 10.0.0.0/8.
  const prefix = Number(length ?? writtenBits) - (writtenBits - bits)
  return prefix >= 0 && prefix <= bits ? { address, prefix } : undefined
}

function bitsOf(address: string): 32 | 128 {
  return isIPv4(address) ? 32 : 128
}

function notANetwork(entry: unknown): InvalidOption {
  const words = [...NETWORKS.keys()].join(', ')
  return new InvalidOption(
    `trustProxy: ${String(entry)} is not an address, a network such as 10.0.0.0/8, or one of ${words}.`,
  )
}

/**
 * The client's address: from the peer of the connection leftwards through `X-Forwarded-For`, the first
 * that is not one of our proxies. What an untrusted host claims is never looked at, and an entry that is
 * no address ends the walk at the host that reported it.
 *
 * Empty text where the connection has no address: a Unix socket, or one that is closed already.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trust: ProxyTrust,
): string {
  let client = canonicalAddress(peer) ?? ''
  if (forwardedFor === undefined) return client
  let end = forwardedFor.length
  for (let hop = 0; hop < MOST_HOPS && end > 0 && trust.trusts(client, hop); hop += 1) {
    const comma = forwardedFor.lastIndexOf(',', end - 1)
    const next = canonicalAddress(trimEntry(forwardedFor, comma + 1, end))
    if (next === undefined) break
    client = next
    end = comma
  }
  return client
}

/** Cuts an entry out without copying kilobytes of padding; `String.trim` would also eat U+00A0. */
function trimEntry(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
