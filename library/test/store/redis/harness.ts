import assert from 'node:assert/strict'
import { Redis as IoRedis, type RedisOptions } from 'ioredis'
import { createClient, createCluster, type RedisClientOptions } from 'redis'
import {
  createRedisStore,
  type RedisClient,
  type RedisStoreOptions,
  type RedisSubscriber,
} from '../../../src/store/redis/index.js'
import { createKeys } from '../../../src/store/redis/keys.js'
import type { Store } from '../../../src/store/store.js'
import type { OpenedStore, StoreHarness } from '../../../src/testing/index.js'

/** A client under test, connected, and how to part from it. */
export interface Connected {
  readonly client: RedisClient
  close(): Promise<void>
}

/** What differs from a Redis on 127.0.0.1 that asks nobody for anything. */
export type NodeRedisDifferences = Pick<
  RedisClientOptions,
  'url' | 'username' | 'password' | 'database' | 'socket'
>

/** A node-redis client as the documentation of the store recommends it. */
export async function connectNodeRedis(
  port: number,
  { socket, ...differences }: NodeRedisDifferences = {},
): Promise<Connected> {
  const client = createClient({
    url: `redis://127.0.0.1:${String(port)}`,
    ...differences,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: 50, ...socket } as NonNullable<RedisClientOptions['socket']>,
  })
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: async () => client.destroy() }
}

/** The same for ioredis. */
export type IoRedisDifferences = Pick<
  RedisOptions,
  'db' | 'tls' | 'username' | 'password' | 'enableReadyCheck'
>

/** An ioredis client as the documentation of the store recommends it. */
export async function connectIoRedis(
  port: number,
  differences: IoRedisDifferences = {},
): Promise<Connected> {
  const client = new IoRedis(port, '127.0.0.1', {
    ...differences,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => 50,
  })
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: async () => client.disconnect() }
}

/** A node-redis cluster client. */
export async function connectNodeRedisCluster(ports: readonly number[]): Promise<Connected> {
  const client = createCluster({
    rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${String(port)}` })),
    defaults: { disableOfflineQueue: true },
  })
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: async () => client.destroy() }
}

/** What the tests need beside the store: a hand on every node, whatever client is under test. */
export interface Admin {
  /** Runs a script on every node that may name any key; the answers in the order of the nodes. */
  everywhere(script: string, ...args: string[]): Promise<unknown[]>
  close(): Promise<void>
}

export async function connectAdmin(
  ports: readonly number[],
  differences: NodeRedisDifferences = {},
): Promise<Admin> {
  const clients = ports.map((port) =>
    createClient({ url: `redis://127.0.0.1:${String(port)}`, ...differences }).on(
      'error',
      () => undefined,
    ),
  )
  await Promise.all(clients.map((client) => client.connect()))
  return {
    everywhere: (script, ...args) =>
      Promise.all(clients.map((client) => client.eval(script, { keys: [], arguments: args }))),
    async close() {
      for (const client of clients) client.destroy()
    },
  }
}

/** An opened Redis store, with what the harness needs to reach below it. */
export interface OpenedRedis extends OpenedStore {
  readonly prefix: string
  readonly admin: Admin
  readonly bucketOf: Store['bucketOf']
}

/** Both ends of what is under test: two clients (two processes, so to say), and the nodes they talk to. */
export interface Bench {
  readonly clients: readonly [RedisClient, RedisClient]
  readonly admin: Admin
  /** For the change feed of the first store. Default: it has none. */
  readonly subscriber?: RedisSubscriber
  /** Whether the user may SCAN. Default: yes. */
  readonly mayWalk?: boolean
}

const DAY = 86_400_000

/** Time passes: every key loses as much of its life, and those that run out are gone. */
const AGE = `
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 and left <= tonumber(ARGV[2]) then redis.call('DEL', key)
  elseif left >= 0 then redis.call('PEXPIRE', key, left - ARGV[2]) end
end`
const KEYS_WITHOUT_END = `
local eternal = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  if redis.call('PTTL', key) == -1 then eternal[#eternal + 1] = key end
end
return eternal`
const COUNT = `return #redis.call('KEYS', ARGV[1] .. '*')`
const REMOVE = `for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do redis.call('DEL', key) end`

