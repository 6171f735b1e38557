import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../src/errors.js'
import type { KeyRing } from '../../src/keys/key-ring.js'
import { createStoredKeyRing } from '../../src/keys/stored-ring.js'
import { createNearCache } from '../../src/store/near-cache.js'
import {
  createRedisStore,
  type RedisClient,
  type RedisSubscriber,
} from '../../src/store/redis/index.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { connectNodeRedis } from '../store/redis/harness.js'
import { newSecret } from './support.js'

const secret = newSecret()
const opened: (() => unknown)[] = []
let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(async () => {
  for (const close of opened.splice(0).reverse()) await close()
  await server.stop()
})

async function connect() {
  const { client, close } = await connectNodeRedis(server.port)
  opened.push(close)
  return client as RedisClient & RedisSubscriber
}

/** One more node: its own connections, its own ring, with or without a near cache. */
async function node(keyPrefix: string, isNear: boolean) {
  const client = await connect()
  const subscriber = isNear ? { subscriber: await connect() } : {}
  const documents = createNearCache(createRedisStore({ client, keyPrefix, ...subscriber }))
  opened.push(() => documents.close())
  const ring = createStoredKeyRing({ documents, wrappingSecrets: [secret] })
  await ring.ready()
  return ring
}

/** Milliseconds until a node that is used all the time refuses `kid`. */
async function refusedAfter(ring: KeyRing, kid: string): Promise<number> {
  const from = performance.now()
  for (;;) {
    if (!ring.isFresh()) await ring.ensureFresh()
    if (ring.find(kid) === undefined) return performance.now() - from
    await sleep(1)
  }
}

describe('a ring on Redis', () => {
  it.each([
    ['a node that hears of changes', 'near:', true],
    ['a node that only reads', 'far:', false],
  ])('%s refuses a leaked key within a second', async (what, prefix, isNear) => {
    const [admin, other] = [await node(prefix, false), await node(prefix, isNear)]
    const times: number[] = []
    for (let turn = 0; turn < 8; turn += 1) {
      await Promise.all([admin.ensureFresh(), other.ensureFresh(), sleep(60 * turn)])
      await other.ensureFresh()
      const { kid } = other.signing()
      const [time] = await Promise.all([refusedAfter(other, kid), admin.admin.retireNow(kid)])
      times.push(Math.round(time))
      expect(other.signing().kid).not.toBe(kid)
    }
    process.stdout.write(`${what}: refused after ${times.join(', ')} ms\n`)
    expect(Math.max(...times)).toBeLessThan(1_000)
  })

  it('changes by four nodes at once all happen', async () => {
    const nodes = await Promise.all([1, 2, 3, 4].map(async () => node('race:', false)))
    const changes = await Promise.all(nodes.map(async (one) => one.admin.generate()))
    const keys = await nodes[0]?.admin.list()
    expect(keys).toHaveLength(5)
    expect(new Set(changes.map(({ kid }) => kid)).size).toBe(4)
  })

  it('a server that does not answer stops everything in time, and goes on when it does', async () => {
    const ring = await node('paused:', true)
    const { kid } = ring.signing()
    server.pause()
    try {
      await sleep(1_100)
      const from = performance.now()
      await expect(ring.ensureFresh()).rejects.toBeInstanceOf(StoreUnavailable)
      expect(performance.now() - from).toBeLessThan(500)
      expect(() => ring.find(kid)).toThrow(StoreUnavailable)
    } finally {
      server.resume()
    }
    await expect.poll(async () => ring.ensureFresh().then(() => ring.find(kid)?.kid)).toBe(kid)
  })
})
