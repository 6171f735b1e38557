/** The whole suite wherever Redis is more than one server, or asks who calls. Standalone: conformance.test.ts. */
import { readFileSync } from 'node:fs'
import { Cluster, Redis as IoRedis } from 'ioredis'
import { createClient, createSentinel, type RedisClientOptions } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import { createRedisStore, type RedisClient } from '../../../src/store/redis/index.js'
import { createResilientStore } from '../../../src/store/resilient.js'
import type { NewSession, Store } from '../../../src/store/store.js'
import { randomToken } from '../../../src/system/random.js'
import { describeStoreConformance } from '../../../src/testing/index.js'
import { makeCertificates, type Certificates } from '../../support/certificates.js'
import { startCluster, type RedisCluster } from '../../support/redis-cluster.js'
import { startWatched, type Watched } from '../../support/redis-sentinel.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import {
  connectAdmin,
  connectIoRedis,
  connectNodeRedis,
  connectNodeRedisCluster,
  redisHarness,
  type Admin,
  type NodeRedisDifferences,
} from './harness.js'

const host = '127.0.0.1'
/** Everything is run on every topology; only what is long is made shorter. */
const SHORTER = { operations: 400, crowd: 400 }

/** Whatever was opened, closed in reverse. */
const opened: (() => unknown)[] = []
afterAll(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

type Pair = readonly [RedisClient, RedisClient]

/** One client of each library, and each of them is the first in every other test. */
function inTurns(bench: () => { clients: Pair; admin: Admin; mayWalk?: boolean }) {
  let turn = 0
  return redisHarness(() => {
    const { clients, ...rest } = bench()
    const [one, other] = clients
    return { ...rest, clients: (turn += 1) % 2 === 0 ? [one, other] : [other, one] }
  })
}

function newSession(store: Store, subject: string): NewSession {
  return {
    id: `${store.bucketOf(subject)}.${randomToken(16)}`,
    subject,
    secretDigest: randomToken(32),
    idleTimeout: 60_000,
    absoluteTimeout: 60_000,
    traits: {},
    data: new Map(),
  }
}

/** Lives of sessions of many people, through every verb that writes. */
async function liveMany(store: Store, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const subject = `person ${String(number)}`
    const session = newSession(store, subject)
    await store.create(session)
    await store.change(session.id, { seen: true, set: new Map([['a', '1']]) })
    await store.changeSubject(subject, { set: new Map([['b', '2']]) })
    await store.endAll(subject, 'revoked_admin')
    await store.reap(subject, 10)
    expect(await store.read(session.id)).toMatchObject({ status: 'ended' })
  }
}

async function admins(
  ports: readonly number[],
  differences?: NodeRedisDifferences,
): Promise<Admin> {
  const admin = await connectAdmin(ports, differences)
  opened.push(() => admin.close())
  return admin
}

describe('a cluster of 3 primaries and 3 replicas', () => {
  let cluster: RedisCluster
  let admin: Admin
  let clients: Pair

  beforeAll(async () => {
    cluster = await startCluster({ replicas: 1 })
    opened.push(() => cluster.stop())
    admin = await admins(cluster.primaries.map(({ port }) => port))
    const nodeRedis = await connectNodeRedisCluster(cluster.ports)
    opened.push(nodeRedis.close)
    const nodes = cluster.ports.map((port) => ({ host, port }))
    const ioRedis = new Cluster(nodes, {
      enableOfflineQueue: false,
      lazyConnect: true,
      // Redis 7.0 does not know the command, and what it refuses is looked at below.
      redisOptions: { disableClientInfo: true },
    })
    opened.push(() => ioRedis.disconnect())
    await ioRedis.connect()
    clients = [nodeRedis.client, ioRedis]
    // The other client has asked it already.
    for (const primary of cluster.primaries) await primary.cli('config', 'resetstat')
  })

  describeStoreConformance(
    'redis (node-redis 6 and ioredis 6, cluster)',
    inTurns(() => ({ clients, admin })),
    { describe, it },
    SHORTER,
  )

  it('behaviour 18a: has refused none of all this for its slot, and every primary had its share', async () => {
    // The suite has run above; this is so that the test says something by itself, too.
    for (const client of clients) await liveMany(createRedisStore({ client }), 100)
    for (const primary of cluster.primaries) {
      const faults = await primary.cli('info', 'errorstats')
      expect(faults).not.toMatch(/CROSSSLOT|TRYAGAIN|CLUSTERDOWN/)
      // "Script attempted to access a non local key" counts as a plain ERR.
      expect(faults).not.toContain('errorstat_ERR:')
      const calls = /cmdstat_evalsha:calls=(\d+)/.exec(await primary.cli('info', 'commandstats'))
      expect(Number(calls?.[1])).toBeGreaterThan(200)
    }
  })
})

