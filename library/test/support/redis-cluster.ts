import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, startRedis, waitFor, type RedisServer, type ServerTls } from './redis-server.js'

/** Several primaries with all slots shared out, and their replicas. */
export interface RedisCluster {
  /** All nodes, the primaries first. */
  readonly nodes: readonly RedisServer[]
  readonly ports: readonly number[]
  /** The primaries that it began with. */
  readonly primaries: readonly RedisServer[]
  /** The replicas that it began with, those of the first primary first. */
  readonly replicas: readonly RedisServer[]
  /** Which node serves a slot now, as the majority of those that answer say. */
  ownerOf(slot: number): Promise<RedisServer>
  /** Ends all of them. */
  stop(): Promise<void>
}

/** How a cluster is made. */
export interface RedisClusterOptions {
  /** Default 3. */
  readonly primaries?: number
  /** For each primary. Default none. */
  readonly replicas?: number
  /** Milliseconds after which a node that is silent counts as gone. Default 2,000. */
  readonly nodeTimeout?: number
  readonly args?: readonly string[]
  readonly tls?: ServerTls
}

/** They tell each other what is new as often as that: quickly, as long as the cluster is made. Milliseconds. */
const WHILE_MADE = '500'

/** Starts a cluster, and waits until every node serves every slot, every replica follows, and all know of it. */
export async function startCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { primaries: most = 3, replicas: each = 0 } = options
  const nodes: RedisServer[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    for (let index = 0; index < most * (1 + each); index += 1) nodes.push(await startNode(options))
    const primaries = nodes.slice(0, most)
    const replicas = nodes.slice(most)
    await shareOut(primaries)
    await introduce(nodes)
    await follow(primaries, replicas)
    await hearOfAll(nodes)
    const timeout = String(options.nodeTimeout ?? 2_000)
    await Promise.all(
      nodes.map((node) => node.cli('config', 'set', 'cluster-node-timeout', timeout)),
    )
    return {
      nodes,
      ports: nodes.map((node) => node.port),
      primaries,
      replicas,
      ownerOf: (slot) => ownerOf(nodes, slot),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startNode({ args = [], tls }: RedisClusterOptions): Promise<RedisServer> {
  const bus = String(await freePort())
  const cluster = ['--cluster-enabled', 'yes', '--cluster-port', bus]
  const timing = ['--cluster-node-timeout', WHILE_MADE, '--repl-diskless-sync-delay', '0']
  return startRedis({
    args: [...cluster, ...timing, ...args],
    ...(tls === undefined ? {} : { tls }),
  })
}

async function shareOut(primaries: readonly RedisServer[]): Promise<void> {
  const share = Math.ceil(16_384 / primaries.length)
  for (const [index, node] of primaries.entries()) {
    await node.cli('cluster', 'set-config-epoch', String(index + 1))
    const last = Math.min((index + 1) * share, 16_384) - 1
    await node.cli('cluster', 'addslotsrange', String(index * share), String(last))
  }
}

async function introduce(nodes: readonly RedisServer[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    const bus = (await node.cli('config', 'get', 'cluster-port')).split('\n').at(-1) ?? ''
    for (const other of nodes.slice(index + 1)) {
      await other.cli('cluster', 'meet', '127.0.0.1', String(node.port), bus)
    }
  }
  await agree(nodes)
}

/** Every node knows every other, and that all slots are served. */
async function agree(nodes: readonly RedisServer[]): Promise<void> {
  const known = `cluster_known_nodes:${String(nodes.length)}`
  await waitFor('the cluster to agree', async () => {
    const infos = await Promise.all(nodes.map((node) => node.cli('cluster', 'info')))
    return infos.every((info) => info.includes('cluster_state:ok') && info.includes(known))
  })
}

async function follow(
  primaries: readonly RedisServer[],
  replicas: readonly RedisServer[],
): Promise<void> {
  const each = replicas.length / primaries.length
  for (const [index, replica] of replicas.entries()) {
    const primary = primaries[Math.floor(index / each)]
    if (primary === undefined) continue
    const id = await primary.cli('cluster', 'myid')
    // It may not have heard of the primary yet.
    for (let attempt = 0; ; attempt += 1) {
      try {
        await replica.cli('cluster', 'replicate', id)
        break
      } catch (error) {
        if (attempt === 50) throw error
        await sleep(100)
      }
    }
  }
  await waitFor('the replicas to follow', async () => {
    const infos = await Promise.all(replicas.map((node) => node.cli('info', 'replication')))
    return infos.every((info) => info.includes('master_link_status:up'))
  })
}

/** Clients that ask any node hear of all of them. */
async function hearOfAll(nodes: readonly RedisServer[]): Promise<void> {
  await waitFor('the nodes to have heard of each other', async () => {
    const views = await Promise.all(nodes.map((node) => node.cli('cluster', 'slots')))
    return views.every((view) => nodes.every(({ port }) => view.includes(`\n${String(port)}\n`)))
  })
}

async function ownerOf(nodes: readonly RedisServer[], slot: number): Promise<RedisServer> {
  const votes = new Map<number, number>()
  for (const node of nodes) {
    const text = await node.cli('cluster', 'slots').catch(() => '')
    const port = portOf(text.split('\n'), slot)
    if (port !== undefined) votes.set(port, (votes.get(port) ?? 0) + 1)
  }
  const [winner] = [...votes].sort((one, other) => other[1] - one[1])
  const owner = nodes.find(({ port }) => port === winner?.[0])
  if (owner === undefined) throw new Error(`nobody serves slot ${String(slot)}`)
  return owner
}

/** The lines are first slot, last slot, and for each node its address, port, id and details: the primary first. */
function portOf(lines: readonly string[], slot: number): number | undefined {
  for (let at = 0; at + 3 < lines.length; at += 1) {
    const [first, last, address, port] = lines.slice(at, at + 4)
    if (address !== '127.0.0.1' || !/^\d+$/.test(first ?? '')) continue
    if (Number(first) <= slot && slot <= Number(last)) return Number(port)
  }
  return undefined
}
