/** Writes a small file in MaxMind's format (https://maxmind.github.io/MaxMind-DB/): a search tree, data, and what it says of itself. */

type Value = string | number | bigint | { readonly [name: string]: Value } | readonly Value[]

/** Where networks are: `203.0.113.0/24`, `2001:db8::/32` … */
export type PlacesByNetwork = Readonly<Record<string, { readonly [name: string]: Value }>>

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
const RECORD_BITS = 24

/** What MaxMind's own files of towns hold of one place. */
export const town = (city: string, country: string, code: string) => ({
  city: { geoname_id: 1, names: { en: city, de: 'anders' } },
  country: { geoname_id: 2, iso_code: code, names: { en: country } },
})

export function mmdb(places: PlacesByNetwork, type = 'Test-City'): Buffer {
  const data: Buffer[] = []
  let length = 0
  const leaves = new Map<string, number>()
  for (const [network, place] of Object.entries(places)) {
    const bytes = encode(place)
    leaves.set(network, length)
    data.push(bytes)
    length += bytes.length
  }
  const tree = treeOf(leaves)
  const about = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000n,
    database_type: type,
    description: { en: 'made by a test' },
    ip_version: 6,
    languages: ['en'],
    node_count: tree.nodes,
    record_size: RECORD_BITS,
  })
  return Buffer.concat([tree.bytes, Buffer.alloc(16), ...data, MARKER, about])
}

type Node = [left: Node | number | undefined, right: Node | number | undefined]

/** Numbers are offsets in the data; nothing is "not in here". */
function treeOf(leaves: ReadonlyMap<string, number>): { nodes: number; bytes: Buffer } {
  const root: Node = [undefined, undefined]
  for (const [network, offset] of leaves) {
    const bits = bitsOf(network)
    let node = root
    for (const bit of bits.slice(0, -1)) {
      const next = node[bit]
      node = typeof next === 'object' ? next : (node[bit] = [undefined, undefined])
    }
    node[bits.at(-1) ?? 0] = offset
  }
  const all: Node[] = [root]
  for (const node of all) for (const side of node) if (typeof side === 'object') all.push(side)
  const bytes = Buffer.alloc((all.length * 2 * RECORD_BITS) / 8)
  for (const [at, node] of all.entries()) {
    for (const [side, to] of node.entries()) {
      const known = typeof to === 'number' ? all.length + 16 + to : all.length
      bytes.writeUIntBE(typeof to === 'object' ? all.indexOf(to) : known, at * 6 + side * 3, 3)
    }
  }
  return { nodes: all.length, bytes }
}

/** IPv4 lies in the first 2 to the 32nd of IPv6. */
function bitsOf(network: string): (0 | 1)[] {
  const [address = '', length = ''] = network.split('/')
  const isFour = !address.includes(':')
  const groups = isFour
    ? [...Array<number>(12).fill(0), ...address.split('.').map(Number)]
    : bytesOfSix(address)
  const bits = groups.flatMap((group) => [...group.toString(2).padStart(8, '0')].map(Number))
  return bits.slice(0, Number(length) + (isFour ? 96 : 0)) as (0 | 1)[]
}

function bytesOfSix(address: string): number[] {
  const [head = '', tail = ''] = address.split('::')
  const parts = (text: string) => text.split(':').filter((part) => part !== '')
  const missing = 8 - parts(head).length - parts(tail).length
  const groups = [...parts(head), ...Array<string>(missing).fill('0'), ...parts(tail)]
  return groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255])
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([control(2, text.length), text])
  }
  if (typeof value === 'number') return whole(6, BigInt(value))
  if (typeof value === 'bigint') return whole(9, value)
  if (Array.isArray(value)) {
    const list = value as readonly Value[]
    return Buffer.concat([control(11, list.length), ...list.map(encode)])
  }
  const entries = Object.entries(value)
  const parts = entries.flatMap(([name, one]) => [encode(name), encode(one)])
  return Buffer.concat([control(7, entries.length), ...parts])
}

function whole(type: number, value: bigint): Buffer {
  const hex = value === 0n ? '' : value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex')
  return Buffer.concat([control(type, bytes.length), bytes])
}

/** Types from 8 on have a byte of their own; lengths from 29 on another one. */
function control(type: number, length: number): Buffer {
  const [size, more] = length < 29 ? [length, []] : [29, [length - 29]]
  return Buffer.from(type < 8 ? [(type << 5) | size, ...more] : [size, type - 7, ...more])
}
