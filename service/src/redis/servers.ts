/** Which servers a Redis consists of. Asks with what every user may ask, or any client of the topology has to. */
import type { RedisConfig } from '../config/config.js'
import type { RedisNode } from '../config/redis-readers.js'
import { askServer, type SendCommand } from './client.js'
import { StoreRefused } from '../store-refused.js'

/** One server that holds sessions. */
export interface RedisPart extends RedisNode {
  readonly role: 'primary' | 'replica'
}

/**
 * What answers at the one address that was given: the server itself, or a node of a cluster, which leads to all of it. One
 * that is away counts as a server.
 *
 * @throws StoreRefused for a Sentinel, and for a database that a cluster has not.
 */
export async function recognise(redis: RedisConfig): Promise<RedisConfig> {
  const [seed] = redis.nodes
  if (redis.topology !== 'single' || seed === undefined) return redis
  const seen = await askServer(redis, seed, async (send) => {
    const mode = await modeOf(send)
    return { mode, parts: mode === 'cluster' ? await clusterParts(send, seed) : [] }
  }).catch(() => undefined)
  if (seen?.mode === 'sentinel') {
    const form = 'REDIS_URL=redis-sentinel://host:port,host:port/name'
    throw new StoreRefused('STORE_PROTOCOL', `REDIS_URL leads to a Sentinel. Use ${form}.`)
  }
  if (seen?.mode !== 'cluster') return redis
  if (redis.database !== 0) {
    const what = 'REDIS_URL leads to a Redis Cluster, which has database 0 only.'
    throw new StoreRefused(
      'STORE_PROTOCOL',
      `${what} Keep applications apart with REDIS_KEY_PREFIX.`,
    )
  }
  // The seed may be the next to die.
  return {
    ...redis,
    topology: 'cluster',
    nodes: [seed, ...seen.parts.map(({ host, port }) => ({ host, port }))],
  }
}

/** HELLO is for everybody, whatever the rights. */
async function modeOf(send: SendCommand): Promise<string | undefined> {
  const facts = await send(['HELLO'])
  if (!Array.isArray(facts)) return undefined
  return String(facts[facts.indexOf('mode') + 1])
}

/** All servers, primaries first. Fails where none of those that are known answers. */
export async function listParts(redis: RedisConfig): Promise<readonly RedisPart[]> {
  switch (redis.topology) {
    case 'single':
      return redis.nodes.map((node) => ({ ...node, role: 'primary' as const }))
    case 'cluster':
      return firstAnswer(redis.nodes, (node) =>
        askServer(redis, node, (send) => clusterParts(send, node)),
      )
    case 'sentinel':
      return firstAnswer(redis.nodes, (node) =>
        askServer({ ...redis, ...redis.sentinel }, node, (send) =>
          watchedParts(send, redis.masterName ?? ''),
        ),
      )
  }
}

async function firstAnswer<Answer>(
  nodes: readonly RedisNode[],
  ask: (node: RedisNode) => Promise<Answer>,
): Promise<Answer> {
  let fault: unknown
  for (const node of nodes) {
    try {
      return await ask(node)
    } catch (error) {
      fault = error
    }
  }
  throw fault
}

/** `CLUSTER SLOTS`: ranges, each with its nodes, the primary first. */
async function clusterParts(send: SendCommand, asked: RedisNode): Promise<readonly RedisPart[]> {
  const ranges = (await send(['CLUSTER', 'SLOTS'])) as readonly (readonly unknown[])[]
  const parts = new Map<string, RedisPart>()
  for (const [, , ...nodes] of ranges) {
    for (const [place, node] of (nodes as [string | null, number][]).entries()) {
      // No host: the one that was asked knows no name of itself.
      const host = node[0] === null || node[0] === '' ? asked.host : node[0]
      const [, port] = node
      const role = place === 0 ? 'primary' : 'replica'
      if (host !== '?') parts.set(`${host}:${String(port)}`, { host, port, role })
    }
  }
  return primariesFirst([...parts.values()])
}

async function watchedParts(send: SendCommand, name: string): Promise<readonly RedisPart[]> {
  const address = await send(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
  if (!Array.isArray(address)) throw new Error(`the Sentinels know nothing by the name ${name}`)
  const replicas = (await send(['SENTINEL', 'REPLICAS', name])) as readonly (readonly unknown[])[]
  const valueOf = (facts: readonly unknown[], field: string): string =>
    String(facts[facts.indexOf(field) + 1])
  return [
    { host: String(address[0]), port: Number(address[1]), role: 'primary' },
    ...replicas.map((facts) => ({
      host: valueOf(facts, 'ip'),
      port: Number(valueOf(facts, 'port')),
      role: 'replica' as const,
    })),
  ]
}

function primariesFirst(parts: readonly RedisPart[]): readonly RedisPart[] {
  return [...parts].sort((one, other) =>
    one.role < other.role ? -1 : one.role > other.role ? 1 : 0,
  )
}
