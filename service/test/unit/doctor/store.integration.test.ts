/** A real Redis in each bad shape, as the doctor and the start of the service see it. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { StoreUnavailable } from 'sojourn'
import { createMetrics } from 'sojourn/telemetry'
import { createRedisStore } from 'sojourn/redis'
import { createClient } from 'redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '../../../../library/test/support/redis-server.js'
import { ROOT, SERVICE_MAIN } from '../../../../tools/workspace/places.mjs'
import { examine } from '../../../src/doctor/examine.js'
import { examineStore } from '../../../src/examine-store.js'
import { createLogger } from '../../../src/log/index.js'
import { observeStoreHealth } from '../../../src/metrics/index.js'
import { openSessionStore } from '../../../src/session-store.js'
import { shell } from '../cli/support.js'
import { development, load, newFolder, production } from '../config/support.js'

let redis: RedisServer
const silent = createLogger({ level: 'silent' })

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => redis.stop())
beforeEach(async () => {
  await redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
  await redis.cli('CONFIG', 'SET', 'maxmemory', '200mb')
  await redis.cli('CONFIG', 'SET', 'appendonly', 'no')
})

async function diagnose(environment: Record<string, string | undefined>, now = Date.now) {
  const found = await examine({
    environment,
    url: undefined,
    pages: [],
    origin: undefined,
    ca: undefined,
    timeout: 2_000,
    now,
    onProgress: () => undefined,
  })
  return new Map(found.map((finding) => [finding.id, finding]))
}

/** What the built service says when it starts, until it has started or ended. */
async function start(changes: Record<string, string>) {
  const environment: Record<string, string> = production({
    DATA_DIR: newFolder(),
    HOST: '127.0.0.1',
    PORT: '0',
    ...changes,
  })
  const child = spawn(process.execPath, [SERVICE_MAIN], {
    env: { PATH: process.env['PATH'], ...environment },
    cwd: environment['DATA_DIR'] ?? '.',
  })
  let said = ''
  return new Promise<{ said: string; code: number | null }>((resolve) => {
    const hear = (text: unknown): void => {
      said += String(text)
      if (said.includes('Server running')) child.kill('SIGKILL')
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('close', (code) => {
      resolve({ said, code })
    })
  })
}

describe('the live Redis', () => {
  it('S0-31, S0-32: eviction and persistence are read from it', async () => {
    const environment = development({ REDIS_URL: redis.url })
    const good = await diagnose(environment)
    expect(good.get('store.eviction')).toMatchObject({
      verdict: 'pass',
      seen: 'maxmemory-policy noeviction',
    })
    expect(good.get('store.durability')?.verdict).toBe('warn')
    await redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    await redis.cli('CONFIG', 'SET', 'appendonly', 'yes')
    const evicting = await diagnose(environment)
    expect(evicting.get('store.eviction')).toMatchObject({
      verdict: 'warn',
      seen: 'Redis may evict sessions (maxmemory-policy allkeys-lru).',
    })
    expect(evicting.get('store.durability')).toMatchObject({
      verdict: 'pass',
      seen: 'it keeps an AOF',
    })
    await redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl')
    expect((await diagnose(environment)).get('store.eviction')?.verdict).toBe('pass')
  })

  it('rights, listpacks, connections and the clock are looked at', async () => {
    const found = await diagnose(development({ REDIS_URL: redis.url }))
    expect(found.get('store.rights')).toMatchObject({
      verdict: 'pass',
      seen: 'user default has all of them',
    })
    expect(found.get('store.listpack')?.seen).toMatch(
      /^hash-max-listpack-entries \d+, .*-value 64$/,
    )
    expect(found.get('store.clients')?.seen).toMatch(/^\d+ of 10000 connections in use$/)
    expect(found.get('store.clock')?.verdict).toBe('pass')
    expect(found.get('store.tls')?.verdict).toBe('pass')
    const late = await diagnose(development({ REDIS_URL: redis.url }), () => Date.now() + 93_000)
    expect(late.get('store.clock')?.seen).toMatch(/clock differs from Redis by 9[34] s/)
  })

  it('CVE-2025-49844, CVE-2026-23479: a server with a known hole is named, by the doctor and at start', async () => {
    const version = /redis_version:(\S+)/.exec(await redis.cli('INFO', 'server'))?.[1] ?? ''
    const found = (await diagnose(development({ REDIS_URL: redis.url }))).get('store.version')
    // The Redis of the test machine may be any: what is said has to fit it. judge.test.ts has every line of releases.
    expect(found?.seen).toContain(`redis ${version}`)
    expect(found?.verdict).toBe(found?.seen.includes('CVE-') === true ? 'warn' : 'pass')
  })

  it('a user without rights: what is missing is named, and what cannot be asked is skipped', async () => {
    const rules = ['on', '>aGoodPassword9', '~*', '&*', '+@all', '-publish', '-config']
    await redis.cli('ACL', 'SETUSER', 'app', 'reset', ...rules)
    const url = `redis://app:aGoodPassword9@127.0.0.1:${String(redis.port)}`
    const found = await diagnose(development({ REDIS_URL: url }))
    expect(found.get('store.rights')).toMatchObject({
      verdict: 'fail',
      seen: 'user app may not use PUBLISH.',
    })
    expect(found.get('store.listpack')?.verdict).toBe('skipped')
    // Neither ACL nor INFO nor SCAN is needed to find out what is missing.
    const few = ['-@all', '+eval', '+evalsha', '+@hash', '+@sortedset', '+del', '+publish', '+time']
    await redis.cli('ACL', 'SETUSER', 'app', ...few, 'resetkeys', '~other:*')
    const blind = await diagnose(development({ REDIS_URL: url }))
    expect(blind.get('store.rights')).toMatchObject({
      verdict: 'fail',
      seen: 'user app may not use EXISTS, PEXPIRE, PTTL, RENAME, UNLINK, or touch the keys sojourn:*.',
    })
    expect(blind.get('store.eviction')).toMatchObject({
      verdict: 'skipped',
      seen: expect.stringContaining('+info'),
    })
  })

  it('one that is away, or refuses, is a finding and no crash', async () => {
    const away = await diagnose(development({ REDIS_URL: 'redis://127.0.0.1:1' }))
    expect(away.get('store.reach')?.verdict).toBe('fail')
    const { call } = shell({
      REDIS_URL: `redis://nobody:wrongPassword9@127.0.0.1:${String(redis.port)}`,
    })
    const answer = await call(['doctor', '--json'])
    expect(answer.code).toBe(1)
    expect(answer.out).toContain('Redis refused the login')
    expect(answer.out).not.toContain('wrongPassword9')
  })
})

describe('a Redis without room for another connection', () => {
  it('ASVS 13.1.2: is a store that is away, and comes back with the room', async () => {
    await redis.cli('CONFIG', 'SET', 'maxclients', '4')
    const hogs = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const hog = createClient({ url: redis.url, socket: { reconnectStrategy: false } })
        hog.on('error', () => undefined)
        await hog.connect().catch(() => undefined)
        return hog
      }),
    )
    const opened = await openSessionStore(load(development({ REDIS_URL: redis.url })), silent)
    await expect(opened.store.check()).rejects.toThrow(StoreUnavailable)
    for (const hog of hogs) hog.destroy()
    await expect
      .poll(async () =>
        opened.store.check().then(
          () => 'there',
          () => 'away',
        ),
      )
      .toBe('there')
    await opened.close()
    await redis.cli('CONFIG', 'SET', 'maxclients', '10000')
    const page = readFileSync(`${ROOT}/docs/reference/limits.md`, 'utf8')
    expect(page).toContain('to the service that is a store that is away')
  }, 20_000)
})

