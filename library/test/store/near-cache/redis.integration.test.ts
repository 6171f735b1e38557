import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  createNearCache,
  type NearCache,
  type NearCacheStats,
} from '../../../src/store/near-cache.js'
import {
  createRedisStore,
  type RedisClient,
  type RedisSubscriber,
} from '../../../src/store/redis/index.js'
import type { Store } from '../../../src/store/store.js'
import { randomToken } from '../../../src/system/random.js'
import { createMetrics, observeCache } from '../../../src/telemetry/index.js'
import { writeJavaScript } from '../../support/javascript.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { startProxy } from '../../support/tcp-proxy.js'
import { connectNodeRedis } from '../redis/harness.js'

const BOUND = 500
const HEARTBEAT = 100
const REVOCATIONS = 500
const HOUR = 3_600_000

let server: RedisServer
const opened: (() => unknown)[] = []
let built: string

beforeAll(async () => {
  built = buildStores()
  server = await startRedis()
})
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})
afterAll(async () => {
  rmSync(built, { recursive: true, force: true })
  await server.stop()
})

/** A process, so to say: connections of its own, and a near cache that knows what changes. */
async function openCache(subscriberPort = server.port): Promise<NearCache> {
  const [client, subscriber] = await Promise.all([
    connectNodeRedis(server.port),
    connectNodeRedis(subscriberPort),
  ])
  const store = createRedisStore({
    client: client.client,
    subscriber: subscriber.client as typeof subscriber.client & RedisSubscriber,
    heartbeat: HEARTBEAT,
  })
  const cache = createNearCache(store, { maxStaleness: BOUND })
  opened.push(async () => {
    await cache.close()
    await Promise.all([client.close(), subscriber.close()])
  })
  await isCurrent(cache)
  return cache
}

async function writer(): Promise<RedisClient> {
  const { client, close } = await connectNodeRedis(server.port)
  opened.push(close)
  return client
}

async function isCurrent(cache: NearCache): Promise<void> {
  await expect.poll(() => cache.stats().age, { interval: 5, timeout: 5_000 }).toBeLessThan(BOUND)
}

