import { GlideClient, GlideClusterClient } from '@valkey/valkey-glide'
import { Cluster, Redis as IoRedis } from 'ioredis'
import * as ioredis5 from 'ioredis5'
import * as iovalkey from 'iovalkey'
import { createClient, createClientPool, createCluster, createSentinel, RESP_TYPES } from 'redis'
import * as redis4 from 'redis4'
import * as redis5 from 'redis5'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { InvalidOption, StoreUnavailable } from '../../../src/errors.js'
import { createRedisStore, type RedisClient } from '../../../src/store/redis/index.js'
import { toStoreUnavailable } from '../../../src/store/redis/faults.js'
import type { NewSession, Store } from '../../../src/store/store.js'
import { randomToken } from '../../../src/system/random.js'
import { startCluster, type RedisCluster } from '../../support/redis-cluster.js'
import { startSentinel } from '../../support/redis-sentinel.js'
import { freePort, startRedis, type RedisServer } from '../../support/redis-server.js'

let server: RedisServer
let sentinel: RedisServer
let cluster: RedisCluster

beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startCluster()])
  sentinel = await startSentinel(server.port)
})
afterAll(async () => {
  await Promise.all([server, sentinel, cluster].map((each) => each.stop()))
})

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

const host = '127.0.0.1'
const quiet = (): undefined => undefined

function newSession(store: Store): NewSession {
  return {
    id: `${store.bucketOf('ünn')}.${randomToken(16)}`,
    subject: 'ünn',
    secretDigest: randomToken(32),
    idleTimeout: 60_000,
    absoluteTimeout: 60_000,
    traits: { agent: 'é漢' },
    data: new Map([['ключ', '"😀"']]),
  }
}

/** One life of a session, through every kind of reply there is. */
async function live(store: Store): Promise<void> {
  const session = newSession(store)
  const created = await store.create(session)
  expect(created.status).toBe('created')
  const found = await store.read(session.id)
  expect(found.status === 'found' && found.record).toEqual(
    created.status === 'created' && created.record,
  )
  const change = { seen: true, increment: new Map([['n', 41]]), traits: { agent: 'x' } }
  expect(await store.change(session.id, change)).toMatchObject({
    status: 'changed',
    revision: 2,
    values: new Map([['n', 41]]),
  })
  const page = await store.list('ünn', { limit: 10 })
  expect(page.records.map(({ id, traits }) => [id, traits])).toContainEqual([
    session.id,
    { agent: 'x' },
  ])
  expect(await idsOnWalk(store)).toContain(session.id)
  const set = new Map([['rôle', '"ädmin"']])
  expect((await store.changeSubject('ünn', { set })).attributes).toEqual(set)
  expect((await store.endAll('ünn', 'password_changed')).count).toBeGreaterThan(0)
  expect((await store.reap('ünn', 100)).reaped).toContainEqual({
    id: session.id,
    reason: 'password_changed',
  })
  expect(await store.change(session.id, {})).toMatchObject({
    status: 'gone',
    ending: { reason: 'password_changed', subject: 'ünn' },
  })
  expect((await store.read(`${session.id.slice(0, 3)}unknown`)).status).toBe('missing')
  expect((await store.check()).details).toMatchObject({ version: /^\d/, role: 'master' })
  await store.close()
}

async function idsOnWalk(store: Store): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const step = await store.walk?.({ limit: 3, cursor })
    ids.push(...(step?.records ?? []).map(({ id }) => id))
    cursor = step?.next
  } while (cursor !== undefined)
  return ids
}

type Connect = () => Promise<RedisClient>

