import { createRequire } from 'node:module'
import { GlideClient, GlideClusterClient } from '@valkey/valkey-glide'
import { Cluster, Redis as IoRedis } from 'ioredis'
import { Cluster as Cluster5, Redis as IoRedis5 } from 'ioredis5'
import IoValkey from 'iovalkey'
import { createClient, createClientPool, createCluster } from 'redis'
import { createClient as createClient4, createCluster as createCluster4 } from 'redis4'
import { createClient as createClient5, createCluster as createCluster5 } from 'redis5'

/**
 * Every client library, connected as its documentation does it, with the options of a person who set none. What
 * was opened is closed by `closeAll`.
 */

const host = '127.0.0.1'
const opened: (() => unknown)[] = []

export async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close()
}

type Connect = (port: number) => Promise<object>
type ConnectCluster = (ports: readonly number[]) => Promise<object>

/** A client of node-redis; reconnects fast, so that tests of faults do. */
async function nodeRedis(create: (options: any) => any, more: object, port: number): Promise<any> {
  const client = create({ socket: { host, port, reconnectStrategy: 50 }, ...more })
  client.on('error', () => undefined)
  await client.connect()
  opened.push(() => (client.destroy === undefined ? client.disconnect() : client.destroy()))
  return client
}

async function ioRedis(Client: any, more: object, port: number): Promise<any> {
  const client = new Client(port, host, { retryStrategy: () => 50, ...more })
  client.on('error', () => undefined)
  opened.push(() => client.disconnect())
  await client.ping()
  return client
}

async function pool(port: number): Promise<object> {
  const client = createClientPool({ url: `redis://${host}:${String(port)}` })
  await client.connect()
  opened.push(() => client.destroy())
  return client
}

async function glide(port: number): Promise<object> {
  const client = await GlideClient.createClient({ addresses: [{ host, port }] })
  opened.push(() => client.close())
  return client
}

/** One connection each. */
export const SINGLE: readonly (readonly [string, Connect])[] = [
  ['node-redis 4', (port) => nodeRedis(createClient4, {}, port)],
  ['node-redis 4, legacy mode', (port) => nodeRedis(createClient4, { legacyMode: true }, port)],
  ['node-redis 5', (port) => nodeRedis(createClient5, {}, port)],
  ['node-redis 6', (port) => nodeRedis(createClient, {}, port)],
  ['node-redis 6, RESP3', (port) => nodeRedis(createClient, { RESP: 3 }, port)],
  ['node-redis 6, pool', pool],
  ['ioredis 5', (port) => ioRedis(IoRedis5, {}, port)],
  ['ioredis 6', (port) => ioRedis(IoRedis, {}, port)],
  ['ioredis 6, pipelines', (port) => ioRedis(IoRedis, { enableAutoPipelining: true }, port)],
  ['ioredis 6, key prefix', (port) => ioRedis(IoRedis, { keyPrefix: 'a[p]p:' }, port)],
  ['iovalkey', (port) => ioRedis(IoValkey, {}, port)],
  ['valkey-glide', glide],
]

async function nodeRedisCluster(create: (options: any) => any, ports: readonly number[]) {
  const client = create({
    rootNodes: ports.map((port) => ({ url: `redis://${host}:${String(port)}` })),
  })
  client.on('error', () => undefined)
  await client.connect()
  opened.push(() => (client.destroy === undefined ? client.disconnect() : client.destroy()))
  return client
}

async function ioRedisCluster(Client: any, ports: readonly number[]): Promise<object> {
  const client = new Client(ports.map((port) => ({ host, port })))
  client.on('error', () => undefined)
  opened.push(() => client.disconnect())
  await client.cluster('INFO')
  return client
}

/** Clients of a whole cluster. */
export const CLUSTER: readonly (readonly [string, ConnectCluster])[] = [
  ['node-redis 4, cluster', (ports) => nodeRedisCluster(createCluster4, ports)],
  ['node-redis 5, cluster', (ports) => nodeRedisCluster(createCluster5, ports)],
  ['node-redis 6, cluster', (ports) => nodeRedisCluster(createCluster, ports)],
  ['ioredis 5, cluster', (ports) => ioRedisCluster(Cluster5, ports)],
  ['ioredis 6, cluster', (ports) => ioRedisCluster(Cluster, ports)],
  ['iovalkey, cluster', (ports) => ioRedisCluster(IoValkey.Cluster, ports)],
  [
    'valkey-glide, cluster',
    async (ports) => {
      const addresses = ports.map((port) => ({ host, port }))
      const client = await GlideClusterClient.createClient({ addresses })
      opened.push(() => client.close())
      return client
    },
  ],
]

/** The client of that name. */
export function connect(name: string, port: number): Promise<any> {
  const found = SINGLE.find(([each]) => each === name)
  if (found === undefined) throw new Error(`no client ${name}`)
  return found[1](port)
}

/** Loads as applications written for connect-redis do; it brings types for none of its old majors. */
export const load = createRequire(import.meta.url) as (name: string) => any
