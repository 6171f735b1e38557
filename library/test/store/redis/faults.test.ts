import { setTimeout as sleep } from 'node:timers/promises'
import { Redis as IoRedis } from 'ioredis'
import { createClient } from 'redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import { endedBecause } from '../../../src/store/record.js'
import { createRedisStore, type RedisClient } from '../../../src/store/redis/index.js'
import { createKeys } from '../../../src/store/redis/keys.js'
import { createResilientStore, type CircuitState } from '../../../src/store/resilient.js'
import type { NewSession, Store } from '../../../src/store/store.js'
import { randomToken } from '../../../src/system/random.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { startProxy } from '../../support/tcp-proxy.js'
import { connectIoRedis, connectNodeRedis, type Connected } from './harness.js'

const HOUR = 3_600_000

/** Whatever a test opened, closed in reverse however it ends. */
const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

const rejections: unknown[] = []
const note = (reason: unknown): unknown => rejections.push(reason)
beforeEach(() => void process.on('unhandledRejection', note))
afterEach(() => {
  process.off('unhandledRejection', note)
  expect(rejections.splice(0)).toEqual([])
})

async function redis(args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis({ args })
  opened.push(() => server.stop())
  return server
}

async function connect(port: number, by = connectNodeRedis): Promise<RedisClient> {
  const { client, close }: Connected = await by(port)
  opened.push(close)
  return client
}

function newSession(store: Store, subject: string | undefined = 'ann'): NewSession {
  return {
    id: `${store.bucketOf(subject)}.${randomToken(16)}`,
    subject,
    secretDigest: randomToken(32),
    idleTimeout: HOUR,
    absoluteTimeout: HOUR,
    traits: {},
    data: new Map(),
  }
}

async function start(store: Store, subject = 'ann'): Promise<string> {
  const session = newSession(store, subject)
  expect((await store.create(session)).status).toBe('created')
  return session.id
}

async function isLive(store: Store, id: string): Promise<boolean> {
  const result = await store.read(id)
  if (result.status !== 'found') return false
  return endedBecause(result.record, result.subject, result.now) === undefined
}

const CLIENTS = [
  ['node-redis', connectNodeRedis],
  ['ioredis', connectIoRedis],
] as const

