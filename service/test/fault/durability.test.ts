/** Ends that count only on replicas, and the journal of ends, behind Sentinel and on a cluster. */
import { createCluster, createSentinel } from 'redis'
import { afterEach, describe, expect, it } from 'vitest'
import { startApp, type App, type Connected, type Person } from '../../../library/test/fault/app.js'
import { startCluster } from '../../../library/test/support/redis-cluster.js'
import { startWatched } from '../../../library/test/support/redis-sentinel.js'
import { waitFor } from '../../../library/test/support/redis-server.js'
import type { RedisConfig } from '../../src/config/config.js'
import { createRedisClient } from '../../src/redis/client.js'

const closing: (() => Promise<unknown> | void)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Client {
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
}

async function connected(given: unknown): Promise<Connected> {
  const client = given as Client
  client.on('error', () => undefined)
  await client.connect()
  return { client: client as never, close: () => void client.destroy() }
}

/** One replica must have an end. The machine may be busy: what is looked at is who waits for whom. */
async function start(client: unknown): Promise<App> {
  const app = await startApp(await connected(client), {
    redis: { durability: { replicas: 1, within: 150 } },
    resilience: { commandDeadline: '2s' },
  })
  closing.push(() => app.close())
  return app
}

async function people(app: App, count: number): Promise<readonly Person[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => app.signIn(`person ${String(at)}`)))
}

/** How sign-outs were answered, each once. */
async function leave(app: App, those: readonly Person[]): Promise<readonly number[]> {
  const answers = await Promise.all(
    those.map(({ web }) =>
      app.visitor().post('/logout', undefined, { headers: { cookie: web.cookie } }),
    ),
  )
  return [...new Set(answers.map(({ status }) => status))].sort()
}

/** How many are let in. */
async function countIn(app: App, those: readonly Person[]): Promise<number> {
  const answers = await Promise.all(
    those.map(({ web }) => app.visitor().get('/me', { headers: { cookie: web.cookie } })),
  )
  return answers.filter(({ status }) => status === 200).length
}

const CONFIG: Omit<RedisConfig, 'nodes' | 'topology' | 'masterName'> = {
  ...{ username: undefined, password: undefined, database: 0, isTls: false, ca: undefined },
  sentinel: { username: undefined, password: undefined, isTls: false },
  ...{ identity: undefined, keyPrefix: 'sojourn:', isEvictionAllowed: false },
  durability: undefined,
}

/** It takes a while. With one of two primaries away nobody is elected: it is back with what it has. */
const starting = startCluster({ primaries: 2, replicas: 1, nodeTimeout: 1_000 })

describe('ends that count only on replicas', () => {
  it('are waited for behind Sentinel, by the service’s client and by that of node-redis', async () => {
    const watched = await startWatched({ downAfter: 30_000 })
    closing.push(() => watched.stop())
    const { name } = watched
    const nodes = watched.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    const nodeClientOptions = { disableOfflineQueue: true }
    const apps = [
      await start(createRedisClient({ ...CONFIG, topology: 'sentinel', nodes, masterName: name })),
      await start(createSentinel({ name, sentinelRootNodes: nodes, nodeClientOptions })),
    ]
    for (const app of apps) {
      const [first, second] = [await people(app, 3), await people(app, 3)]
      expect(await leave(app, first)).toEqual([200])
      watched.replica.pause()
      expect(await leave(app, second)).toEqual([503])
      // The primary has it; what counts is that nobody was told so.
      expect(await countIn(app, second)).toBe(0)
      expect(app.sojourn.journalStats().pending).toBe(3)
      watched.replica.resume()
      await waitFor('the replica to have all of it', async () =>
        Promise.resolve(app.sojourn.journalStats().pending === 0),
      )
      expect(await leave(app, second)).toEqual([200])
    }
  })

  it('are waited for on the shard that has them, which alone is looked after when it goes back in time', async () => {
    const cluster = await starting
    closing.push(() => cluster.stop())
    const client = () =>
      createCluster({
        rootNodes: cluster.ports.map((port) => ({ url: `redis://127.0.0.1:${String(port)}` })),
        defaults: { disableOfflineQueue: true, socket: { reconnectStrategy: 50 } },
        topologyRefreshOnReconnectionAttemptStrategy: 250,
      })
    const [app, stranger] = [await start(client()), await start(client())]
    const [first, second, third] = [
      await people(app, 12),
      await people(app, 24),
      await people(app, 24),
    ]
    expect(await leave(app, first)).toEqual([200])
    const [replica] = cluster.replicas
    replica?.pause()
    expect(await leave(app, second)).toEqual([200, 503])
    const { pending } = app.sojourn.journalStats()
    expect(pending).toBeGreaterThan(0)
    expect(pending).toBeLessThan(24)
    expect(await countIn(app, second)).toBe(0)
    replica?.resume()
    await waitFor('the replica to have all of it', async () =>
      Promise.resolve(app.sojourn.journalStats().pending === 0),
    )

    const [primary] = cluster.primaries
    await app.sojourn.check()
    await primary?.cli('save')
    expect(await leave(app, third)).toEqual([200])
    await primary?.restart()
    await waitFor('what was lost to be ended again', async () => {
      const { rollbacks, isRestoring, restored } = app.sojourn.journalStats()
      return Promise.resolve(rollbacks > 0 && !isRestoring && restored > 0)
    })
    const { rollbacks, resets, restored } = app.sojourn.journalStats()
    expect([rollbacks, resets]).toEqual([1, 0])
    expect(restored).toBeLessThan(24)
    for (const one of [app, stranger]) expect(await countIn(one, third)).toBe(0)
  })
})