/** Every form of client that is installed here, with the options of a person who set none. */
const FORMS: readonly (readonly [string, Connect])[] = [
  [
    'node-redis 6, RESP2',
    async () => {
      const client = createClient({ url: server.url, RESP: 2 })
      opened.push(() => client.destroy())
      return client.connect()
    },
  ],
  [
    'node-redis 6, RESP3, replies as buffers',
    async () => {
      const client = createClient({ url: server.url, RESP: 3 })
      opened.push(() => client.destroy())
      await client.connect()
      return client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    },
  ],
  [
    'node-redis 6, key prefix',
    async () => {
      const client = createClient({ url: server.url, keyPrefix: 'app:' })
      opened.push(() => client.destroy())
      return client.connect()
    },
  ],
  [
    'node-redis 6, pool',
    async () => {
      const pool = createClientPool({ url: server.url })
      opened.push(() => pool.destroy())
      await pool.connect()
      return pool
    },
  ],
  [
    'node-redis 6, sentinel',
    async () => {
      const client = createSentinel({
        name: 'main',
        sentinelRootNodes: [{ host, port: sentinel.port }],
      })
      opened.push(() => client.destroy())
      return client.connect()
    },
  ],
  [
    'node-redis 6, cluster',
    async () => {
      const client = createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) })
      opened.push(() => client.destroy())
      return client.connect()
    },
  ],
  [
    'ioredis 6, lazy',
    async () => {
      const client = new IoRedis(server.port, { lazyConnect: true })
      opened.push(() => client.disconnect())
      return client
    },
  ],
  [
    'ioredis 6, key prefix with a hash tag, automatic pipelines',
    async () => {
      const keyPrefix = '{app}:'
      const client = new IoRedis(server.port, { keyPrefix, enableAutoPipelining: true })
      opened.push(() => client.disconnect())
      await client.ping()
      return client
    },
  ],
  [
    'ioredis 6, sentinel',
    async () => {
      const client = new IoRedis({ sentinels: [{ host, port: sentinel.port }], name: 'main' })
      opened.push(() => client.disconnect())
      await client.ping()
      return client
    },
  ],
  [
    'ioredis 6, cluster',
    async () => {
      const client = new Cluster(cluster.ports.map((port) => ({ host, port })))
      opened.push(() => client.disconnect())
      await client.cluster('INFO')
      return client
    },
  ],
  [
    'valkey-glide 2',
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
    'valkey-glide 2, cluster',
    async () => {
      const addresses = cluster.ports.map((port) => ({ host, port }))
      const client = await GlideClusterClient.createClient({ addresses, requestTimeout: 10_000 })
      opened.push(() => client.close())
      return client
    },
  ],
  [
    // Its one method that is used, with its spelling of the words.
    'what has the shape of valkey-glide',
    async () => {
      const client = createClient({ url: server.url })
      opened.push(() => client.destroy())
      await client.connect()
      return { customCommand: (words: string[]) => client.sendCommand(words) }
    },
  ],
]

type NodeLibrary = Pick<typeof import('redis'), 'createClient' | 'createCluster'> &
  Partial<Pick<typeof import('redis'), 'createSentinel'>>

/** node-redis of another major version, wherever it can go. Version 4 knows no Sentinel. */
function nodeForms(name: string, library: NodeLibrary): (readonly [string, Connect])[] {
  const keep = <Client extends { connect(): Promise<unknown>; disconnect?(): unknown }>(
    client: Client,
  ): Promise<RedisClient> => {
    const { destroy = client.disconnect } = client as { destroy?: () => unknown }
    opened.push(() => destroy?.call(client))
    return client.connect().then(() => client as unknown as RedisClient)
  }
  const { createClient, createCluster, createSentinel } = library
  const nodes = (): { url: string }[] => cluster.nodes.map(({ url }) => ({ url }))
  const sentinels = () => ({ name: 'main', sentinelRootNodes: [{ host, port: sentinel.port }] })
  return [
    [name, () => keep(createClient({ url: server.url }))],
    [`${name}, cluster`, () => keep(createCluster({ rootNodes: nodes() }))],
    ...(createSentinel === undefined
      ? []
      : ([[`${name}, sentinel`, () => keep(createSentinel(sentinels()))]] as const)),
  ]
}

/** ioredis of another major version, or what was made of it. */
function ioForms(
  name: string,
  library: { Redis: typeof IoRedis; Cluster: typeof Cluster },
): (readonly [string, Connect])[] {
  const keep = async <Client extends IoRedis | Cluster>(client: Client): Promise<Client> => {
    opened.push(() => client.disconnect())
    await client.connect()
    return client
  }
  const fast = { lazyConnect: true }
  return [
    [name, () => keep(new library.Redis(server.port, fast))],
    [
      `${name}, cluster`,
      () =>
        keep(
          new library.Cluster(
            cluster.ports.map((port) => ({ host, port })),
            fast,
          ),
        ),
    ],
    [
      `${name}, sentinel`,
      () => {
        const sentinels = [{ host, port: sentinel.port }]
        return keep(new library.Redis({ sentinels, name: 'main', ...fast }))
      },
    ],
  ]
}

/** They differ in types from the newest, and not in what is used here. */
const OLDER: readonly (readonly [string, Connect])[] = [
  ...nodeForms('node-redis 4', redis4 as unknown as NodeLibrary),
  ...nodeForms('node-redis 5', redis5 as unknown as NodeLibrary),
  ...ioForms('ioredis 5', ioredis5 as unknown as Parameters<typeof ioForms>[1]),
  ...ioForms('iovalkey', iovalkey as unknown as Parameters<typeof ioForms>[1]),
]

