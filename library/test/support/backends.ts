import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { createMemoryStore } from '../../src/store/memory.js'
import { createRedisStore } from '../../src/store/redis/index.js'
import { openSqliteStore } from '../../src/store/sqlite/index.js'
import type { Store } from '../../src/store/store.js'
import { connectNodeRedis, connectNodeRedisCluster } from '../store/redis/harness.js'
import { startCluster } from './redis-cluster.js'
import { startRedis } from './redis-server.js'

/** One storage with two handles on it, as two processes would hold them. */
export interface Backend {
  readonly stores: readonly [Store, Store]
  /** Everything at rest, as one text; empty where nothing rests outside the process. */
  dump(): Promise<string>
  close(): Promise<void>
}

async function memory(): Promise<Backend> {
  const store = createMemoryStore()
  return { stores: [store, store], dump: async () => '', close: async () => store.close() }
}

async function sqlite(): Promise<Backend> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-backend-'))
  const file = join(folder, 'sessions.db')
  const stores = [await openSqliteStore({ file }), await openSqliteStore({ file })] as const
  return {
    stores,
    dump: async () =>
      readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), 'latin1'))
        .join('\n'),
    async close() {
      for (const store of stores) await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

async function redis(): Promise<Backend> {
  const server = await startRedis()
  const [one, two] = [await connectNodeRedis(server.port), await connectNodeRedis(server.port)]
  return {
    stores: [createRedisStore({ client: one.client }), createRedisStore({ client: two.client })],
    dump: () => dumpRedis([server.port]),
    async close() {
      await one.close()
      await two.close()
      await server.stop()
    },
  }
}

async function cluster(): Promise<Backend> {
  const nodes = await startCluster()
  const ports = nodes.ports
  const [one, two] = [await connectNodeRedisCluster(ports), await connectNodeRedisCluster(ports)]
  return {
    stores: [createRedisStore({ client: one.client }), createRedisStore({ client: two.client })],
    dump: () => dumpRedis(ports),
    async close() {
      await one.close()
      await two.close()
      await nodes.stop()
    },
  }
}

/** Every key with everything in it; only a test may do this. */
export async function dumpRedis(ports: readonly number[]): Promise<string> {
  const script = `local all = {}
    for _, key in ipairs(redis.call('KEYS', '*')) do
      all[#all + 1] = key
      local kind = redis.call('TYPE', key).ok
      if kind == 'hash' then for _, part in ipairs(redis.call('HGETALL', key)) do all[#all + 1] = part end end
      if kind == 'zset' then for _, part in ipairs(redis.call('ZRANGE', key, 0, -1)) do all[#all + 1] = part end end
      if kind == 'string' then all[#all + 1] = redis.call('GET', key) end
    end
    return all`
  const texts = await Promise.all(
    ports.map(async (port) => {
      const client = createClient({ url: `redis://127.0.0.1:${String(port)}` })
      await client.connect()
      const parts = (await client.eval(script)) as string[]
      client.destroy()
      return parts.join('\n')
    }),
  )
  return texts.join('\n')
}

export const BACKENDS: Readonly<Record<string, () => Promise<Backend>>> = {
  memory,
  SQLite: sqlite,
  Redis: redis,
  'Redis Cluster': cluster,
}
