import { InvalidOption } from '../../errors.js'

/** What SCAN is asked: a pattern of names, and about how many keys to look at in one go. */
export interface ScanOptions {
  readonly match: string
  readonly count: number
}

/** What one SCAN answered; the cursor `0` is the end. A name may come twice. */
export interface ScanPart {
  readonly cursor: string
  readonly keys: readonly string[]
}

/** One node that holds keys: the only one there is, or a primary of a cluster. */
export interface ScanNode {
  /** Tells the nodes of a cluster apart: host and port. */
  readonly name: string
  readonly scan: (cursor: string, options: ScanOptions) => Promise<ScanPart>
}

/** The nodes to scan, in an order that stays while they are the same. */
export type ListNodes = () => Promise<readonly ScanNode[]>

/**
 * All names of keys that match, in parts that are never empty, of every primary in turn; some may come twice, and
 * those of keys that come or go meanwhile may be missing. A prefix that the client puts before all keys is put
 * before the pattern, too, and taken off the names, so that they can be given back to the same client.
 *
 * For node-redis 4 to 6, ioredis, iovalkey and valkey-glide: single, cluster, sentinel or pool. Fails with the
 * error of the client.
 *
 * @throws InvalidOption where the client has no way to scan.
 */
export async function* scanKeys(client: object, options: ScanOptions): AsyncIterable<string[]> {
  const listNodes = toScan(client)
  if (listNodes === undefined) {
    throw new InvalidOption(
      'option client must be a client instance of redis (node-redis), ioredis, iovalkey or valkey-glide that can SCAN.',
    )
  }
  for (const node of await listNodes()) {
    let cursor = '0'
    do {
      const part = await node.scan(cursor, options)
      cursor = part.cursor
      if (part.keys.length > 0) yield [...part.keys]
    } while (cursor !== '0')
  }
}

/** Looks at what `client` can do; `undefined` where it cannot scan. */
export function toScan(client: object): ListNodes | undefined {
  const shape = modern(client)
  const list = toListing(shape)
  if (list === undefined) return undefined
  const prefix = (shape._keyPrefix ?? shape.options?.keyPrefix ?? '').toString()
  return async () => {
    const nodes = await list()
    const known = prefix === '' ? nodes : nodes.map((node) => behindPrefix(node, prefix))
    return [...known].sort((one, other) => (one.name < other.name ? -1 : 1))
  }
}

/** What the libraries offer; each client has only some of it. */
interface Shape {
  readonly options?:
    { readonly keyPrefix?: string | Buffer | undefined; readonly legacyMode?: unknown } | undefined
  /** node-redis 6: of the client itself, of a cluster and of Sentinel. */
  readonly _keyPrefix?: string | Buffer | undefined
  /** node-redis 4 in its legacy mode, where the client itself speaks in callbacks. */
  readonly v4?: unknown
  readonly evalSha?: unknown
  readonly evalsha?: unknown
  readonly scanIterator?: unknown
  readonly scanStream?: unknown
  readonly masters?: readonly { readonly address?: string }[]
  readonly nodeClient?: (node: object) => unknown
  readonly getMasterNode?: unknown
  readonly nodes?: (role: 'master') => readonly object[]
  scan?(...words: readonly string[]): Promise<unknown>
  /** node-redis' Sentinel client has a flag in front. */
  sendCommand?(...words: readonly unknown[]): Promise<unknown>
  readonly fcallWithRoute?: unknown
  customCommand?(words: readonly string[], options?: { readonly route: unknown }): Promise<unknown>
}

function modern(client: object): Shape {
  const shape = client as Shape
  return shape.options?.legacyMode === true ? (shape.v4 as Shape) : shape
}