describe('a primary that Sentinels watch', () => {
  const database = 3
  let watched: Watched
  let admin: Admin
  let clients: Pair

  beforeAll(async () => {
    // Nothing here is about their judgement, and these machines may be busy.
    watched = await startWatched({ downAfter: 30_000 })
    opened.push(() => watched.stop())
    admin = await admins([watched.primary.port], { database })
    const sentinels = watched.sentinels.map(({ port }) => ({ host, port }))
    const { name } = watched
    const nodeRedis = createSentinel({
      name,
      sentinelRootNodes: sentinels,
      nodeClientOptions: { disableOfflineQueue: true, database },
    })
    nodeRedis.on('error', () => undefined)
    opened.push(() => nodeRedis.destroy())
    await nodeRedis.connect()
    const fast = { enableOfflineQueue: false, lazyConnect: true }
    const ioRedis = new IoRedis({ sentinels, name, db: database, ...fast })
    opened.push(() => ioRedis.disconnect())
    await ioRedis.connect()
    clients = [nodeRedis, ioRedis]
  })

  describeStoreConformance(
    'redis (node-redis 6 and ioredis 6, Sentinel, another database)',
    inTurns(() => ({ clients, admin })),
    { describe, it },
    SHORTER,
  )
})

/** What redis-store.ts says a user needs for sessions; SCAN, INFO and the rest of Redis are not among it. */
const RIGHTS = [
  ...[
    '~t*:*',
    '&t*:changes',
    '+eval',
    '+evalsha',
    '+@hash',
    '+@sortedset',
    '+del',
    '+unlink',
    '+exists',
  ],
  ...['+rename', '+pexpire', '+pttl', '+time', '+publish'],
]

describe('TLS with a client certificate, and an ACL user who may do what sessions take and nothing else', () => {
  const login = { username: 'sessions', password: 'a password of this test' }
  let certificates: Certificates
  let server: RedisServer
  let admin: Admin
  let clients: Pair

  beforeAll(async () => {
    certificates = makeCertificates()
    opened.push(() => certificates.remove())
    server = await startRedis({ tls: { certificates, asksWhoCalls: true } })
    opened.push(() => server.stop())
    const rules = ['reset', 'on', `>${login.password}`, ...RIGHTS]
    await server.cli('acl', 'setuser', login.username, ...rules)
    const tls = {
      ca: readFileSync(certificates.authority),
      cert: readFileSync(certificates.client),
      key: readFileSync(certificates.key),
    }
    const { url } = server
    const socket = { tls: true as const, ...tls }
    admin = await admins([server.port], { url, socket })
    const nodeRedis = await connectNodeRedis(server.port, { url, socket, ...login })
    opened.push(nodeRedis.close)
    const ioRedis = await connectIoRedis(server.port, {
      tls: { ...tls, host: 'localhost' },
      ...login,
      enableReadyCheck: false,
    })
    opened.push(ioRedis.close)
    clients = [nodeRedis.client, ioRedis.client]
  })

  describeStoreConformance(
    'redis (node-redis 6 and ioredis 6, TLS, ACL)',
    inTurns(() => ({ clients, admin, mayWalk: false })),
    { describe, it },
    SHORTER,
  )

  it('behaviour 18c: keeps sessions without KEYS, SCAN, CONFIG and INFO; what takes them says so, and keeps nobody out', async () => {
    const store = createRedisStore({ client: clients[0], keyPrefix: 't0:' })
    const resilient = createResilientStore(store, { commandDeadline: 5_000 })
    await liveMany(resilient, 20)
    const session = newSession(resilient, 'ann')
    await resilient.create(session)
    const walk = async (): Promise<unknown> => resilient.walk?.({ limit: 10 })
    await expect(walk()).rejects.toThrow(/NOPERM, the user may not do this: see the ACL rules/)
    // Nor does asking again and again open the circuit of those who need no walk.
    for (let time = 0; time < 20; time += 1) await expect(walk()).rejects.toThrow(StoreUnavailable)
    expect(await resilient.read(session.id)).toMatchObject({ status: 'found' })
    const { details } = await resilient.check()
    expect(Object.keys(details).sort()).toEqual(['roundTrip', 'time'])

    // That it was TLS with a certificate, a password and no more rights than those.
    for (const words of [
      ['keys', '*'],
      ['scan', '0'],
      ['config', 'get', '*'],
      ['info'],
      ['acl', 'list'],
    ]) {
      await expect(refusalOf(clients[0], words)).resolves.toMatch(/^NOPERM/)
    }
    const anonymous = {
      url: server.url,
      socket: { tls: true as const, ca: readFileSync(certificates.authority) },
    }
    await expect(connectOnce(anonymous)).rejects.toThrow()
    const wrong = { ...anonymous, ...login, password: 'another' }
    const socket = {
      ...anonymous.socket,
      cert: readFileSync(certificates.client),
      key: readFileSync(certificates.key),
    }
    await expect(connectOnce({ ...wrong, socket })).rejects.toThrow(/WRONGPASS/)
  })
})

/** What Redis says to a command that it does not allow. */
async function refusalOf(client: RedisClient, words: string[]): Promise<string> {
  const { sendCommand } = client as unknown as { sendCommand(words: string[]): Promise<unknown> }
  return sendCommand.call(client, words).then(
    () => 'done',
    (error: unknown) => (error instanceof Error ? error.message : ''),
  )
}

async function connectOnce({ socket, ...differences }: NodeRedisDifferences): Promise<void> {
  const options = { ...differences, socket: { ...socket, reconnectStrategy: false as const } }
  const client = createClient(options as RedisClientOptions)
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.ping()
  } finally {
    if (client.isOpen) client.destroy()
  }
}
