import { GlideClient, GlideClusterClient } from '@valkey/valkey-glide'
import { Cluster, Redis as IoRedis } from 'ioredis'
import { Cluster as Cluster5, Redis as IoRedis5 } from 'ioredis5'
import { Redis as IoValkey } from 'iovalkey'
import { createClient, createClientPool, createCluster, createSentinel, RESP_TYPES } from 'redis'
import { createClient as createClient4, createCluster as createCluster4 } from 'redis4'
import { createClient as createClient5, createCluster as createCluster5 } from 'redis5'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { InvalidOption } from '../../../src/errors.js'
import { scanKeys } from '../../../src/store/redis/scan.js'
import { startCluster, type RedisCluster } from '../../support/redis-cluster.js'
import { startSentinel } from '../../support/redis-sentinel.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'

let server: RedisServer
let sentinel: RedisServer
let cluster: RedisCluster

/** Names with what means something in a pattern, and what only looks like it does. */
const NAMES = Array.from({ length: 300 }, (_, at) => `sess:ключ*[${String(at)}]`)
const OTHERS = Array.from({ length: 50 }, (_, at) => `other:${String(at)}`)

beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startCluster()])
  sentinel = await startSentinel(server.port)
  const single = createClient({ url: server.url })
  const many = createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) })
  await Promise.all([single.connect(), many.connect()])
  for (const name of [...NAMES, ...OTHERS]) {
    await Promise.all([single.set(name, '1'), many.set(name, '1'), single.set(`a*p:${name}`, '1')])
    await many.set(`a*p:${name}`, '1')
  }
  single.destroy()
  many.destroy()
})
afterAll(async () => {
  await Promise.all([server, sentinel, cluster].map((each) => each.stop()))
})

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

const host = '127.0.0.1'
const keyPrefix = 'a*p:'

/** Every form of client, and what remains of it afterwards. */
const FORMS: readonly (readonly [string, () => Promise<object>])[] = [
  ['node-redis 6', () => open(createClient({ url: server.url }))],
  [
    'node-redis 6, RESP3, replies as buffers',
    async () => {
      const client = await open(createClient({ url: server.url, RESP: 3 }))
      return client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    },
  ],
  ['node-redis 6, key prefix', () => open(createClient({ url: server.url, keyPrefix }))],
  ['node-redis 6, pool', () => open(createClientPool({ url: server.url }))],
  [
    'node-redis 6, sentinel with readings on replicas',
    () =>
      open(
        createSentinel({
          name: 'main',
          sentinelRootNodes: [{ host, port: sentinel.port }],
          replicaPoolSize: 1,
        }),
      ),
  ],
  ['node-redis 6, cluster', () => open(createCluster({ rootNodes: roots() }))],
  [
    'node-redis 6, cluster, key prefix',
    () => open(createCluster({ rootNodes: roots(), keyPrefix })),
  ],
  ['node-redis 5', () => open(createClient5({ url: server.url }))],
  ['node-redis 5, cluster', () => open(createCluster5({ rootNodes: roots() }))],
  ['node-redis 4', () => open(createClient4({ url: server.url }))],
  ['node-redis 4, legacy mode', () => open(createClient4({ url: server.url, legacyMode: true }))],
  ['node-redis 4, cluster', () => open(createCluster4({ rootNodes: roots() }))],
  ['ioredis 6', async () => part(new IoRedis(server.port))],
  ['ioredis 6, key prefix', async () => part(new IoRedis(server.port, { keyPrefix }))],
  ['ioredis 6, cluster', () => ready(new Cluster(addresses()))],
  ['ioredis 6, cluster, key prefix', () => ready(new Cluster(addresses(), { keyPrefix }))],
  ['ioredis 5', async () => part(new IoRedis5(server.port))],
  ['ioredis 5, cluster', () => ready(new Cluster5(addresses()))],
  ['iovalkey', async () => part(new IoValkey(server.port))],
  [
    'valkey-glide',
    async () => {
      const client = await GlideClient.createClient({
        addresses: [{ host, port: server.port }],
        requestTimeout: 10_000,
      })
      opened.push(() => client.close())
      return client
    },
  ],
  [
    'valkey-glide, cluster',
    async () => {
      const client = await GlideClusterClient.createClient({
        addresses: addresses(),
        requestTimeout: 10_000,
      })
      opened.push(() => client.close())
      return client
    },
  ],
]

function roots(): { url: string }[] {
  return cluster.nodes.map(({ url }) => ({ url }))
}

function addresses(): { host: string; port: number }[] {
  return cluster.ports.map((port) => ({ host, port }))
}

interface NodeRedis {
  connect(): Promise<unknown>
  destroy?(): unknown
  disconnect?(): unknown
}

async function open<Client extends NodeRedis>(client: Client): Promise<Client> {
  await client.connect()
  opened.push(() => (client.destroy === undefined ? client.disconnect?.() : client.destroy()))
  return client
}

function part<Client extends { disconnect(): unknown }>(client: Client): Client {
  opened.push(() => client.disconnect())
  return client
}

async function ready<Client extends { disconnect(): unknown; cluster(word: 'INFO'): unknown }>(
  client: Client,
): Promise<Client> {
  await client.cluster('INFO')
  return part(client)
}

async function scanAll(client: object, match: string): Promise<{ keys: string[]; parts: number }> {
  const keys = new Set<string>()
  let parts = 0
  for await (const some of scanKeys(client, { match, count: 40 })) {
    expect(some).not.toEqual([])
    for (const key of some) keys.add(key)
    parts += 1
  }
  return { keys: [...keys].sort(), parts }
}

describe('scanKeys', () => {
  it.each(FORMS)('meets every key, and no other, with %s', async (_, connect) => {
    const { keys, parts } = await scanAll(await connect(), 'sess:*')
    expect(keys).toEqual([...NAMES].sort())
    expect(parts).toBeGreaterThan(3)
  })

  it('yields nothing where nothing matches', async () => {
    const client = await open(createClient({ url: server.url }))
    expect(await scanAll(client, 'nothing:*')).toEqual({ keys: [], parts: 0 })
  })

  it('refuses what is no client', async () => {
    await expect(scanAll({ get: () => undefined }, '*')).rejects.toThrow(InvalidOption)
  })

  it('fails with the error of the client', async () => {
    const client = await open(createClient({ url: server.url }))
    client.destroy()
    opened.pop()
    await expect(scanAll(client, '*')).rejects.toThrow('closed')
  })
})