async function start(store: Store): Promise<string> {
  const id = `${store.bucketOf('ann')}.${randomToken(16)}`
  const result = await store.create({
    id,
    subject: 'ann',
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
async function fill(cache: NearCache, id: string): Promise<void> {
  for (let attempt = 0; cache.peek(id) === undefined && attempt < 100; attempt += 1) {
    await cache.read(id)
  }
  expect(cache.peek(id)).toBeDefined()
}

/** Looks until nothing is served, as a busy process would; when it was served last. */
async function lastHit(cache: NearCache, id: string): Promise<number> {
  const until = performance.now() + 10_000
  for (let last = performance.now(); ; await turn()) {
    // Before the look: it was served at this instant or later, and a pause in between is not counted as staleness.
    const now = performance.now()
    if (cache.peek(id) === undefined) return last
    if (now > until) throw new Error('it is served for ever')
    last = now
  }
}

describe('a near cache over Redis', () => {
  it(`stops serving what another process ended within the bound, ${REVOCATIONS} times`, async () => {
    const cache = await openCache()
    const end = await startRevoker()
    const [sinceSent, sinceEnded]: [number[], number[]] = [[], []]
    for (let index = 0; index < REVOCATIONS; index += 1) {
      const id = await start(cache)
      await fill(cache, id)
      const ending = end(id)
      const last = await lastHit(cache, id)
      const { status, sentAt, endedAt } = await ending
      expect(status).toBe('ended')
      sinceSent.push(last - sentAt)
      sinceEnded.push(Math.max(0, last - endedAt))
    }
    report('last stale hit after the revocation was sent', sinceSent)
    report('last stale hit after the revocation was answered', sinceEnded)
    expect(cache.stats().flushes).toBeLessThanOrEqual(1)
    expect(Math.max(...sinceSent)).toBeLessThanOrEqual(BOUND)
    expect(quantile(sinceSent, 0.5)).toBeLessThan(50)
  }, 60_000)

  it('tells four processes of ends well within the bound, and shows that as a histogram', async () => {
    const ends = 100
    const listeners = await Promise.all(
      Array.from({ length: 4 }, () => startProcess('listener.mjs')),
    )
    const end = await startRevoker()
    const store = createRedisStore({ client: await writer() })
    for (let index = 0; index < ends; index += 1) {
      const id = await start(store)
      if (index % 10 === 0) await Promise.all(listeners.map((listener) => listener(id)))
      await end(id)
    }
    for (const listener of listeners) {
      let stats = (await listener('stats')) as NearCacheStats
      // The last news may still be on their way.
      for (let look = 0; look < 50 && total(stats) < ends; look += 1) {
        await sleep(10)
        stats = (await listener('stats')) as NearCacheStats
      }
      const metrics = createMetrics()
      observeCache(metrics, () => stats)
      const text = metrics.text()
      const rows = text.split('\n').filter((line) => line.startsWith('sojourn_cache_news_seconds'))
      console.log(rows.join('\n'))
      expect(text).toContain(`sojourn_cache_news_seconds_count ${String(ends)}\n`)
      // At most one in a hundred took longer.
      const within = Number(/le="0.5"} (\d+)/.exec(rows.join('\n'))?.[1])
      expect(within).toBeGreaterThanOrEqual(ends * 0.99)
      const { sum } = stats.delays
      expect(sum).toBeGreaterThan(0)
      expect(stats.entries).toBe(0)
    }
  }, 60_000)

  it('costs Redis nothing for hits but the heartbeat', async () => {
    const cache = await openCache()
    const id = await start(cache)
    await fill(cache, id)
    const { hits, misses, bypasses } = cache.stats()
    await server.cli('config', 'resetstat')
    const begin = performance.now()
    for (let round = 0; round < 100; round += 1) {
      for (let index = 0; index < 1_000; index += 1) cache.peek(id)
      await sleep(10)
    }
    const passed = performance.now() - begin
    const stats = await server.cli('info', 'commandstats')
    const calls = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
      ([, name = '', count]): [string, number] => [name, Number(count)],
    )
    const { ping = 0, evalsha = 0, ...others } = Object.fromEntries(calls)
    // What this test itself asks for is counted, too, and so is what the script of a heartbeat calls.
    const own = ['config|resetstat', 'info', 'time', 'del', 'publish']
    expect(Object.keys(others).filter((name) => !own.includes(name))).toEqual([])
    // Every second heartbeat, and none for each hit.
    expect(evalsha).toBeLessThanOrEqual(passed / HEARTBEAT / 2 + 2)
    const now = cache.stats()
    expect(now.misses - misses).toBe(0)
    expect(now.hits - hits + now.bypasses - bypasses).toBe(100_000)
    // On a crowded machine an answer to a heartbeat may be late now and then.
    expect(now.hits - hits).toBeGreaterThan(80_000)
    expect(ping).toBeLessThanOrEqual(passed / HEARTBEAT + 2)
    console.log(
      `100,000 hits in ${passed.toFixed(0)} ms: ${ping} PINGs, ${evalsha} scripts and no other command`,
    )
  })

  it('is empty as soon as its connection is lost, and knows again once it is back', async () => {
    const [cache, other] = await Promise.all([openCache(), openCache()])
    const id = await start(other)
    await fill(cache, id)
    const { flushes } = cache.stats()
    const begin = performance.now()
    await server.cli('client', 'kill', 'type', 'pubsub')
    const last = await lastHit(cache, id)
    console.log(`last hit ${(last - begin).toFixed(1)} ms after CLIENT KILL was sent`)
    expect(cache.stats()).toMatchObject({ age: Infinity, entries: 0, flushes: flushes + 1 })
    // What is read meanwhile is not kept: nobody would tell.
    await cache.read(id)
    expect(cache.stats().entries).toBe(0)
    await other.end(id, 'logged_out')
    await isCurrent(cache)
    expect(cache.peek(id)).toBeUndefined()
    const next = await start(other)
    await fill(cache, next)
    await other.end(next, 'logged_out')
    const endedAt = performance.now()
    expect((await lastHit(cache, next)) - endedAt).toBeLessThanOrEqual(BOUND)
  })

  it('serves nothing past the bound when messages fall into a hole', async () => {
    const proxy = await startProxy(server.port)
    opened.push(() => proxy.close())
    const [cache, other] = [await openCache(proxy.port), await openCache()]
    const stale: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const id = await start(other)
      await fill(cache, id)
      await sleep(round * 23)
      proxy.swallow()
      const swallowedAt = performance.now()
      await other.end(id, 'logged_out')
      const endedAt = performance.now()
      expect(cache.peek(id), 'a stale hit, or the hole is none').toBeDefined()
      const last = await lastHit(cache, id)
      stale.push(last - endedAt)
      expect(last - swallowedAt).toBeLessThanOrEqual(BOUND)
      const { bypasses } = cache.stats()
      // A reply that was on its way may still say that all was heard, until the bound.
      for (const until = swallowedAt + BOUND + 100; performance.now() < until; await turn()) {
        const isPast = performance.now() > swallowedAt + BOUND
        if (isPast) expect(cache.peek(id)).toBeUndefined()
      }
      expect(cache.stats().bypasses).toBeGreaterThan(bypasses)
      proxy.passOn()
      proxy.cut()
      await isCurrent(cache)
      expect(cache.peek(id)).toBeUndefined()
      expect((await cache.read(id)).status).toBe('ended')
    }
    report('last stale hit after a revocation that fell into a hole', stale)
    expect(Math.max(...stale)).toBeGreaterThan(0)
  })

  it('serves nothing past the bound while Redis stands still, and goes on afterwards', async () => {
    const [cache, other] = [await openCache(), await openCache()]
    const id = await start(other)
    await fill(cache, id)
    const { flushes } = cache.stats()
    const begin = performance.now()
    server.pause()
    try {
      const last = await lastHit(cache, id)
      console.log(`last hit ${(last - begin).toFixed(0)} ms after Redis stood still`)
      // A stop takes a moment to arrive; a PING may still be answered in it.
      expect(last - begin).toBeLessThanOrEqual(BOUND + 20)
      await sleep(300)
      expect(cache.peek(id)).toBeUndefined()
    } finally {
      server.resume()
    }
    const resumedAt = performance.now()
    await isCurrent(cache)
    console.log(`current again ${(performance.now() - resumedAt).toFixed(0)} ms after it went on`)
    // Nothing was missed, so nothing was dropped.
    expect(cache.peek(id)).toBeDefined()
    expect(cache.stats().flushes).toBe(flushes)
    await other.end(id, 'logged_out')
    const endedAt = performance.now()
    expect((await lastHit(cache, id)) - endedAt).toBeLessThanOrEqual(BOUND)
  })
})

