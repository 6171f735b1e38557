/**
 * redis/ owns the connections to Redis, whatever its topology: this file connects as the service starts, and makes up its mind:
 * it will do, it may come, or it never will. session-store.ts opens a store with it, the doctor and examine-store.ts ask single
 * servers. Nothing here knows of sessions.
 */
import type { Store } from 'sojourn'
import {
  createRedisStore,
  type OpenSubscriber,
  type RedisStoreOptions,
  type RedisSubscriber,
} from 'sojourn/redis'
import type { RedisConfig } from '../config/config.js'
import type { Logger } from '../log/index.js'
import { createNodeClient, createRedisClient } from './client.js'
import { recognise } from './servers.js'
import { toSpeechRefusal } from './speech.js'
import type { OpenedStore } from '../session-store.js'
import { toRefusal } from '../store-refused.js'

/** How long start-up waits for the first connection before it goes on without (answers are 503 until it is there). */
const FIRST_CONNECTION = 5_000
const RECONNECT_EVERY = 1_000
const CONNECT_EVERY = 500

/** The part of node-redis' clients that is the same for all topologies. */
interface Connectable {
  on(event: 'error', listener: (error: Error) => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
}

/** @throws StoreRefused where waiting would not help. */
export async function openRedis(given: RedisConfig, log: Logger): Promise<OpenedStore> {
  const redis = await recognise(given)
  const client = createRedisClient(redis)
  const connection = client as Connectable
  const subscriber = openSubscriber(redis)
  const leaving = new AbortController()
  const store = createRedisStore({
    client: client as never,
    keyPrefix: redis.keyPrefix,
    subscriber: subscriber.option,
    ...(redis.durability === undefined ? {} : { durability: redis.durability }),
  })
  try {
    const isThere = await connect(connection, redis, log, leaving.signal)
    if (!isThere || !(await isWilling(store))) {
      log.error(
        { event: 'redis.away' },
        'Redis does not answer yet: requests that need a session get 503 until it does.',
      )
    }
  } catch (error) {
    leaving.abort()
    subscriber.destroy()
    connection.destroy()
    throw error
  }
  return {
    store,
    // Only a single connection is ours to replace; cluster and Sentinel clients look after theirs.
    ...(redis.topology === 'single' ? { reconnect: reconnecting(connection, log) } : {}),
    async close() {
      leaving.abort()
      await store.close()
      subscriber.destroy()
      connection.destroy()
    },
  }
}

/** What to hear of changes on, and how to part from it. */
interface Subscriber {
  readonly option: NonNullable<RedisStoreOptions['subscriber']>
  destroy(): unknown
}

/**
 * Connections to hear of changes on, without which every request asks Redis. Where one is away, nothing is served from
 * memory; it comes back by itself. Behind Sentinel and on a cluster the store makes them, where the primaries are then.
 */
function openSubscriber(redis: RedisConfig): Subscriber {
  if (redis.topology !== 'single') {
    const option: OpenSubscriber = (node) => createNodeClient(redis, node) as RedisSubscriber
    return { option, destroy: () => undefined }
  }
  const subscriber = createRedisClient(redis) as Connectable
  subscriber.on('error', () => undefined)
  subscriber.connect().catch(() => undefined)
  return {
    option: subscriber as unknown as RedisSubscriber,
    destroy: () => subscriber.destroy(),
  }
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
async function connect(
  connection: Connectable,
  redis: RedisConfig,
  log: Logger,
  leaving: AbortSignal,
): Promise<boolean> {
  let lastWords: string | undefined
  return new Promise<boolean>((resolve, reject) => {
    const fail = (fault: unknown): void => {
      // Sentinel clients of node-redis give a text now and then.
      const error = fault instanceof Error ? fault : new Error(String(fault))
      if (error.message !== lastWords) {
        log.warn({ event: 'redis.fault', fault: error.message }, 'Redis')
        void toSpeechRefusal(redis, error).then((misunderstood) => {
          if (misunderstood !== undefined) reject(misunderstood)
        })
      }
      lastWords = error.message
      const refused = toRefusal(error)
      if (refused !== undefined) reject(refused)
    }
    connection.on('error', fail)
    const attempt = (): void => {
      if (leaving.aborted) return
      connection.connect().then(
        () => {
          resolve(true)
        },
        (fault: unknown) => {
          fail(fault)
          // Clusters and Sentinels that none of their nodes answered for give up for good.
          setTimeout(attempt, CONNECT_EVERY).unref()
        },
      )
    }
    attempt()
    setTimeout(resolve, FIRST_CONNECTION, false).unref()
  })
}
