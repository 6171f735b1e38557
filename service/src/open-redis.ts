/** Connects to Redis, and makes up its mind at start: it will do, it may come, or it never will. */
import { createClient, createCluster, createSentinel } from 'redis'
import type { Store } from 'sojourn'
import { createRedisStore } from 'sojourn/redis'
import type { RedisConfig } from './config/config.js'
import type { Logger } from './log/index.js'
import type { OpenedStore } from './session-store.js'
import { toRefusal } from './store-refused.js'

/** How long start-up waits for the first connection before it goes on without (answers are 503 until it is there). */
const FIRST_CONNECTION = 5_000
/** With the half second in which the circuit breaker looks again, people are back within one. */
const RECONNECT_AT_MOST = 250
const RECONNECT_EVERY = 1_000

/** The part of node-redis' clients that is the same for all topologies. */
interface Connectable {
  on(event: 'error', listener: (error: Error) => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
}

/** @throws StoreRefused where waiting would not help. */
export async function openRedis(redis: RedisConfig, log: Logger): Promise<OpenedStore> {
  const client = createRedisClient(redis)
  const connection = client as Connectable
  const subscriber = openSubscriber(redis)
  const store = createRedisStore({
    client: client as never,
    keyPrefix: redis.keyPrefix,
    ...(subscriber === undefined ? {} : { subscriber: subscriber as never }),
  })
  try {
    const isThere = await connect(connection, log)
    if (!isThere || !(await isWilling(store))) {
      log.error(
        { event: 'redis.away' },
        'Redis does not answer yet: requests that need a session get 503 until it does.',
      )
    }
  } catch (error) {
    subscriber?.destroy()
    connection.destroy()
    throw error
  }
  return {
    store,
    // Only a single connection is ours to replace; cluster and Sentinel clients look after theirs.
    ...(redis.topology === 'single' ? { reconnect: reconnecting(connection, log) } : {}),
    async close() {
      await store.close()
      subscriber?.destroy()
      connection.destroy()
    },
  }
}

/**
 * A connection to hear of changes on, without which every request asks Redis. Where it is away, nothing is served from
 * memory; it comes back by itself. Clusters and Sentinels have none yet.
 */
function openSubscriber(redis: RedisConfig): Connectable | undefined {
  if (redis.topology !== 'single') return undefined
  const subscriber = createRedisClient(redis) as Connectable
  subscriber.on('error', () => undefined)
  subscriber.connect().catch(() => undefined)
  return subscriber
}

/**
 * Replaces a connection that swallows everything (fault F17): the kernel would find out in a quarter of an hour. Not more
 * often than once in {@link RECONNECT_EVERY}: a server that hangs is no better on a new connection.
 */
function reconnecting(connection: Connectable, log: Logger): () => void {
  let last = -Infinity
  return () => {
    const now = performance.now()
    if (now - last < RECONNECT_EVERY) return
    last = now
    log.warn({ event: 'redis.silent' }, 'Redis does not answer: connecting anew')
    try {
      connection.destroy()
    } catch {
      // It was closing by itself.
    }
    connection.connect().catch(() => undefined)
  }
}

/** Whether it runs our scripts: a user may be let in and have no right to. */
async function isWilling(store: Store): Promise<boolean> {
  try {
    await store.check()
    return true
  } catch (error) {
    const refused = error instanceof Error ? toRefusal(error) : undefined
    if (refused !== undefined) throw refused
    return false
  }
}

/** Whether the first connection came in time. The client goes on trying; its faults are logged as they change. */
async function connect(connection: Connectable, log: Logger): Promise<boolean> {
  let lastWords: string | undefined
  return new Promise<boolean>((resolve, reject) => {
    const fail = (error: Error): void => {
      if (error.message !== lastWords) {
        log.warn({ event: 'redis.fault', fault: error.message }, 'Redis')
      }
      lastWords = error.message
      const refused = toRefusal(error)
      if (refused !== undefined) reject(refused)
    }
    connection.on('error', fail)
    connection.connect().then(() => {
      resolve(true)
    }, fail)
    setTimeout(resolve, FIRST_CONNECTION, false).unref()
  })
}

/** A client of node-redis, not connected yet. */
export function createRedisClient(redis: RedisConfig): unknown {
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
        defaults: common,
      })
    case 'sentinel':
      return createSentinel({
        name: redis.masterName ?? 'mymaster',
        sentinelRootNodes: [...redis.nodes],
        nodeClientOptions: { ...common, database: redis.database },
      })
    case 'single':
      return createClient({
        ...common,
        socket: { ...socket, ...first } as never,
        database: redis.database,
      })
  }
}
