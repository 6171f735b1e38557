/**
 * Opens the store that the configuration asks for: Redis in whatever topology, or the embedded SQLite file.
 */
import { join } from 'node:path'
import { createClient, createCluster, createSentinel } from 'redis'
import { createRedisStore } from 'sojourn/redis'
import { openSqliteStore } from 'sojourn/sqlite'
import type { Store } from 'sojourn'
import type { Config, RedisConfig } from './config/config.js'
import type { Logger } from './log/index.js'

/** How long start-up waits for the first connection before it goes on without (answers are 503 until it is there). */
const FIRST_CONNECTION = 5_000
const RECONNECT_AT_MOST = 500

/** The store, and how to let go of what was opened for it. */
export interface OpenedStore {
  readonly store: Store
  close(): Promise<void>
}

/** A Redis that will never accept us: wrong password, no rights, not Redis, wrong certificate. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused'
  readonly code: 'STORE_AUTH' | 'STORE_PROTOCOL' | 'STORE_TLS'

  constructor(code: StoreRefused['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** @throws StoreRefused where waiting would not help. */
export async function openSessionStore(config: Config, log: Logger): Promise<OpenedStore> {
  if (config.redis !== undefined) return openRedis(config.redis, log)
  const store = await openSqliteStore({ file: join(config.dataDir, 'sessions.db') })
  return { store, close: async () => store.close() }
}

/** The part of node-redis' clients that is the same for all topologies. */
interface Connectable {
  on(event: 'error', listener: (error: Error) => void): unknown
  connect(): Promise<unknown>
  close(): Promise<unknown> | unknown
  destroy(): unknown
}

async function openRedis(redis: RedisConfig, log: Logger): Promise<OpenedStore> {
  const client = createRedisClient(redis)
  let lastFault: Error | undefined
  const connection = client as unknown as Connectable
  connection.on('error', (error) => {
    if (error.message !== lastFault?.message)
      log.warn({ event: 'redis.fault', fault: error.message }, 'Redis')
    lastFault = error
  })
  const connected = connection.connect()
  connected.catch(() => undefined)
  const isThere = await Promise.race([
    connected.then(() => true),
    refusal(() => lastFault),
    wait(FIRST_CONNECTION),
  ])
  if (isThere !== true) {
    const refused = toRefusal(lastFault)
    if (refused !== undefined) {
      connection.destroy()
      throw refused
    }
    log.error(
      { event: 'redis.away' },
      'Redis does not answer yet: requests that need a session get 503 until it does.',
    )
  }
  const store = createRedisStore({ client: client as never, keyPrefix: redis.keyPrefix })
  return {
    store,
    async close() {
      await store.close()
      connection.destroy()
    },
  }
}

function createRedisClient(redis: RedisConfig): unknown {
  const socket = {
    connectTimeout: 1_000,
    reconnectStrategy: (tries: number) => Math.min(50 * (tries + 1), RECONNECT_AT_MOST),
    ...(redis.isTls
      ? { tls: true as const, ...(redis.ca === undefined ? {} : { ca: redis.ca }) }
      : {}),
  }
  const login = {
    ...(redis.username === undefined ? {} : { username: redis.username }),
    ...(redis.password === undefined ? {} : { password: redis.password.reveal() }),
  }
  // Nothing is queued while the connection is away: a write that comes late could undo what came after it.
  const common = { ...login, socket, disableOfflineQueue: true }
  const [first = { host: 'localhost', port: 6379 }] = redis.nodes
  switch (redis.topology) {
    case 'cluster':
      return createCluster({
        rootNodes: redis.nodes.map((node) => ({ socket: { ...socket, ...node } as never })),
        defaults: common as never,
      })
    case 'sentinel':
      return createSentinel({
        name: redis.masterName ?? 'mymaster',
        sentinelRootNodes: [...redis.nodes],
        nodeClientOptions: { ...common, database: redis.database } as never,
      })
    case 'single':
      return createClient({
        ...common,
        socket: { ...socket, ...first } as never,
        database: redis.database,
      })
  }
}

/** Resolves as soon as the last fault is one that waiting does not mend. */
async function refusal(lastFault: () => Error | undefined): Promise<false> {
  const deadline = performance.now() + FIRST_CONNECTION
  while (performance.now() < deadline) {
    if (toRefusal(lastFault()) !== undefined) return false
    await wait(50)
  }
  return false
}

const TLS_FAULT = /certificate|SSL|TLS|ERR_TLS|altname|self.signed/i

function toRefusal(fault: Error | undefined): StoreRefused | undefined {
  const message = fault?.message ?? ''
  const options = { cause: fault }
  if (/WRONGPASS|NOAUTH|NOPERM/.test(message)) {
    const word = /WRONGPASS|NOAUTH|NOPERM/.exec(message)?.[0] ?? ''
    return new StoreRefused(
      'STORE_AUTH',
      `Redis refused the login (${word}). Check REDIS_URL.`,
      options,
    )
  }
  if (/invalid DB index|DB index is out of range/i.test(message)) {
    return new StoreRefused(
      'STORE_PROTOCOL',
      'Redis has no such database. Check REDIS_URL and REDIS_DB.',
      options,
    )
  }
  if (/unexpected|protocol|Unknown RESP|Invalid/i.test(message)) {
    return new StoreRefused('STORE_PROTOCOL', 'What answers at REDIS_URL is not Redis.', options)
  }
  if (TLS_FAULT.test(message)) {
    return new StoreRefused(
      'STORE_TLS',
      `The TLS connection to Redis was refused: ${message}.`,
      options,
    )
  }
  return undefined
}

async function wait(milliseconds: number): Promise<false> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
  return false
}