describe('a client', () => {
  it.each([...FORMS, ...OLDER])(
    'of the form %s runs every verb, the scripts of which Redis does not know yet',
    async (_, connect) => {
      await Promise.all([server, ...cluster.nodes].map((node) => node.cli('script', 'flush')))
      await live(createRedisStore({ client: await connect() }))
    },
  )

  it('that is none is refused when the store is set up', () => {
    for (const client of [{}, { get: quiet }, { eval: quiet }]) {
      expect(() => createRedisStore({ client: client as RedisClient })).toThrow(InvalidOption)
    }
  })

  it('that never connected is not asked, so that nothing is queued', async () => {
    const port = await freePort()
    const clients = [
      createClient({ url: `redis://${host}:${String(port)}` }),
      createClientPool({ url: `redis://${host}:${String(port)}` }),
      createCluster({ rootNodes: [{ url: `redis://${host}:${String(port)}` }] }),
      new IoRedis(port, { retryStrategy: () => 1_000 }),
    ]
    opened.push(() => (clients[3] as IoRedis).disconnect())
    for (const client of clients) {
      const store = createRedisStore({ client })
      const waits: number[] = []
      // Three times: the machine may be busy with something else for a moment.
      for (let time = 0; time < 3; time += 1) {
        const begin = performance.now()
        await expect(store.create(newSession(store))).rejects.toThrow('client is not connected')
        waits.push(performance.now() - begin)
      }
      expect(Math.min(...waits)).toBeLessThan(50)
    }
  })

  it('that is being connected as the process starts is waited for', async () => {
    const url = { url: server.url }
    const node = createClient(url)
    const io = new IoRedis(server.port)
    opened.push(
      () => node.destroy(),
      () => io.disconnect(),
    )
    const connecting = node.connect()
    for (const client of [node, io]) {
      const store = createRedisStore({ client })
      expect(await store.create(newSession(store))).toMatchObject({ status: 'created' })
    }
    await connecting
  })

  it('behaviour 4h: without an error listener cannot crash the process', async () => {
    const doomed = await startRedis()
    opened.push(() => doomed.stop())
    const node = createClient({ url: doomed.url, socket: { reconnectStrategy: 20 } })
    const io = new IoRedis(doomed.port, { retryStrategy: () => 20 })
    opened.push(
      () => node.destroy(),
      () => io.disconnect(),
    )
    const stores = [node, io].map((client) => createRedisStore({ client }))
    createRedisStore({ client: node, keyPrefix: 'another:' })
    await Promise.all([node.connect(), io.ping()])
    let failures = 0
    const count = (): number => (failures += 1)
    node.on('reconnecting', count)
    io.on('reconnecting', count)
    await doomed.kill()
    // An error event that nobody listens for would throw here, out of the client's own callback.
    await expect.poll(() => failures, { timeout: 5_000 }).toBeGreaterThan(4)
    for (const store of stores) await expect(store.read('Ab.x')).rejects.toThrow(StoreUnavailable)
    expect(node.listenerCount('error')).toBe(1)
  })
})

describe('a fault of a client', () => {
  const CODES: readonly (readonly [string, string])[] = [
    [
      'OOM',
      "OOM command not allowed when used memory > 'maxmemory'. script: 1f, on @user_script:9.",
    ],
    [
      'OOM',
      "ERR Error running script (call to f_1f): @user_script:9: OOM command not allowed when used memory > 'maxmemory'.",
    ],
    ['READONLY', "READONLY You can't write against a read only replica."],
    ['LOADING', 'LOADING Redis is loading the dataset in memory'],
    [
      'MISCONF',
      'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist',
    ],
    [
      'NOPERM',
      "NOPERM this user has no permissions to access one of the keys used as arguments 'sj:u{Ab}zoe'",
    ],
    ['WRONGPASS', 'WRONGPASS invalid username-password pair or user is disabled.'],
    ['NOAUTH', 'NOAUTH Authentication required.'],
    ['CLUSTERDOWN', 'CLUSTERDOWN The cluster is down'],
    ['TRYAGAIN', 'TRYAGAIN Multiple keys request during rehashing of slot'],
    ['TRYAGAIN', 'ERR Script attempted to access a non local key in a cluster node script: 1f'],
    ['MAXCLIENTS', 'ERR max number of clients reached'],
    ['WRONGTYPE', 'WRONGTYPE Operation against a key holding the wrong kind of value script: 1f'],
    ['ERR', "ERR unknown command 'EVALSHA', with args beginning with: 'secret' 'sj:u{Ab}zoe'"],
  ]

  it.each(CODES)(
    'becomes StoreUnavailable with the word %s, and without keys: %s',
    (code, message) => {
      const fault = toStoreUnavailable(new Error(message))
      expect(fault).toBeInstanceOf(StoreUnavailable)
      expect(fault.message).toMatch(new RegExp(`^Redis is unavailable: ${code}, `))
      expect(`${fault.message} ${String(fault.cause)}`).not.toMatch(/zoe|secret/)
    },
  )

  it('keeps the system’s code, and drops the command that ioredis hangs on its errors', () => {
    const error = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), {
      code: 'ECONNREFUSED',
      command: { name: 'evalsha', args: ['sj:u{Ab}zoe', 'digest'] },
    })
    const fault = toStoreUnavailable(error)
    expect(fault.message).toContain('ECONNREFUSED')
    expect(fault.cause).toMatchObject({ code: 'ECONNREFUSED', message: error.message })
    expect(JSON.stringify(fault.cause)).not.toContain('digest')
    expect(toStoreUnavailable(fault)).toBe(fault)
  })
})
