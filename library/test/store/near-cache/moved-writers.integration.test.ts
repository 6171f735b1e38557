/** Whoever listens to a server that writers have left hears nothing, and that everything is well. */
import { Redis as IoRedis } from 'ioredis'
import { createSentinel } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { NearCache } from '../../../src/store/near-cache.js'
import {
  createRedisStore,
  type OpenSubscriber,
  type RedisClient,
  type RedisSubscriber,
} from '../../../src/store/redis/index.js'
import { createClient } from 'redis'
import { startReplica, startWatched, type Watched } from '../../support/redis-sentinel.js'
import { startRedis, waitFor, type RedisServer } from '../../support/redis-server.js'
import {
  BOUND,
  closeAll,
  fill,
  isCurrent,
  isLost,
  lastHit,
  openCache,
  openClient,
  openPointer,
  start,
  type Opened,
} from './processes.js'

const opened: Opened = []
afterEach(() => closeAll(opened))

describe('one connection', () => {
  let old: RedisServer
  let next: RedisServer

  beforeAll(async () => {
    old = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] })
    next = await startReplica(old)
  })
  afterAll(() => Promise.all([old.stop(), next.stop()]))

  it('serves nothing past the bound once writers have moved on while the old server lives', async () => {
    const [name, heard] = [await openPointer(opened, old.port), await openPointer(opened, old.port)]
    const cache = openCache(opened, {
      client: await openClient(opened, name.port),
      subscriber: await openClient(opened, heard.port),
    })
    const elsewhere = createRedisStore({ client: await openClient(opened, name.port) })
    await isCurrent(cache)
    const id = await start(elsewhere)
    await fill(cache, id)
    await expect.poll(() => next.cli('exists', `sj:s{${id.replace('.', '}')}`)).toBe('1')

    // The replica is promoted behind the old primary's back, and the name points to it.
    await next.cli('replicaof', 'no', 'one')
    name.pointTo(next.port)
    name.cut()
    await expect
      .poll(async () => (await elsewhere.end(id, 'logged_out').catch(() => undefined))?.status, {
        interval: 2,
      })
      .toBe('ended')
    const endedAt = performance.now()
    const last = await lastHit(cache, id)
    console.log(`last stale hit ${(last - endedAt).toFixed(0)} ms after an end on another server`)
    expect(last - endedAt).toBeLessThanOrEqual(BOUND)
    await isLost(cache)
    await expect.poll(() => cache.stats().entries, { interval: 5 }).toBe(0)
    // It is not the silence of the old server: that one answers.
    expect(await old.cli('ping')).toBe('PONG')

    // The listener's name follows, too. Nobody cuts its connection: it has to come by itself.
    heard.pointTo(next.port)
    await isCurrent(cache)
    const other = await start(elsewhere)
    await fill(cache, other)
    await elsewhere.end(other, 'logged_out')
    const otherEndedAt = performance.now()
    expect((await lastHit(cache, other)) - otherEndedAt).toBeLessThanOrEqual(BOUND)
  })

  it('knows nothing of a server that takes no writes, and knows again when it does', async () => {
    const cache = openCache(opened, {
      client: await openClient(opened, old.port),
      subscriber: await openClient(opened, old.port),
    })
    await isCurrent(cache)
    const refusals = [
      ['replicaof', '127.0.0.1', String(next.port)],
      ['config', 'set', 'min-replicas-to-write', '9'],
    ]
    const remedies = [
      ['replicaof', 'no', 'one'],
      ['config', 'set', 'min-replicas-to-write', '0'],
    ]
    for (const [at, refusal] of refusals.entries()) {
      await old.cli(...refusal)
      await isLost(cache, BOUND)
      await old.cli(...(remedies[at] ?? []))
      await isCurrent(cache)
    }
  })

  it('hears of what others delete where it is told to, and of a flush', async () => {
    const subscribers: RedisSubscriber[] = [
      await openClient(opened, old.port, 2),
      new IoRedis(old.port, { retryStrategy: () => 20, protocol: 2 }),
      createClient({ socket: { port: old.port, reconnectStrategy: 20 }, emitInvalidate: true }),
    ]
    await (subscribers[2] as { connect?(): Promise<unknown> }).connect?.()
    opened.push(() => {
      ;(subscribers[1] as IoRedis).disconnect()
      ;(subscribers[2] as { destroy?(): void }).destroy?.()
    })
    const client = await openClient(opened, old.port)
    for (const subscriber of subscribers) {
      const cache = openCache([], { client, subscriber, outsideChanges: 'tracking' })
      await isCurrent(cache)
      for (const how of ['del', 'pexpire', 'after a break', 'flushall']) {
        if (how === 'after a break') {
          await old.cli('client', 'kill', 'type', 'pubsub')
          await isLost(cache).catch(() => undefined)
          await isCurrent(cache)
        }
        const id = await start(cache)
        await fill(cache, id)
        const key = `sj:s{${id.replace('.', '}')}`
        let goneAt = performance.now()
        if (how === 'pexpire') {
          await old.cli('pexpire', key, '300')
          await expect.poll(() => cache.peek(id), { interval: 2 }).toBeUndefined()
          await fill(cache, id)
          goneAt += 300
        } else await old.cli(...(how === 'flushall' ? [how] : ['del', key]))
        // Nobody reads it meanwhile: only the news can have dropped it.
        await expect.poll(() => cache.stats().entries, { interval: 2 }).toBe(0)
        expect(performance.now() - goneAt, how).toBeLessThanOrEqual(BOUND)
        expect((await cache.read(id)).status).toBe('missing')
      }
      await cache.close()
    }
  })

  it('does not believe in tracking where nothing of it comes', async () => {
    // With RESP3 this client keeps to itself what it is told.
    const cache = openCache(opened, {
      client: await openClient(opened, old.port),
      subscriber: await openClient(opened, old.port, 3),
      outsideChanges: 'tracking',
    })
    const until = performance.now() + 400
    while (performance.now() < until) {
      expect(cache.stats().age).toBe(Infinity)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
})

describe('behind Sentinel', () => {
  let watched: Watched

  beforeAll(async () => {
    watched = await startWatched({ sentinels: 1 })
  }, 30_000)
  afterAll(() => watched.stop())

  it('follows the primary, with node-redis and with ioredis, and serves nothing past the bound', async () => {
    const caches = [openCache(opened, await byNodeRedis()), openCache(opened, await byIoRedis())]
    const { primary, replica, sentinels, name } = watched
    const elsewhere = createRedisStore({ client: await openClient(opened, replica.port) })
    await Promise.all(caches.map((cache) => isCurrent(cache)))
    const before = await start(caches[0] as NearCache)
    for (const cache of caches) await fill(cache, before)
    // What had not come to the replica would be lost, as ever.
    await waitFor(
      'the replica to have all',
      async () => (await replica.cli('dbsize')) === (await primary.cli('dbsize')),
    )

    await sentinels[0]?.cli('sentinel', 'failover', name)
    await waitFor('the replica to be promoted', async () =>
      // It parts from those who are connected as it changes.
      (await replica.cli('role').catch(() => '')).startsWith('master'),
    )
    // Sentinels do that, too, when they get to it. Until then two take writes, and what the old one is told is lost.
    await primary.cli('replicaof', '127.0.0.1', String(replica.port))
    const ended = await elsewhere.end(before, 'logged_out')
    expect(ended.status).toBe('ended')
    const endedAt = performance.now()
    for (const cache of caches) {
      expect((await lastHit(cache, before)) - endedAt).toBeLessThanOrEqual(BOUND)
    }
    for (const cache of caches) {
      await isCurrent(cache, 15_000)
      const id = await start(elsewhere)
      await fill(cache, id)
      await elsewhere.end(id, 'logged_out')
      const at = performance.now()
      expect((await lastHit(cache, id)) - at).toBeLessThanOrEqual(BOUND)
    }
  }, 60_000)

  async function byNodeRedis(): Promise<{ client: RedisClient; subscriber: OpenSubscriber }> {
    const client = createSentinel({
      name: watched.name,
      sentinelRootNodes: watched.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      nodeClientOptions: { disableOfflineQueue: true },
      scanInterval: 200,
    })
    client.on('error', () => undefined)
    await client.connect()
    opened.push(() => client.destroy())
    return { client: client as never, subscriber: (node) => createClient({ socket: node }) }
  }

  async function byIoRedis(): Promise<{ client: RedisClient; subscriber: RedisSubscriber }> {
    const options = {
      name: watched.name,
      sentinels: watched.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      enableOfflineQueue: false,
      lazyConnect: true,
    }
    const [client, subscriber] = [new IoRedis(options), new IoRedis(options)]
    for (const one of [client, subscriber]) {
      one.on('error', () => undefined)
      opened.push(() => one.disconnect())
      await one.connect()
    }
    return { client, subscriber }
  }
})
