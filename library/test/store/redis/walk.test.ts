import { createClient, createCluster } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { InvalidInput, StoreUnavailable } from '../../../src/errors.js'
import type { NodeRedisClient } from '../../../src/store/redis/client.js'
import { createRedisStore } from '../../../src/store/redis/index.js'
import type { Store } from '../../../src/store/store.js'
import { randomToken } from '../../../src/system/random.js'
import { startCluster, type RedisCluster } from '../../support/redis-cluster.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'

let server: RedisServer
let cluster: RedisCluster
beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startCluster()])
})
afterAll(async () => {
  await Promise.all([server, cluster].map((each) => each.stop()))
})

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function connect(options: Parameters<typeof createClient>[0] = {}) {
  const client = createClient({ url: server.url, ...options })
  client.on('error', () => undefined)
  await client.connect()
  opened.push(() => client.isOpen && client.destroy())
  return client
}

async function connectCluster() {
  const client = createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) })
  await client.connect()
  opened.push(() => client.destroy())
  return client
}

async function start(store: Store, subject: string): Promise<string> {
  const id = `${store.bucketOf(subject)}.${randomToken(16)}`
  const created = await store.create({
    id,
    subject,
    secretDigest: randomToken(32),
    idleTimeout: 60_000,
    absoluteTimeout: 60_000,
    traits: {},
    data: new Map([['a', '1']]),
  })
  expect(created.status).toBe('created')
  return id
}

function startMany(store: Store, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => start(store, `s${String(at)}`)))
}

type Walk = NonNullable<Store['walk']>

function walkOf(store: Store): Walk {
  if (store.walk === undefined) throw new Error('the store cannot walk')
  return store.walk.bind(store)
}

async function walkAll(walk: Walk, limit: number): Promise<string[]> {
  // Redis may name a key again while it moves its table to a larger one.
  const ids = new Set<string>()
  let cursor: string | undefined
  do {
    const { records, next } = await walk({ limit, cursor })
    for (const { id } of records) ids.add(id)
    cursor = next
  } while (cursor !== undefined)
  return [...ids].sort()
}

let prefixes = 0
const keyPrefix = (): string => `w${String((prefixes += 1))}:`

describe('a walk over Redis', () => {
  it('leaves alone what others keep under such names', async () => {
    const client = await connect()
    const prefix = keyPrefix()
    const store = createRedisStore({ client, keyPrefix: prefix })
    const ids = await startMany(store, 20)
    const foreign = ['s{Ab}text', 's{Ab}%zz', 's{}', 's{Ab}', 's{a}b{c}d', 's{Ab}a b', 'ss{Ab}x']
    for (const name of foreign) await client.set(prefix + name, 'x')
    await client.hSet(`${prefix}s{Ab}hash`, 'any', 'thing')
    await client.set(`other:${prefix}s{Ab}x`, 'x')
    expect(await walkAll(walkOf(store), 1_000)).toEqual(ids.sort())
    for (const name of foreign) expect(await client.get(prefix + name)).toBe('x')
  })

  it('meets the sessions of this prefix alone', async () => {
    const client = await connect()
    const store = createRedisStore({ client, keyPrefix: keyPrefix() })
    const ids = await startMany(store, 5)
    await startMany(createRedisStore({ client, keyPrefix: keyPrefix() }), 5)
    expect(await walkAll(walkOf(store), 1_000)).toEqual(ids.sort())
  })

  it('begins anew where the primaries are not those that it began with', async () => {
    const walk = walkOf(createRedisStore({ client: await connectCluster() }))
    const ids = await startMany(createRedisStore({ client: await connectCluster() }), 60)
    expect(await walkAll(walk, 10)).toEqual(ids.sort())
    const first = await walk({ limit: 10 })
    expect((await walk({ limit: 10, cursor: 'AAAAAAAA.2.17' })).next).toBe(first.next)
  })

  it('refuses a cursor of a node that there is none of, or that no Redis gave', async () => {
    const store = createRedisStore({ client: await connect(), keyPrefix: keyPrefix() })
    await startMany(store, 60)
    const walk = walkOf(store)
    const { next = '' } = await walk({ limit: 1 })
    const [nodes = '', , cursor = ''] = next.split('.')
    expect(await walk({ limit: 1, cursor: `${nodes}.0.${cursor}` })).toBeDefined()
    for (const wrong of [`${nodes}.1.${cursor}`, `${nodes}.0.18446744073709551616`]) {
      await expect(walk({ limit: 1, cursor: wrong })).rejects.toThrow(InvalidInput)
    }
  })

  it('is unavailable where the client is not connected, or the user may not scan', async () => {
    const client = await connect()
    const walk = walkOf(createRedisStore({ client }))
    client.destroy()
    await expect(walk({ limit: 1 })).rejects.toThrow(StoreUnavailable)
    await server.cli('acl', 'setuser', 'app', 'on', '>secret', '~sj:*', '&*', '+@all', '-scan')
    const limited = await connect({ username: 'app', password: 'secret' })
    const refused = walkOf(createRedisStore({ client: limited }))({ limit: 1 })
    await expect(refused).rejects.toThrow('Redis is unavailable: NOPERM')
  })

  it('is absent where the client cannot scan', async () => {
    const client = await connect()
    const few: NodeRedisClient = {
      evalSha: (sha, input) => client.evalSha(sha, input),
      eval: (script, input) => client.eval(script, input),
    }
    const store = createRedisStore({ client: few, keyPrefix: keyPrefix() })
    await start(store, 'ann')
    expect(store.walk).toBeUndefined()
    expect('walk' in store).toBe(false)
  })

  it('asks with SCAN, once for each step, and never with KEYS', async () => {
    const store = createRedisStore({ client: await connect(), keyPrefix: keyPrefix() })
    for (let round = 0; round < 10; round += 1) await startMany(store, 500)
    await server.cli('config', 'resetstat')
    const begin = performance.now()
    let steps = 0
    const walk = walkOf(store)
    const ids = await walkAll((step) => {
      steps += 1
      return walk(step)
    }, 500)
    const took = performance.now() - begin
    console.log(`a walk over 5,000 sessions in steps of 500: ${took.toFixed(0)} ms`)
    expect(ids).toHaveLength(5_000)
    const stats = await server.cli('info', 'commandstats')
    expect(stats).toContain(`cmdstat_scan:calls=${String(steps)},`)
    expect(stats).not.toContain('cmdstat_keys')
    expect(steps).toBeGreaterThanOrEqual(10)
  })
})