describe('at the start of the service', () => {
  const place = () => ({ REDIS_URL: redis.url })

  it('env-18, behaviour 4g: production refuses a Redis that evicts, unless that is allowed', async () => {
    for (const policy of ['allkeys-lru', 'volatile-lru', 'volatile-ttl']) {
      await redis.cli('CONFIG', 'SET', 'maxmemory-policy', policy)
      const { said, code } = await start(place())
      expect(code).toBe(78)
      expect(said).toContain(
        `sojourn: STORE_EVICTION: Redis may evict sessions (maxmemory-policy ${policy}). Use noeviction, or set STORE_ALLOW_EVICTION=1.`,
      )
    }
    const { said } = await start({ ...place(), STORE_ALLOW_EVICTION: '1' })
    expect(said).toContain('"code":"STORE_EVICTION"')
    expect(said).toContain('Server running')
  }, 30_000)

  it('env-19, behaviour 4g: no AOF and no replica, and memory that runs out, are warned of', async () => {
    const { said } = await start(place())
    expect(said).toContain(
      'STORE_DURABILITY: Redis keeps no AOF: a crash can bring revoked sessions back.',
    )
    expect(said).toContain('Server running')
    expect(said).not.toContain('STORE_MEMORY')
    await redis.cli('CONFIG', 'SET', 'appendonly', 'yes')
    await redis.cli('CONFIG', 'SET', 'maxmemory', '0')
    const kept = (await start(place())).said
    expect(kept).not.toContain('STORE_DURABILITY')
    expect(kept).toContain('STORE_MEMORY')
  }, 30_000)

  it('env-34: a clock more than 60 s away from that of Redis is warned of', async () => {
    const lines: string[] = []
    const log = createLogger({ destination: { write: (line) => void lines.push(line) } })
    const config = load(development(place()))
    const opened = await openSessionStore(config, silent)
    await examineStore(opened.store, config, log, () => Date.now() + 59_000)
    expect(lines.join('')).not.toContain('CLOCK_SKEW')
    await examineStore(opened.store, config, log, () => Date.now() - 93_000)
    expect(lines.join('')).toMatch(/CLOCK_SKEW: This host's clock differs from Redis by 9[23] s\./)
    await opened.close()
  })

  const EVICTED = /^sojourn_redis_evicted_keys_total\{shard="all"\} (\d+)$/m

  it('behaviour 4g: evicted_keys is exported, and counts what was thrown away', async () => {
    await redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const client = createClient({ url: redis.url })
    client.on('error', () => undefined)
    await client.connect()
    const metrics = createMetrics()
    const read = observeStoreHealth(metrics, createRedisStore({ client }))
    await read()
    const before = Number(EVICTED.exec(metrics.text())?.[1])
    const used = /used_memory:(\d+)/.exec(await redis.cli('INFO', 'memory'))?.[1]
    const limit = String(Number(used) + 500_000)
    await redis.cli('CONFIG', 'SET', 'maxmemory', limit)
    for (let key = 0; key < 400; key += 1)
      await client.set(`filler:${String(key)}`, 'x'.repeat(4_096))
    await read()
    const after = Number(EVICTED.exec(metrics.text())?.[1])
    expect(after).toBeGreaterThan(before)
    expect(metrics.text()).toContain(`sojourn_redis_memory_limit_bytes{shard="all"} ${limit}\n`)
    client.destroy()
    await redis.cli('FLUSHALL')
  })
})
