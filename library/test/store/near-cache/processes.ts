import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { createClient } from 'redis'
import { expect } from 'vitest'
import { createNearCache, type NearCache } from '../../../src/store/near-cache.js'
import {
  createRedisStore,
  type RedisClient,
  type RedisStoreOptions,
  type RedisSubscriber,
} from '../../../src/store/redis/index.js'
import type { Store } from '../../../src/store/store.js'
import { randomToken } from '../../../src/system/random.js'

/** Near caches over real Redis servers, as several processes have them. */

/** The bound under test, milliseconds: the default. */
export const BOUND = 500
const HOUR = 3_600_000

/** What is to be closed after a test, last first. */
export type Opened = (() => unknown)[]

export async function closeAll(opened: Opened): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close()
}

/** A near cache on a store of its own. */
export function openCache(opened: Opened, options: RedisStoreOptions): NearCache {
  const cache = createNearCache(createRedisStore(options), { maxStaleness: BOUND })
  opened.push(() => cache.close())
  return cache
}

/** A connected client of node-redis that comes back fast. */
export async function openClient(
  opened: Opened,
  port: number,
  RESP: 2 | 3 = 3,
): Promise<RedisClient & RedisSubscriber> {
  const socket = { port, host: '127.0.0.1', reconnectStrategy: 20, connectTimeout: 500 }
  const client = createClient({ socket, RESP, disableOfflineQueue: true })
  client.on('error', () => undefined)
  await client.connect()
  opened.push(() => client.destroy())
  return client
}

export async function isCurrent(cache: NearCache, within = 5_000): Promise<void> {
  await expect.poll(() => cache.stats().age, { interval: 5, timeout: within }).toBeLessThan(BOUND)
}

export async function isLost(cache: NearCache, within = 5_000): Promise<void> {
  await expect.poll(() => cache.stats().age, { interval: 2, timeout: within }).toBe(Infinity)
}

/** Starts a session of somebody, and answers its id. */
export async function start(store: Store, subject = 'ann'): Promise<string> {
  const id = `${store.bucketOf(subject)}.${randomToken(16)}`
  const result = await store.create({
    id,
    subject,
    secretDigest: randomToken(32),
    idleTimeout: HOUR,
    absoluteTimeout: HOUR,
    traits: {},
    data: new Map(),
  })
  expect(result.status).toBe('created')
  return id
}

/** Reads it until the cache has it: a message about it may still be on its way. */
export async function fill(cache: NearCache, id: string): Promise<void> {
  const until = performance.now() + 3_000
  while (cache.peek(id) === undefined && performance.now() < until) await cache.read(id)
  expect(cache.peek(id), 'it is in the near cache').toBeDefined()
}

/** Looks until nothing is served, as a busy process would; when it was served last. */
export async function lastHit(cache: NearCache, id: string): Promise<number> {
  const until = performance.now() + 5_000
  for (let last = -Infinity; ; await turn()) {
    const now = performance.now()
    if (cache.peek(id) === undefined) return last
    if (now > until) throw new Error('it is served for ever')
    last = now
  }
}

/** A name whose address changes: new connections lead to where it points, old ones to where it pointed. */
export interface Pointer {
  readonly port: number
  /** From now on it points to this port. */
  pointTo(port: number): void
  /** Closes the connections of this moment. */
  cut(): void
}

export async function openPointer(opened: Opened, target: number): Promise<Pointer> {
  const sockets = new Set<Socket>()
  let present = target
  const server = createServer((client) => {
    const peer = connect(present, '127.0.0.1')
    for (const [from, to] of [
      [client, peer],
      [peer, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  opened.push(() => {
    cut()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    pointTo: (port) => (present = port),
    cut,
  }
}
