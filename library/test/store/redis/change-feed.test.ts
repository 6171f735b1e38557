import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Redis as IoRedis } from 'ioredis'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InvalidOption } from '../../../src/errors.js'
import type { ChangeFeed, ChangeWatcher } from '../../../src/store/change-feed.js'
import {
  createRedisStore,
  type RedisClient,
  type RedisStoreOptions,
  type RedisSubscriber,
} from '../../../src/store/redis/index.js'
import type { NewSession, Rotation, Store } from '../../../src/store/store.js'
import { randomToken } from '../../../src/system/random.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { startProxy } from '../../support/tcp-proxy.js'
import { connectIoRedis, connectNodeRedis, type Connected } from './harness.js'

const opened: (() => unknown)[] = []
const rejections: unknown[] = []
const note = (reason: unknown): unknown => rejections.push(reason)
let server: RedisServer

beforeEach(async () => {
  process.on('unhandledRejection', note)
  process.on('uncaughtExceptionMonitor', note)
  server = await startRedis()
  opened.push(() => server.stop())
})
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
  await sleep(20)
  process.off('unhandledRejection', note)
  process.off('uncaughtExceptionMonitor', note)
  expect(rejections.splice(0)).toEqual([])
})

const MINUTE = 60_000

type Connect = (port: number) => Promise<Connected>

async function connect(port: number, by: Connect = connectNodeRedis): Promise<RedisClient> {
  const { client, close } = await by(port)
  opened.push(close)
  return client
}

async function listener(port: number, by?: Connect): Promise<RedisSubscriber> {
  return (await connect(port, by)) as RedisClient & RedisSubscriber
}

async function open(
  wish: Partial<RedisStoreOptions> & { by?: Connect; subscriberPort?: number } = {},
): Promise<Store & { readonly changes: ChangeFeed }> {
  const { by, subscriberPort = server.port, ...options } = wish
  const store = createRedisStore({
    client: await connect(server.port, by),
    subscriber: await listener(subscriberPort, by),
    ...options,
  })
  if (store.changes === undefined) throw new Error('it has no feed')
  opened.push(() => store.close())
  return store as Store & { readonly changes: ChangeFeed }
}

/** Writes down what it is told, as `session <id>`, `subject <name>`, …; `all` for everything. */
function ears(): ChangeWatcher & { readonly told: string[] } {
  const told: string[] = []
  return {
    told,
    onSession: (id) => void told.push(`session ${id}`),
    onSubject: (subject) => void told.push(`subject ${subject}`),
    onDocument: (name) => void told.push(`document ${name}`),
    onEverything: () => void told.push('all'),
  }
}

async function isCurrent({ changes }: { readonly changes: ChangeFeed }): Promise<void> {
  await expect.poll(() => changes.age(), { interval: 5, timeout: 5_000 }).toBeLessThan(400)
}

/** Waits until all that was told by now has been heard. */
async function hasHeard(store: { readonly changes: ChangeFeed }): Promise<void> {
  const begin = performance.now()
  await expect
    .poll(() => performance.now() - store.changes.age(), { interval: 5, timeout: 5_000 })
    .toBeGreaterThan(begin)
}

function newSession(store: Store, wish: Partial<NewSession> = {}): NewSession {
  const subject = 'subject' in wish ? wish.subject : 'ann'
  return {
    id: `${store.bucketOf(subject)}.${randomToken(16)}`,
    subject,
    secretDigest: 'digest',
    idleTimeout: MINUTE,
    absoluteTimeout: MINUTE,
    traits: {},
    data: new Map(),
    family: { seedDigest: 'seed', lifetime: MINUTE },
    ...wish,
  }
}

async function start(store: Store, wish?: Partial<NewSession>): Promise<string> {
  const session = newSession(store, wish)
  expect((await store.create(session)).status).toBe('created')
  return session.id
}

const ROTATION: Rotation = {
  seedDigest: 'seed',
  generation: 1,
  client: undefined,
  grace: 10_000,
  forgiveFor: 0,
  idleTimeout: undefined,
  isSeen: true,
}

const LIBRARIES: readonly (readonly [string, Connect])[] = [
  ['node-redis', connectNodeRedis],
  ['ioredis', connectIoRedis],
]