function total({ delays }: NearCacheStats): number {
  return delays.counts.reduce((sum, count) => sum + count, 0)
}

interface Revoked {
  readonly status: string
  /** Milliseconds on this process's `performance` clock. */
  readonly sentAt: number
  readonly endedAt: number
}

/** Another process, which answers each line with one: `ask` sends it. */
async function startProcess(script: string): Promise<(line: string) => Promise<object>> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [path, built, String(server.port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  opened.push(async () => {
    const gone = new Promise((resolve) => child.once('close', resolve))
    child.stdin.end()
    await gone
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  return async (line) => {
    child.stdin.write(`${line}\n`)
    return JSON.parse(String((await lines.next()).value)) as object
  }
}

/** Starts another process that ends the sessions it is named. */
async function startRevoker(): Promise<(id: string) => Promise<Revoked>> {
  const ask = await startProcess('revoker.mjs')
  // Both clocks are the host's: only what they count from differs.
  const shift = performance.now() - Number(process.hrtime.bigint()) / 1e6
  const toMilliseconds = (nanoseconds: unknown): number => Number(nanoseconds) / 1e6 + shift
  return async (id) => {
    const said = (await ask(id)) as Record<string, string>
    return {
      status: said['status'] ?? '',
      sentAt: toMilliseconds(said['sentAt']),
      endedAt: toMilliseconds(said['endedAt']),
    }
  }
}

/** The stores as JavaScript in a folder of their own: Node.js 20 runs no TypeScript. */
function buildStores(): string {
  const sources = fileURLToPath(new URL('../../../src/', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-build-'))
  const files = ['system', 'store'].flatMap((part) =>
    readdirSync(join(sources, part), { recursive: true }).map((name) => join(part, String(name))),
  )
  for (const file of ['errors.ts', ...files].filter((name) => name.endsWith('.ts'))) {
    writeJavaScript(join(sources, file), join(folder, file.replace(/\.ts$/, '.js')))
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(join(sources, '../../node_modules'), join(folder, 'node_modules'))
  return folder
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function report(what: string, values: readonly number[]): void {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(values, share).toFixed(2))
  console.log(`${what} (${values.length} times): p50 ${p50}, p99 ${p99}, max ${max} ms`)
}