/** How each library is told, and asked. Order matters: clusters have what single clients have, and more. */
const LIBRARIES: readonly (readonly [readonly (keyof Shape)[], (shape: Shape) => ListNodes])[] = [
  [['nodeClient'], (shape) => () => nodeRedisCluster(shape)],
  [['getMasterNode', 'sendCommand'], (shape) => one(nodeRedisSentinel(shape))],
  [['evalSha', 'sendCommand'], (shape) => one(nodeRedis(shape))],
  [['scanIterator', 'sendCommand'], (shape) => one(nodeRedis(shape))],
  [['evalsha', 'nodes'], (shape) => async () => ioRedisCluster(shape)],
  [['evalsha', 'scan'], (shape) => one(ioRedis(shape))],
  [['scanStream', 'scan'], (shape) => one(ioRedis(shape))],
  [['fcallWithRoute', 'customCommand'], (shape) => () => glideCluster(shape)],
  [['customCommand'], (shape) => one(glide(shape))],
]

function toListing(shape: Shape): ListNodes | undefined {
  const library = LIBRARIES.find(([methods]) =>
    methods.every((method) => typeof shape[method] === 'function'),
  )
  return library?.[1](shape)
}

type Scan = ScanNode['scan']

function one(scan: Scan): ListNodes {
  return async () => [{ name: '', scan }]
}

/** Not by its `scan`: version 4 makes a number of the cursor, which need not fit into one. */
function nodeRedis(shape: Shape): Scan {
  return words(async (command) => shape.sendCommand?.(command))
}

async function nodeRedisCluster(shape: Shape): Promise<ScanNode[]> {
  const nodes = (shape.masters ?? []).map(async (master, at) => {
    const client = (await shape.nodeClient?.(master)) as Shape
    return { name: master.address ?? String(at), scan: nodeRedis(client) }
  })
  return Promise.all(nodes)
}

/** Told to be no reading, as a cursor is of use only where it comes from: readings may go to any replica. */
function nodeRedisSentinel(shape: Shape): Scan {
  return words(async (command) => shape.sendCommand?.(false, command))
}

function ioRedis(shape: Shape): Scan {
  return words(async ([, ...rest]) => shape.scan?.(...rest))
}

function ioRedisCluster(shape: Shape): ScanNode[] {
  return (shape.nodes?.('master') ?? []).map((node, at) => {
    const { options } = node as { options?: { host?: string; port?: number } }
    const name =
      options === undefined ? String(at) : `${String(options.host)}:${String(options.port)}`
    return { name, scan: ioRedis(node) }
  })
}

function glide(shape: Shape, route?: object): Scan {
  const options = route === undefined ? [] : ([{ route }] as const)
  return words(async (command) => shape.customCommand?.(command, ...options))
}

/** Its own cluster scan wants a cursor of its own making; asked of all primaries, a command tells who they are. */
async function glideCluster(shape: Shape): Promise<ScanNode[]> {
  const command = ['SCAN', '0', 'COUNT', '1']
  const replies = await shape.customCommand?.(command, { route: 'allPrimaries' })
  return (replies as readonly { readonly key: unknown }[]).map(({ key }) => {
    const host = String(key)
    return { name: host, scan: glide(shape, { type: 'routeByAddress', host }) }
  })
}

/** SCAN in Redis' own words. */
function words(send: (command: readonly string[]) => Promise<unknown>): Scan {
  return async (cursor, { match, count }) => {
    const reply = await send(['SCAN', cursor, 'MATCH', match, 'COUNT', String(count)])
    const [next, keys] = reply as [unknown, readonly unknown[]]
    return { cursor: String(next), keys: keys.map((key) => String(key)) }
  }
}

/** No library applies its prefix to patterns, or takes it off what Redis answers. */
function behindPrefix({ name, scan }: ScanNode, prefix: string): ScanNode {
  const literal = prefix.replaceAll(/[\\*?[]/g, (mark) => `\\${mark}`)
  return {
    name,
    async scan(cursor, { match, count }) {
      const part = await scan(cursor, { match: literal + match, count })
      return { cursor: part.cursor, keys: part.keys.map((key) => key.slice(prefix.length)) }
    },
  }
}