describe.each(LIBRARIES)('with %s', (_, by) => {
  it('every change is heard by the store that made it and by another, and nothing else is', async () => {
    const [writer, reader] = [await open({ by, heartbeat: 10 }), await open({ by, heartbeat: 10 })]
    const [own, told] = [ears(), ears()]
    writer.changes.watch(own)
    reader.changes.watch(told)
    await isCurrent(writer)
    await isCurrent(reader)
    const heard = async (call: () => Promise<unknown>): Promise<string[]> => {
      for (const each of [own, told]) each.told.length = 0
      await call()
      await hasHeard(writer)
      await hasHeard(reader)
      expect(own.told).toEqual(told.told)
      return [...told.told]
    }
    const subject = 'ännä {1} *'
    const id = await start(writer, { subject })
    const session = [`session ${id}`]
    const nothing = [
      () => writer.change(id, { seen: true }),
      () => writer.change(id, { forgetPrevious: true }),
      () => writer.change(id, { traits: { agent: null }, delete: ['a'] }),
      () => writer.change(id, { expect: new Map([['a', 7]]), set: new Map([['a', '1']]) }),
      () => writer.rotate(id, ROTATION),
      () => writer.rotate(id, ROTATION),
      () => writer.rotate(id, { ...ROTATION, generation: 9 }),
      () => writer.change(id, { presentedGeneration: 2, seen: true }),
      () => start(writer, { subject }),
      () => writer.read(id),
      () => writer.end('AA.nobody', 'logged_out'),
      () => writer.writeDocument('keys', 'x', 7),
      () => writer.changeSubject(subject, { isDisabled: false }),
    ]
    for (const call of nothing) expect(await heard(call), String(call)).toEqual([])

    const renewal = { from: 'digest', to: 'new', keepPreviousFor: 1, isAuthentication: false }
    const changes = [
      { set: new Map([['a', '1']]) },
      { increment: new Map([['n', 1]]), seen: true },
      { delete: ['a'] },
      { seen: true, idleTimeout: 2 * MINUTE },
      { traits: { agent: 'x' } },
      { traits: { agent: null } },
      { renewal },
      { forgetPrevious: true },
      { isAuthentication: true },
      { family: { seedDigest: 'seed', lifetime: MINUTE } },
    ]
    for (const change of changes) {
      expect(await heard(() => writer.change(id, change)), JSON.stringify(change)).toEqual(session)
    }
    expect(await heard(() => writer.end(id, 'signed_in', { after: 1_000 }))).toEqual(session)
    expect(await heard(() => writer.end(id, 'logged_out'))).toEqual(session)

    const reused = await start(writer)
    await writer.rotate(reused, ROTATION)
    const reuse = (): Promise<unknown> => writer.rotate(reused, { ...ROTATION, grace: 0 })
    expect(await heard(reuse)).toEqual([`session ${reused}`])
    const anonymous = await start(writer, { subject: undefined })
    expect(await heard(() => writer.end(anonymous, 'logged_out'))).toEqual([`session ${anonymous}`])

    const first = await start(writer, { subject: 'bob' })
    const limit = { max: 1, whenFull: 'evict-oldest' } as const
    expect(await heard(() => start(writer, { subject: 'bob', limit }))).toEqual([
      `session ${first}`,
    ])
    expect(await heard(() => writer.endAll(subject, 'revoked_admin', id))).toEqual([
      `subject ${subject}`,
    ])
    const reaped = await heard(() => writer.reap(subject, 10))
    expect(reaped).toHaveLength(1)
    const set = new Map([['role', '1']])
    expect(await heard(() => writer.changeSubject(subject, { set }))).toEqual([
      `subject ${subject}`,
    ])
    for (const isDisabled of [true, false]) {
      expect(await heard(() => writer.changeSubject(subject, { isDisabled }))).toEqual([
        `subject ${subject}`,
      ])
      expect(await heard(() => writer.changeSubject(subject, { isDisabled }))).toEqual([])
    }
    expect(await heard(() => writer.writeDocument('kéys 1', 'x', 0))).toEqual(['document kéys 1'])
  })

  it('a killed connection makes everything uncertain at once, and is made good soon', async () => {
    const [writer, reader] = [await open({ by }), await open({ by })]
    const { told, ...others } = ears()
    const ages: number[] = []
    const watcher: ChangeWatcher = {
      ...others,
      onEverything() {
        ages.push(reader.changes.age())
        told.push('all')
      },
    }
    const watching = reader.changes.watch(watcher)
    expect(reader.changes.age()).toBe(Number.POSITIVE_INFINITY)
    await isCurrent(reader)
    // What was looked up before anybody listened may have changed unheard.
    expect(told).toEqual(['all'])
    for (let round = 0; round < 5; round += 1) {
      told.length = 0
      const id = await start(writer)
      await server.cli('client', 'kill', 'type', 'pubsub')
      // Once when it was lost, and once when it is known again; each time before anything counts as known.
      await expect.poll(() => told, { timeout: 5_000 }).toEqual(['all', 'all'])
      expect(new Set(ages)).toEqual(new Set([Number.POSITIVE_INFINITY]))
      await isCurrent(reader)
      await writer.end(id, 'logged_out')
      await hasHeard(reader)
      expect(told).toEqual(['all', 'all', `session ${id}`])
    }
    watching.close()
    expect(reader.changes.age()).toBe(Number.POSITIVE_INFINITY)
    await expect.poll(() => server.cli('pubsub', 'numsub', 'sj:changes')).toMatch(/^sj:changes\n0$/)
    told.length = 0
    await writer.end(await start(writer), 'logged_out')
    await sleep(50)
    expect(told).toEqual([])
    // And again, over the same connection.
    reader.changes.watch(watcher)
    await isCurrent(reader)
    await writer.changeSubject('ann', { set: new Map([['a', '1']]) })
    await hasHeard(reader)
    expect(told).toEqual(['all', 'subject ann'])
  })

  it('a link that swallows everything lets the age grow, one that is cut does not live on', async () => {
    const proxy = await startProxy(server.port)
    opened.push(() => proxy.close())
    const store = await open({ by, subscriberPort: proxy.port })
    const { told, ...watcher } = ears()
    store.changes.watch(watcher)
    await isCurrent(store)
    const ages: number[] = []
    for (let at = 0; at < 20; at += 1) {
      await sleep(10)
      ages.push(store.changes.age())
    }
    expect(Math.max(...ages)).toBeLessThan(500)

    proxy.swallow()
    const begin = performance.now()
    await expect.poll(() => store.changes.age(), { interval: 5 }).toBeGreaterThan(300)
    expect(performance.now() - begin).toBeLessThan(1_000)
    await sleep(500)
    expect(store.changes.age()).toBeGreaterThan(800)
    told.length = 0
    proxy.passOn()
    proxy.cut()
    await expect.poll(() => told[0], { interval: 1 }).toBe('all')
    await isCurrent(store)
  })

  it('Redis that is killed and comes back, five times, is heard again each time', async () => {
    const store = await open({ by })
    const { told, ...watcher } = ears()
    store.changes.watch(watcher)
    for (let round = 0; round < 5; round += 1) {
      await isCurrent(store)
      told.length = 0
      await server.restart()
      // Once when it was lost, and once when it is known again.
      await expect.poll(() => told, { timeout: 5_000 }).toEqual(['all', 'all'])
    }
    await isCurrent(store)
    told.length = 0
    await expect
      .poll(() => store.writeDocument('a', 'x', 0).catch(() => undefined), { timeout: 5_000 })
      .toBeDefined()
    await hasHeard(store)
    expect(told).toEqual(['document a'])
  })

  it('what ended is told from the instant on from which it was heard', async () => {
    const [writer, reader] = [await open({ by }), await open({ by })]
    const unheard = await start(writer)
    await writer.end(unheard, 'logged_out')
    await sleep(2)
    const first = await reader.changes.endings(0)
    expect(first).toMatchObject({ sessions: [], subjects: [] })
    expect(first.since).toBeGreaterThan(0)
    expect(first.now).toBeGreaterThanOrEqual(first.since)

    const [one, other, spared] = [await start(writer), await start(writer), await start(writer)]
    await writer.end(one, 'logged_out')
    await writer.endAll('ann', 'password_changed', spared)
    await writer.changeSubject('bob', { isDisabled: true })
    await sleep(2)
    const second = await reader.changes.endings(first.now)
    expect(second.since).toBe(first.now)
    expect(second.sessions.map(({ id }) => id)).toEqual([one])
    expect(second.subjects).toMatchObject([
      { subject: 'ann', epoch: 1, except: spared },
      { subject: 'bob', epoch: 1, except: undefined },
    ])
    const ended = await writer.read(one)
    expect(ended.status === 'ended' && ended.ending.endedAt).toBe(second.sessions[0]?.endedAt)
    await writer.reap('ann', 10)
    await sleep(2)
    const third = await reader.changes.endings(second.now)
    expect(third.sessions.map(({ id }) => id)).toEqual([other])
    expect(third.subjects).toEqual([])

    await server.cli('client', 'kill', 'type', 'pubsub')
    await sleep(300)
    const fourth = await reader.changes.endings(first.now)
    expect(fourth.since).toBeGreaterThan(third.now)
    expect(fourth.sessions).toEqual([])
  })
})