/** Entries of an index that name a record which is not there, or not of the expiry that they tell. */
const STRAY_ENTRIES = `
local stray = {}
for _, index in ipairs(redis.call('KEYS', ARGV[1] .. 'u*')) do
  local home, tag = string.match(index, '^(.*)u(%b{})')
  local entries = redis.call('ZRANGE', index, 0, -1, 'WITHSCORES')
  for at = 1, #entries, 2 do
    local key = home .. 's' .. tag .. entries[at]
    if redis.call('TYPE', key).ok == 'hash' then
      local f = redis.call('HMGET', key, 'C', 'T', 'I', 'X', 'K')
      local expiry = f[1] and f[1] + math.min(f[2] + f[3], f[4])
      if f[5] or expiry ~= tonumber(entries[at + 1]) then stray[#stray + 1] = key end
    elseif redis.call('EXISTS', key) == 0 then stray[#stray + 1] = key end
  end
end
return stray`

let opened = 0

/** The harness for the conformance suite, on servers that run already. */
export function redisHarness(bench: () => Bench): StoreHarness<OpenedRedis> {
  return {
    async open() {
      const { clients, admin, subscriber, mayWalk = true } = bench()
      const prefix = `t${String((opened += 1))}:`
      let offset = 0
      const common = {
        keyPrefix: prefix,
        clockOffset: () => offset,
        endingsKeptFor: DAY,
        // Nothing here is about being late, and these machines may be busy.
        lateAfter: 10_000,
      }
      const create = (options: RedisStoreOptions): Store => {
        const { walk, transfer, ...others } = createRedisStore(options)
        // Sessions that nobody may walk over, nobody may move.
        const walking = mayWalk && walk !== undefined && transfer !== undefined
        return walking ? { ...others, walk, transfer } : others
      }
      const store = (client: RedisClient): Store => create({ client, ...common })
      const listening = subscriber === undefined ? {} : { subscriber }
      const first = create({ client: clients[0], ...common, ...listening })
      // What ends is known from the instant on at which somebody first asks.
      await first.changes?.endings(0)
      return {
        prefix,
        admin,
        bucketOf: first.bucketOf,
        store: first,
        second: () => store(clients[1]),
        async advance(milliseconds) {
          offset += milliseconds
          await admin.everywhere(AGE, prefix, String(milliseconds))
        },
        async inspect() {
          assert.deepEqual((await admin.everywhere(KEYS_WITHOUT_END, prefix)).flat(), [])
          assert.deepEqual((await admin.everywhere(STRAY_ENTRIES, prefix)).flat(), [])
        },
        async close() {
          await first.close()
          await admin.everywhere(REMOVE, prefix)
        },
      }
    },
    async forgetIndex({ prefix, admin, bucketOf }, subject) {
      await admin.everywhere(REMOVE, createKeys(prefix).index(bucketOf(subject), subject))
    },
    async corrupt({ prefix, admin }, id) {
      await overwrite(admin, createKeys(prefix).session(id), 'RPUSH', 'junk')
    },
    async countEntries({ prefix, admin }) {
      const counts = await admin.everywhere(COUNT, prefix)
      return counts.reduce<number>((sum, count) => sum + Number(count), 0)
    },
  }
}

const OVERWRITE = `
local there = redis.call('KEYS', ARGV[1])[1]
if not there then return end
redis.call('DEL', there)
redis.call(ARGV[2], there, unpack(ARGV, 3))
redis.call('PEXPIRE', there, 3600000)`

/** Puts something else under a key that exists, as a fault or an operator might. */
export async function overwrite(admin: Admin, key: string, ...command: string[]): Promise<void> {
  await admin.everywhere(OVERWRITE, key, ...command)
}
