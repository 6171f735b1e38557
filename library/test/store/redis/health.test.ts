import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisStore } from '../../../src/store/redis/index.js'
import type { Store } from '../../../src/store/store.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { connectNodeRedis, type Connected } from './harness.js'

let server: RedisServer
let connected: Connected
let store: Store

beforeAll(async () => {
  server = await startRedis({
    args: [
      '--save',
      '',
      '--appendonly',
      'yes',
      '--maxmemory',
      '64mb',
      '--repl-diskless-sync-delay',
      '0',
    ],
  })
  connected = await connectNodeRedis(server.port)
  store = createRedisStore({ client: connected.client })
})

afterAll(async () => {
  await connected.close()
  await server.stop()
})

async function start(index: number, subject?: string): Promise<string> {
  const id = `${store.bucketOf(subject)}.${String(index).padStart(22, 'A')}`
  await store.create({
    id,
    subject,
    secretDigest: 'a'.repeat(43),
    idleTimeout: 60_000,
    absoluteTimeout: 3_600_000,
    traits: {},
    data: new Map(),
  })
  return id
}

async function drawn(times: number): Promise<{ keys: number; drawn: number; sessions: number }> {
  const sums = { keys: 0, drawn: 0, sessions: 0 }
  for (let time = 0; time < times; time += 1) {
    const { details } = await store.check()
    sums.keys = Number(details['keys'])
    sums.drawn += Number(details['keysDrawn'])
    sums.sessions += Number(details['sessionsDrawn'])
  }
  return sums
}

describe('what Redis says of itself', () => {
  it('draws nothing where there is nothing', async () => {
    expect(await drawn(1)).toEqual({ keys: 0, drawn: 0, sessions: 0 })
  })

  it('lets the sessions that live be estimated: not what has ended, nor what else there is', async () => {
    const ids = []
    for (let index = 0; index < 300; index += 1) ids.push(await start(index))
    for (const id of ids.slice(0, 100)) await store.end(id, 'logged_out')
    const { keys, drawn: all, sessions } = await drawn(60)
    // 200 live and 100 tombstones, and nothing else.
    expect(keys).toBe(300)
    expect(all).toBe(60 * 32)
    // 1,920 draws: the standard error is 1.1 % of the keys.
    expect(Math.abs((sessions / all) * keys - 200)).toBeLessThan(25)
  })

  it('tells memory, persistence, clients and the keyspace in numbers', async () => {
    const { details } = await store.check()
    for (const name of ['memoryUsed', 'memoryResident', 'memoryPeak', 'clients', 'commands']) {
      expect([name, Number(details[name]) > 0]).toEqual([name, true])
    }
    expect(details).toMatchObject({
      memoryLimit: 64 * 1_048_576,
      appendOnly: 1,
      appendOnlyWrite: 'ok',
      saveStatus: 'ok',
      evictedKeys: 0,
      clientsBlocked: 0,
      isLoading: 0,
      replicas: 0,
    })
    expect(Number(details['memoryFragmentation'])).toBeGreaterThan(0)
    expect(details).not.toHaveProperty('shard')
    expect(details).not.toHaveProperty('replicaOffset')
  })

  it('says how far replicas are behind', async () => {
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(server.port)] })
    try {
      const told = async (name: string) => Number((await store.check()).details[name])
      await expect.poll(() => told('replicas'), { timeout: 10_000 }).toBe(1)
      // Until something is written there is nothing to be behind with.
      await start(900)
      await expect.poll(() => told('replicaOffset'), { timeout: 10_000 }).toBeGreaterThan(0)
      const { details } = await store.check()
      expect(Number(details['replicationOffset'])).toBeGreaterThanOrEqual(
        Number(details['replicaOffset']),
      )
      expect(Number(details['replicaSilence'])).toBeLessThan(30)
    } finally {
      await replica.stop()
    }
  })

  it('estimates nothing where the user may not ask, and tells the rest', async () => {
    await server.cli('ACL', 'SETUSER', 'default', '-randomkey')
    try {
      const { details } = await store.check()
      expect(details).toMatchObject({ keys: 301, keysDrawn: 0, sessionsDrawn: 0 })
      expect(Number(details['memoryUsed'])).toBeGreaterThan(0)
    } finally {
      await server.cli('ACL', 'SETUSER', 'default', '+randomkey')
    }
  })
})