describe('the feed', () => {
  it('is of no worth to whoever listens on another server, or may not be told of anything', async () => {
    const elsewhere = await startRedis()
    opened.push(() => elsewhere.stop())
    const apart = await open({ subscriberPort: elsewhere.port })
    await server.cli('acl', 'setuser', 'default', '-publish')
    const silenced = await open()
    for (const { changes } of [apart, silenced]) changes.watch(ears())
    await sleep(400)
    for (const store of [apart, silenced]) {
      expect(store.changes.age()).toBe(Number.POSITIVE_INFINITY)
    }
    const answer = await silenced.changes.endings(0).catch(() => undefined)
    expect(answer).toMatchObject({ sessions: [], subjects: [] })
    expect(answer?.since).toBe(answer?.now)
    await server.cli('acl', 'setuser', 'default', '+publish')
    await isCurrent(silenced)
  })

  it('is published whether or not a store listens itself, and under the client’s own prefix', async () => {
    const reader = await open()
    const { told, ...watcher } = ears()
    reader.changes.watch(watcher)
    await isCurrent(reader)
    const mute = createRedisStore({ client: await connect(server.port) })
    expect(mute.changes).toBeUndefined()
    const id = await start(mute)
    await mute.end(id, 'logged_out')
    await hasHeard(reader)
    expect(told.splice(0)).toEqual(['all', `session ${id}`])

    const prefixed = async (): Promise<RedisClient & RedisSubscriber> => {
      const client = new IoRedis(server.port, { keyPrefix: '{app}:' })
      opened.push(() => client.disconnect())
      await client.ping()
      return client
    }
    const apart = createRedisStore({ client: await prefixed(), subscriber: await prefixed() })
    opened.push(() => apart.close())
    const other = ears()
    apart.changes?.watch(other)
    await expect.poll(() => apart.changes?.age()).toBeLessThan(400)
    const document = await apart.writeDocument('a', 'x', 0)
    expect(document?.revision).toBe(1)
    await expect.poll(() => other.told).toEqual(['all', 'document a'])
    await hasHeard(reader)
    expect(told).toEqual([])
  })

  it('PINGs only while somebody watches, and never twice at once', async () => {
    const pings = async (): Promise<number> => {
      const stats = await server.cli('info', 'commandstats')
      return Number(/cmdstat_ping:calls=(\d+)/.exec(stats)?.[1] ?? 0)
    }
    const store = await open({ heartbeat: 10 })
    const before = await pings()
    await sleep(200)
    expect(await pings()).toBe(before)
    const watching = store.changes.watch(ears())
    await isCurrent(store)
    const paused = await pings()
    server.pause()
    await sleep(800)
    server.resume()
    // Sent one upon the other, there would be 80. Some are sent before and after the pause.
    expect((await pings()) - paused).toBeLessThan(30)
    await sleep(800)
    expect((await pings()) - paused).toBeGreaterThan(30)
    watching.close()
    await sleep(50)
    const after = await pings()
    await sleep(100)
    expect(await pings()).toBe(after)
  })

  it('takes a message that makes no sense for anything', async () => {
    const store = await open()
    const { told, ...watcher } = ears()
    store.changes.watch(watcher)
    await isCurrent(store)
    told.length = 0
    for (const message of ['', 'z 1', 'e x AA.b', 'u 1 x - ann', '__proto__', 'constructor 1']) {
      await server.cli('publish', 'sj:changes', message)
    }
    await hasHeard(store)
    expect(told).toEqual(Array.from({ length: 6 }, () => 'all'))
  })

  it('needs single connections, and says so', async () => {
    const client = await connect(server.port)
    const subscriber = await listener(server.port)
    const url = server.url
    const cluster = new Cluster([{ port: server.port }], { lazyConnect: true })
    opened.push(() => cluster.disconnect())
    const many: unknown[] = [
      createCluster({ rootNodes: [{ url }] }),
      createClientPool({ url }),
      createSentinel({ name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }),
      cluster,
      { customCommand: async () => 'OK' },
      {},
    ]
    for (const wrong of many) {
      expect(() => createRedisStore({ client, subscriber: wrong as RedisSubscriber })).toThrow(
        InvalidOption,
      )
    }
    const writers = [many[0], many[3], many[4]] as RedisClient[]
    for (const wrong of writers) {
      expect(() => createRedisStore({ client: wrong, subscriber })).toThrow(/not available/)
    }
    expect(() => createRedisStore({ client, subscriber, heartbeat: 0 })).toThrow(InvalidOption)
  })

  it('behaviour 4h: a subscriber without an error listener cannot crash the process', async () => {
    const node = createClient({ url: server.url, socket: { reconnectStrategy: 20 } })
    const io = new IoRedis(server.port, { retryStrategy: () => 20 })
    opened.push(
      () => node.destroy(),
      () => io.disconnect(),
    )
    await Promise.all([node.connect(), io.ping()])
    const client = await connect(server.port)
    const stores = [node, io].map((subscriber) => createRedisStore({ client, subscriber }))
    const watchings = stores.map(({ changes }) => changes?.watch(ears()))
    await sleep(200)
    await server.kill()
    await sleep(200)
    for (const watching of watchings) watching?.close()
    await sleep(200)
    expect(rejections).toEqual([])
  })
})
