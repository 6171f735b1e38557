import { RedisError } from './errors.js'
import type { RedisConfig } from './types.js'

/** What is used of a client of node-redis 4 to 6, beside running scripts. */
export interface OwnClient {
  connect(): Promise<unknown>
  on(event: 'error' | 'ready', listener: () => void): unknown
  /** node-redis 5 and later */
  close?(): Promise<unknown>
  destroy?(): void
  /** node-redis 4 */
  quit?(): Promise<unknown>
  disconnect?(): Promise<unknown>
}

interface RedisModule {
  readonly createClient: (options: object) => OwnClient
}

/** Milliseconds. */
const CONNECT_WITHIN = 2_000
const LONGEST_DELAY = 1_000

/**
 * Makes a client of the application's own `redis` package and connects it. The first connection fails at once, so that
 * nobody waits for a Redis that is not there; one that was lost comes back by itself, within a second.
 */
export async function connectOwn(config: RedisConfig): Promise<OwnClient> {
  const redis = await loadRedis()
  let wasUp = false
  const reconnectStrategy = (retries: number): number | false =>
    wasUp && Math.min(50 + retries * 100, LONGEST_DELAY)
  const client = create(redis, toOptions(config, reconnectStrategy))
  client.on('ready', () => {
    wasUp = true
  })
  // Without a listener a lost connection would end the process. Faults are seen where commands fail.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (cause) {
    await discard(client)
    const why = cause instanceof Error ? cause.message : 'unknown fault'
    throw new RedisError(`Failed to connect to Redis: ${why}`, 503, 'REDIS_ERROR', { cause })
  }
}

/** What is said of an address that is none would hold the password in it. */
function create({ createClient }: RedisModule, options: object): OwnClient {
  try {
    return createClient(options)
  } catch {
    throw new RedisError('Failed to connect to Redis: REDIS_URL is no address of a Redis')
  }
}

/** What an address says wins over the single settings, as node-redis has it. */
function toOptions(config: RedisConfig, reconnectStrategy: object): object {
  const { url, password, db, ssl } = config
  return {
    url: ssl ? url.replace(/^redis:/, 'rediss:') : url,
    socket: { connectTimeout: CONNECT_WITHIN, reconnectStrategy },
    ...(password === undefined ? {} : { password }),
    ...(Number.isInteger(db) ? { database: db } : {}),
    // A command that waits in a queue may be carried out long after its caller was told 503.
    disableOfflineQueue: true,
  }
}

async function loadRedis(): Promise<RedisModule> {
  try {
    // Only who hands in no client needs this package.
    return await import('redis')
  } catch (cause) {
    throw new RedisError(
      'Failed to connect to Redis: the package "redis" is not installed. Run `npm install redis`, or hand in a client: initialize({ redisClient }).',
      500,
      'REDIS_ERROR',
      { cause },
    )
  }
}

async function discard(client: OwnClient): Promise<void> {
  try {
    if (client.destroy === undefined) await client.disconnect?.()
    else client.destroy()
  } catch {
    // It never was connected.
  }
}

/** Closes a client of our own, after the answers that are still under way; one that is not connected, at once. */
export async function closeOwn(client: OwnClient): Promise<void> {
  try {
    if (client.close === undefined) await client.quit?.()
    else await client.close()
  } catch {
    await discard(client)
  }
}