describe.each(CLIENTS)('with %s', (_, by) => {
  it('store half of F1: killed, it answers 503 in time, then at once, and is back within 2 s', async () => {
    const server = await redis(['--appendonly', 'yes', '--appendfsync', 'always'])
    const states: CircuitState[] = []
    const store = createResilientStore(
      createRedisStore({ client: await connect(server.port, by) }),
      { onStateChange: (state) => states.push(state) },
    )
    const id = await start(store)
    await server.kill()

    const times: number[] = []
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const begin = performance.now()
        await expect(store.read(id)).rejects.toThrow(StoreUnavailable)
        await expect(store.create(newSession(store))).rejects.toThrow(StoreUnavailable)
        times.push(performance.now() - begin)
      }),
    )
    expect(Math.max(...times)).toBeLessThan(1_000)
    expect(states).toContain('open')
    const begin = performance.now()
    await expect(store.read(id)).rejects.toThrow(StoreUnavailable)
    expect(performance.now() - begin).toBeLessThan(10)

    await sleep(600)
    await server.restart()
    const back = performance.now()
    await expect
      .poll(() => isLive(store, id).catch(() => false), { timeout: 3_000, interval: 20 })
      .toBe(true)
    expect(performance.now() - back).toBeLessThan(2_000)
    expect(states.at(-1)).toBe('closed')
  })

  it('store half of F2: stopped, it answers 503 in time, and carries out no write afterwards', async () => {
    const server = await redis()
    const client = await connect(server.port, by)
    const store = createResilientStore(createRedisStore({ client, lateAfter: 400 }))
    const other = createRedisStore({ client: await connect(server.port) })
    const id = await start(store)
    const late = newSession(store)

    server.pause()
    const begin = performance.now()
    const calls = await Promise.allSettled([
      store.create(late),
      store.change(id, { set: new Map([['late', '1']]) }),
      store.endAll('ann', 'revoked_admin'),
      store.read(id),
    ])
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 'rejected'))
    expect(performance.now() - begin).toBeLessThan(1_000)
    await sleep(600)
    server.resume()

    const back = performance.now()
    await expect
      .poll(() => isLive(store, id).catch(() => false), { timeout: 3_000, interval: 20 })
      .toBe(true)
    expect(performance.now() - back).toBeLessThan(2_000)
    expect((await other.read(late.id)).status).toBe('missing')
    const read = await other.read(id)
    expect(read.status === 'found' && [...read.record.data.keys()]).toEqual([])
  })

  it('carries out no write late, though it was the first that anybody asked for', async () => {
    const server = await redis()
    const client = await connect(server.port, by)
    const store = createResilientStore(createRedisStore({ client, lateAfter: 400 }))
    const other = createRedisStore({ client: await connect(server.port) })
    const late = newSession(store)
    server.pause()
    await expect(store.create(late)).rejects.toThrow(StoreUnavailable)
    await sleep(600)
    server.resume()
    await other.check()
    await sleep(50)
    expect((await other.read(late.id)).status).toBe('missing')
  })

  it('fault F24: nobody notices that Redis forgets its scripts all the time', async () => {
    const server = await redis()
    const inner = createRedisStore({ client: await connect(server.port, by), lateAfter: 5_000 })
    // Whoever flushes without a rest takes a core; how long calls take beside that is not what is looked at.
    const store = createResilientStore(inner, { commandDeadline: 2_000 })
    const admin = createClient({ url: server.url })
    await admin.connect()
    opened.push(() => admin.destroy())
    let isOver = false
    let flushes = 0
    const flushing = (async () => {
      for (; !isOver; flushes += 1) await admin.sendCommand(['SCRIPT', 'FLUSH', 'SYNC'])
    })()
    for (let round = 0; round < 100; round += 1) {
      const ids = await Promise.all(
        Array.from({ length: 5 }, () => start(store, `s${String(round)}`)),
      )
      await Promise.all(ids.map((id) => store.change(id, { seen: true })))
      expect((await store.list(`s${String(round)}`, { limit: 10 })).records).toHaveLength(5)
      await Promise.all(ids.map((id) => store.end(id, 'logged_out')))
      await store.endAll(`s${String(round)}`, 'revoked_admin')
    }
    isOver = true
    await flushing
    expect(flushes).toBeGreaterThan(100)
    expect(await server.cli('info', 'commandstats')).toContain('cmdstat_eval:')
  })
})

describe('fault F20: a client with an offline queue', () => {
  // As people have them: the queue is on, and what was sent is sent again.
  const connectors: [string, (port: number) => Promise<RedisClient>][] = [
    [
      'node-redis',
      async (port) => {
        const client = createClient({
          url: `redis://127.0.0.1:${String(port)}`,
          socket: { reconnectStrategy: 50 },
        })
        client.on('error', () => undefined)
        opened.push(() => client.destroy())
        await client.connect()
        return client
      },
    ],
    [
      'ioredis',
      async (port) => {
        const client = new IoRedis(port, '127.0.0.1', { retryStrategy: () => 50 })
        client.on('error', () => undefined)
        opened.push(() => client.disconnect())
        await client.ping()
        return client
      },
    ],
  ]

  it.each(connectors)(
    'fault F20: %s carries out no write of the outage afterwards',
    async (_, by) => {
      const server = await redis()
      const proxy = await startProxy(server.port)
      opened.push(() => proxy.close())
      const store = createResilientStore(
        createRedisStore({ client: await by(proxy.port), lateAfter: 400 }),
        { failuresToOpen: 1_000 },
      )
      const direct = createRedisStore({ client: await connect(server.port) })
      const [ended, kept] = [await start(store), await start(store)]
      const created = newSession(store)
      const writes = [
        () => store.change(ended, { seen: true, set: new Map([['a', '1']]) }),
        () => store.change(kept, { set: new Map([['a', '1']]) }),
        () => store.create(created),
        () => store.endAll('ann', 'revoked_admin'),
      ]
      const refused = async (): Promise<void> => {
        for (const result of await Promise.allSettled(writes.map((write) => write()))) {
          expect(result).toMatchObject({
            status: 'rejected',
            reason: { code: 'store_unavailable' },
          })
        }
      }

      // A hole first: the client does not know yet, and what it sends may rest in a buffer.
      proxy.swallow()
      await refused()
      await proxy.refuse()
      proxy.passOn()
      await refused()
      await direct.end(ended, 'logged_out')
      await sleep(500)
      await proxy.accept()
      await expect.poll(() => isLive(store, kept).catch(() => false), { timeout: 5_000 }).toBe(true)
      await sleep(300)

      expect(await isLive(direct, ended)).toBe(false)
      expect((await direct.read(created.id)).status).toBe('missing')
      const read = await direct.read(kept)
      expect(read.status === 'found' && read.record.data.size).toBe(0)
      expect((await direct.readSubject('ann')).epoch).toBe(0)
    },
  )
})

