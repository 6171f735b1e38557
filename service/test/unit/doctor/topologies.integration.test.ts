/** The doctor, and the start of the service, on a Redis that is more than one server. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../../../tools/workspace/places.mjs'
import { examineStoreOf } from '../../../src/doctor/store/examine.js'
import { examineStore } from '../../../src/examine-store.js'
import type { Finding } from '../../../src/doctor/finding.js'
import { createLogger } from '../../../src/log/index.js'
import { openSessionStore } from '../../../src/session-store.js'
import {
  LOGIN,
  startClusterTopology,
  startSentinelTopology,
  startTlsTopology,
  type Topology,
} from '../../support/topologies.js'
import { development, load, production } from '../config/support.js'

const opened: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function open(start: () => Promise<Topology>): Promise<Topology> {
  const topology = await start()
  opened.push(() => topology.stop())
  return topology
}

async function diagnose({ environment }: Pick<Topology, 'environment'>) {
  const found = await examineStoreOf(load(development(environment)), Date.now)
  return new Map<string, Finding>(found.map((finding) => [finding.id, finding]))
}

/** Why the service would not start in production, or its words about the store. */
async function startIn({ environment }: Topology): Promise<string> {
  const lines: string[] = []
  const log = createLogger({ destination: { write: (line) => void lines.push(line) } })
  const config = load(production(environment))
  const store = await openSessionStore(config, createLogger({ level: 'silent' }))
  try {
    await examineStore(store.store, config, log)
    return lines.join('')
  } catch (error) {
    return String(error)
  } finally {
    await store.close()
  }
}

describe('on a cluster of 3 primaries and 3 replicas', () => {
  it('every node is asked, and the one that evicts is named, be it a replica', async () => {
    const cluster = await open(startClusterTopology)
    const [, second] = cluster.primaries
    const [third] = cluster.replicas
    const good = await diagnose(cluster)
    expect([...good.values()].filter(({ verdict }) => verdict === 'fail')).toEqual([])
    expect(good.get('store.servers')).toMatchObject({
      verdict: 'pass',
      seen: '3 primaries, 3 replicas',
    })
    expect(good.get('store.eviction')).toMatchObject({
      verdict: 'pass',
      seen: 'all 6 servers: maxmemory-policy noeviction',
    })
    expect(good.get('store.durability')?.verdict).toBe('pass')
    expect(good.get('store.rights')?.seen).toBe('all 6 servers: user default has all of them')
    expect(await startIn(cluster)).not.toContain('STORE_EVICTION')

    const evicting = ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru']
    await third?.cli(...evicting)
    const bad = (await diagnose(cluster)).get('store.eviction')
    expect(bad).toMatchObject({ verdict: 'warn' })
    expect(bad?.seen).toBe(
      `127.0.0.1:${String(third?.port)}: Redis may evict sessions (maxmemory-policy allkeys-lru).; ` +
        `${cluster.primaries
          .concat(cluster.replicas)
          .filter((node) => node !== third)
          .map(({ port }) => `127.0.0.1:${String(port)}`)
          .join(', ')}: maxmemory-policy noeviction`,
    )
    expect(await startIn(cluster)).toMatch(/Redis may evict sessions.*set STORE_ALLOW_EVICTION=1/)

    // Users are the affair of each node.
    await second?.cli(
      'ACL',
      'SETUSER',
      LOGIN.username,
      'on',
      `>${LOGIN.password}`,
      '~*',
      '&*',
      '+@all',
    )
    await second?.cli('ACL', 'SETUSER', 'default', '-hset')
    const rights = (await diagnose(cluster)).get('store.rights')
    expect(rights?.verdict).toBe('fail')
    expect(rights?.seen).toContain(
      `127.0.0.1:${String(second?.port)}: user default may not use HSET.`,
    )

    // One that lets nobody in any more: it stays a node of the cluster.
    await third?.cli('CONFIG', 'SET', 'maxclients', '1')
    const silent = (await diagnose(cluster)).get('store.servers')
    expect(silent?.verdict).toBe('warn')
    expect(silent?.seen).toContain(`1 of 6 could not be asked: 127.0.0.1:${String(third?.port)}`)
  }, 60_000)
})

describe('behind Sentinels', () => {
  it('primary and replica are both asked, and the Sentinels whether they are enough', async () => {
    const watched = await open(startSentinelTopology)
    const found = await diagnose(watched)
    expect([...found.values()].filter(({ verdict }) => verdict === 'fail')).toEqual([])
    expect(found.get('store.servers')?.seen).toBe('1 primaries, 1 replicas')
    expect(found.get('store.sentinels')?.seen).toMatch(/^OK 3 usable Sentinels/)
    expect(found.get('store.durability')?.verdict).toBe('pass')
    const wrong = { ...watched.environment, REDIS_SENTINEL_PASSWORD: 'another' }
    const refused = (await diagnose({ environment: wrong })).get('store.reach')
    expect(refused).toMatchObject({
      verdict: 'fail',
      seen: expect.stringContaining('refused the login'),
    })
  }, 60_000)
})

describe('with a user of few rights, over TLS', () => {
  it('says what goes without saying, and what is missing', async () => {
    const tls = await open(startTlsTopology)
    const found = await diagnose(tls)
    expect([...found.values()].filter(({ verdict }) => verdict === 'fail')).toEqual([])
    expect(found.get('store.tls')).toMatchObject({ verdict: 'pass' })
    expect(found.get('store.rights')).toMatchObject({
      verdict: 'pass',
      seen: 'user app has those for sessions; without SCAN nobody can walk over all sessions, or end those of everybody, without INFO little is known of the server',
    })
    expect(found.get('store.eviction')?.verdict).toBe('skipped')
    await tls.primaries[0]?.cli('acl', 'setuser', LOGIN.username, '-zadd', 'resetchannels')
    expect((await diagnose(tls)).get('store.rights')?.seen).toBe(
      'user app may not use ZADD, or use the channel sojourn:changes.',
    )
  }, 60_000)

  it('tries every command that the scripts of the store use', () => {
    const folder = `${ROOT}/library/src/store/redis/scripts`
    const scripts = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    const used = new Set(
      [...scripts.join('').matchAll(/redis\.p?call\('([A-Z]+)'/g)].map(([, name = '']) => name),
    )
    const rights = readFileSync(`${ROOT}/service/src/doctor/store/rights.ts`, 'utf8')
    const tried = new Set([...rights.matchAll(/\['([A-Z]+)'/g)].map(([, name = '']) => name))
    // The estimate of live sessions goes without where it may not.
    const spared = ['DBSIZE', 'RANDOMKEY']
    expect([...used].filter((name) => !tried.has(name))).toEqual(spared)
    expect(used.size).toBeGreaterThan(20)
  })
})
