import { isIPv4, isIPv6 } from 'node:net'

/**
 * The network of an address, such as `203.0.113.0/24`: what a device moves within without going anywhere. Takes a canonical
 * address, or one that was truncated to a shorter prefix; any other text is handed back as it is.
 */
export function prefixOf(address: string, ipv4Bits: number, ipv6Bits: number): string {
  if (isIPv4(address)) {
    return `${masked(address.split('.').map(Number), 8, ipv4Bits).join('.')}/${String(ipv4Bits)}`
  }
  if (!isIPv6(address)) return address
  const groups = masked(groupsOf(address), 16, ipv6Bits).map((group) => group.toString(16))
  return `${groups.join(':')}/${String(ipv6Bits)}`
}

/** Whether both are of one kind. A device with IPv4 and IPv6 uses both in turn, and is in one place. */
export function isSameKind(left: string, right: string): boolean {
  return left.includes(':') === right.includes(':')
}

function masked(parts: readonly number[], width: number, bits: number): number[] {
  return parts.map((part, index) => {
    const kept = Math.min(Math.max(bits - index * width, 0), width)
    return part & ~((1 << (width - kept)) - 1)
  })
}

function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const first = toGroups(head)
  if (tail === undefined) return first
  const last = toGroups(tail)
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
}

function toGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}