describe('what Redis refuses', () => {
  it('store half of F6: out of memory, sessions are read and ended, and none is created', async () => {
    const server = await redis(['--maxmemory-policy', 'noeviction'])
    const store = createRedisStore({ client: await connect(server.port) })
    const first = await start(store)
    const second = await start(store)
    const third = await start(store, 'bob')
    await start(store, 'cid')
    await server.cli('config', 'set', 'maxmemory', '1mb')

    const refusal = await store.create(newSession(store)).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(StoreUnavailable)
    expect(String(refusal)).toContain('OOM')
    const written = store.change(first, { set: new Map([['a', '1']]) })
    await expect(written).rejects.toThrow('OOM')
    const limited = newSession(store)
    await expect(
      store.create({ ...limited, limit: { max: 1, whenFull: 'evict-oldest' } }),
    ).rejects.toThrow('OOM')

    expect(await isLive(store, first)).toBe(true)
    expect(await isLive(store, second)).toBe(true)
    expect((await store.end(first, 'logged_out')).status).toBe('ended')
    expect((await store.end(second, 'signed_in', { after: 1 })).status).toBe('ended')
    expect((await store.endAll('bob', 'password_changed')).count).toBe(1)
    expect((await store.changeSubject('cid', { isDisabled: true })).isDisabled).toBe(true)
    const ended = await store.read(first)
    expect(ended.status === 'ended' && ended.ending.reason).toBe('logged_out')
    expect(await isLive(store, third)).toBe(false)
    expect((await store.list('cid', { limit: 10 })).records).toEqual([])
    expect(await store.reap('bob', 10)).toMatchObject({ reaped: [{ id: third }] })

    await server.cli('config', 'set', 'maxmemory', '0')
    expect((await store.create(limited)).status).toBe('created')
  })

  it('store half of F8: a replica answers READONLY, and writes work again after its promotion', async () => {
    const [primary, server] = [await redis(), await redis()]
    const store = createRedisStore({ client: await connect(server.port) })
    await server.cli('replicaof', '127.0.0.1', String(primary.port))
    const refusal = await store.create(newSession(store)).catch((error: unknown) => error)
    expect(String(refusal)).toMatch(
      /StoreUnavailable: Redis is unavailable: (READONLY|MASTERDOWN|LOADING)/,
    )
    await server.cli('replicaof', 'no', 'one')
    await start(store)
  })

  it('store half of F25: a right that is taken away is told by its word, and works again when given', async () => {
    const server = await redis()
    await server.cli('acl', 'setuser', 'app', 'on', '>very-secret', '~*', '+@all')
    const client = createClient({ url: server.url, username: 'app', password: 'very-secret' })
    client.on('error', () => undefined)
    await client.connect()
    opened.push(() => client.destroy())
    const store = createRedisStore({ client })
    const id = await start(store)
    await server.cli('acl', 'setuser', 'app', '-evalsha')
    const refusal = (await store.read(id).catch((error: unknown) => error)) as Error
    expect(String(refusal)).toContain('NOPERM')
    expect(JSON.stringify([refusal.message, String(refusal.cause)])).not.toContain('very-secret')
    await server.cli('acl', 'setuser', 'app', '+evalsha')
    expect(await isLive(store, id)).toBe(true)
  })

  const RIGHTS =
    '+eval +evalsha +@hash +@sortedset +del +unlink +exists +rename +pexpire +pttl +time +scan'
  const FAMILY = { seedDigest: 'seed', lifetime: HOUR }
  const ROTATION = { seedDigest: 'seed', client: undefined, idleTimeout: undefined, isSeen: true }

  /** Connects as a user with these rights, and those that node-redis itself needs. */
  async function connectAs(name: string, server: RedisServer, rights: string) {
    const user = ['acl', 'setuser', name, 'on', '>secret', 'resetkeys', '~sj:*', '-@all']
    await server.cli(...user, 'resetchannels', ...rights.split(' '), '+hello')
    const client = createClient({ url: server.url, username: name, password: 'secret' })
    client.on('error', () => undefined)
    await client.connect()
    opened.push(() => client.destroy())
    return client
  }

  it.each([
    ['is nothing, with the rights that the documentation asks for', `${RIGHTS} +publish`],
    ['is at most the telling, without the right to publish', RIGHTS],
  ])('%s', async (_, rights) => {
    const server = await redis()
    const client = await connectAs('app', server, `${rights} &sj:changes`)
    const listening = '+subscribe +unsubscribe +ping &sj:changes'
    const subscriber = await connectAs('listener', server, listening)
    const store = createRedisStore({ client, subscriber })
    opened.push(() => store.close())
    const told: string[] = []
    const tell = (name: string): unknown => told.push(name)
    store.changes?.watch({
      onSession: tell,
      onSubject: tell,
      onDocument: tell,
      onEverything: () => tell('all'),
    })
    const mayPublish = rights.includes('publish')
    if (mayPublish) await expect.poll(() => store.changes?.age()).toBeLessThan(400)
    const first = await start(store)
    await store.change(first, { seen: true, set: new Map([['a', '1']]), traits: { agent: null } })
    await store.change(first, { seen: true, idleTimeout: 2 * HOUR })
    expect((await store.walk?.({ limit: 100 }))?.records.map(({ id }) => id)).toEqual([first])
    await store.end(first, 'logged_out')
    await store.endAll('ann', 'revoked_admin', await start(store))
    await start(store)
    await store.endAll('ann', 'revoked_admin')
    await store.reap('ann', 10)
    await store.changeSubject('ann', { isDisabled: true, set: new Map([['a', '1']]) })
    expect((await store.readSubject('ann')).isDisabled).toBe(true)
    expect(await store.list('ann', { limit: 1 })).toMatchObject({ records: [] })
    const rotated = { ...newSession(store, 'bob'), family: FAMILY }
    await store.create(rotated)
    const rotation = { ...ROTATION, grace: 0, forgiveFor: 0, generation: 1 }
    expect((await store.rotate(rotated.id, rotation)).status).toBe('rotated')
    expect((await store.rotate(rotated.id, rotation)).status).toBe('reused')
    expect(await isLive(store, rotated.id)).toBe(false)
    expect(await store.writeDocument('keys', 'x', 0)).toEqual({ text: 'x', revision: 1 })
    expect(await store.readDocument('keys')).toEqual({ text: 'x', revision: 1 })
    const rate = { quota: 2, window: HOUR }
    expect((await store.counters?.spend('k', rate))?.remaining).toBe(1)
    expect((await store.counters?.spend('k', rate, -1))?.remaining).toBe(2)
    const rule = { max: 2, lockFor: HOUR, forgetAfter: HOUR }
    expect((await store.counters?.attempt('k', rule))?.count).toBe(1)
    expect(await store.counters?.forget('k')).toBe(1)
    expect((await store.check()).details['roundTrip']).toBeGreaterThan(0)
    await expect(
      createRedisStore({ client, keyPrefix: 'other:' }).readSubject('ann'),
    ).rejects.toThrow(/NOPERM/)
    // Who cannot be told knows that nothing is known.
    if (mayPublish) await expect.poll(() => told).toContain('keys')
    else expect(store.changes?.age()).toBe(Number.POSITIVE_INFINITY)
    expect(told.length > 0).toBe(mayPublish)
  })
})

describe('what rests there and makes no sense', () => {
  const JUNK: readonly (readonly [string, ...string[]])[] = [
    ['SET', 'junk'],
    ['RPUSH', 'junk'],
    ['SADD', 'junk'],
    ['HSET', 'C', '{"junk":', 'T', 'x'],
    ['HSET', 'C', '1', 'T', '1e999', 'I', 'NaN', 'X', '', 'H', ''],
    ['HSET', 'anything', 'else'],
  ]

  it.each(JUNK)(
    'store half of F26: %s %s is corrupt, and that session alone',
    async (...command) => {
      const server = await redis()
      const store = createRedisStore({ client: await connect(server.port) })
      const [broken, sound] = [await start(store), await start(store)]
      const key = createKeys('sj:').session(broken)
      await server.cli('del', key)
      await server.cli(command[0] ?? '', key, ...command.slice(1))

      expect((await store.read(broken)).status).toBe('corrupt')
      expect(await store.change(broken, { seen: true })).toEqual({
        status: 'gone',
        ending: undefined,
      })
      expect(await store.end(broken, 'logged_out')).toEqual({ status: 'gone', ending: undefined })
      expect((await store.read(broken)).status).toBe('corrupt')
      expect((await store.list('ann', { limit: 10 })).records.map(({ id }) => id)).toEqual([sound])
      expect((await store.reap('ann', 10)).hasMore).toBe(false)
      expect(await isLive(store, sound)).toBe(true)
      expect((await store.endAll('ann', 'revoked_admin', sound)).epoch).toBe(1)
      expect(await isLive(store, sound)).toBe(true)
    },
  )

  it('store half of F26: a record of a later version is corrupt to this one, and left as it is', async () => {
    const server = await redis()
    const store = createRedisStore({ client: await connect(server.port) })
    const [later, sound] = [await start(store), await start(store)]
    const key = createKeys('sj:').session(later)
    await server.cli('hset', key, 'V', '2')
    const before = await server.cli('hgetall', key)
    expect((await store.read(later)).status).toBe('corrupt')
    await store.change(later, { seen: true, set: new Map([['a', '1']]) })
    await store.end(later, 'logged_out')
    expect(await server.cli('hgetall', key)).toBe(before)
    const page = await store.list('ann', { limit: 10 })
    expect(page.records.map(({ id }) => id)).toEqual([sound])
  })

  it('in a subject’s record makes its sessions corrupt rather than live', async () => {
    const server = await redis()
    const store = createRedisStore({ client: await connect(server.port) })
    const id = await start(store)
    const other = await start(store, 'bob')
    const key = createKeys('sj:').subject(store.bucketOf('ann'), 'ann')
    for (const command of [
      ['set', key, 'junk'],
      ['hset', key, 'E', 'junk'],
    ]) {
      await server.cli('del', key)
      await server.cli(...command)
      expect((await store.read(id)).status).toBe('corrupt')
      await expect(store.change(id, { seen: true })).rejects.toThrow(StoreUnavailable)
      await expect(store.endAll('ann', 'revoked_admin')).rejects.toThrow('WRONGTYPE')
      await expect(store.create(newSession(store))).rejects.toThrow(StoreUnavailable)
      expect(await isLive(store, other)).toBe(true)
    }
  })

  it('in an index fails before anything is written', async () => {
    const server = await redis()
    const store = createRedisStore({ client: await connect(server.port) })
    const id = await start(store)
    const before = await store.read(id)
    const key = createKeys('sj:').index(store.bucketOf('ann'), 'ann')
    await server.cli('del', key)
    await server.cli('set', key, 'junk')
    const session = newSession(store)
    await expect(store.create(session)).rejects.toThrow('WRONGTYPE')
    expect((await store.read(session.id)).status).toBe('missing')
    await expect(store.change(id, { seen: true, set: new Map([['a', '1']]) })).rejects.toThrow(
      'WRONGTYPE',
    )
    expect(await store.read(id)).toEqual({ ...before, now: expect.any(Number) as number })
  })

  it('in single fields counts as absent', async () => {
    const server = await redis()
    const store = createRedisStore({ client: await connect(server.port) })
    const id = await start(store)
    const junk = ['A', 'x', 'Q', 'x', 'R', '-', 'Y', 'no reason', 'd:a', 'no revision', 'zz', '1']
    await server.cli('hset', createKeys('sj:').session(id), ...junk)
    const read = await store.read(id)
    expect(read).toMatchObject({
      status: 'found',
      record: { previousUntil: undefined, revision: 0, endsAs: 'unknown' },
    })
    expect(read.status === 'found' && read.record.data.size).toBe(0)
    const change = await store.change(id, { set: new Map([['a', '1']]) })
    expect(change).toMatchObject({ status: 'changed', revision: 1 })
  })
})
