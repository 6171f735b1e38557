/** A primary that Sentinels watch dies. Seen by the service (node-redis) and by applications with the library. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis as IoRedis } from 'ioredis'
import { createSentinel } from 'redis'
import { expect, it } from 'vitest'
import { startApp, type App, type Person } from '../../../library/test/fault/app.js'
import { freePort, waitFor } from '../../../library/test/support/redis-server.js'
import { startWatched } from '../../../library/test/support/redis-sentinel.js'
import { startService } from '../support/service.js'

/** Milliseconds. */
const DOWN_AFTER = 1_000

interface Node {
  readonly host: string
  readonly port: number
}

async function nodeRedisApp(name: string, sentinelRootNodes: Node[]): Promise<App> {
  const socket = { connectTimeout: 1_000, reconnectStrategy: 50 }
  const nodeClientOptions = { disableOfflineQueue: true, socket }
  const client = createSentinel({ name, sentinelRootNodes, nodeClientOptions })
  client.on('error', () => undefined)
  await client.connect()
  return startApp({ client, close: () => void client.destroy() })
}

async function ioRedisApp(name: string, sentinels: Node[]): Promise<App> {
  const client = new IoRedis({
    ...{ sentinels, name, lazyConnect: true, enableOfflineQueue: false },
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => 50,
    sentinelRetryStrategy: () => 50,
  })
  client.on('error', () => undefined)
  await client.connect()
  return startApp({ client, close: () => client.disconnect() })
}

/** Somebody who looks and writes, whatever is asked. */
interface Watcher {
  readonly what: string
  look(): Promise<Answer>
  write(): Promise<Answer>
  cookie(): string
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly cookies: readonly string[]
}

interface Sample extends Answer {
  readonly what: string
  readonly begunAt: number
  readonly milliseconds: number
}

const REST = 60

function startLoad(watchers: readonly Watcher[]) {
  const samples: Sample[] = []
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  let isOver = false
  const live = async (what: string, ask: () => Promise<Answer>): Promise<void> => {
    while (!isOver) {
      const begunAt = performance.now()
      const answer = await ask()
      samples.push({ ...answer, what, begunAt, milliseconds: performance.now() - begunAt })
      await pause(REST)
    }
  }
  const done = Promise.all(
    watchers.flatMap(({ what, look, write }) => [live(what, look), live(what, write)]),
  )
  done.catch(() => undefined)
  return {
    samples,
    async stop(): Promise<number> {
      isOver = true
      await done
      delay.disable()
      return delay.max / 1e6
    },
  }
}

function watcherOf(what: string, { web }: Person): Watcher {
  return {
    what,
    look: () => web.get('/me'),
    write: () => web.post('/write', { written: true }),
    cookie: () => web.cookie,
  }
}

it('fault F9: the primary is killed; until Sentinel has named another people are told to try again, each at once, and then all goes on, with one Sentinel of three dead from the start', async () => {
  const rejections: unknown[] = []
  const note = (reason: unknown): unknown => rejections.push(reason)
  process.on('unhandledRejection', note)
  const watched = await startWatched({ downAfter: DOWN_AFTER })
  const [, two, three] = watched.sentinels
  const ports = [await freePort(), two?.port ?? 0, three?.port ?? 0]
  const nodes = ports.map((port) => ({ host: '127.0.0.1', port }))
  await using service = await startService({
    REDIS_SENTINELS: `${watched.name}@${nodes.map(({ host, port }) => `${host}:${String(port)}`).join(',')}`,
  })
  const apps = [await nodeRedisApp(watched.name, nodes), await ioRedisApp(watched.name, nodes)]
  const ada = service.client()
  await ada.post('/register', { username: 'ada', password: 'correct horse battery 9' })
  const { pid } = service
  const watchers: Watcher[] = [
    {
      what: 'service',
      look: () => ada.get('/dashboard'),
      write: () => ada.patch('/session', { written: true }),
      cookie: () => ada.cookie,
    },
    ...(await Promise.all(
      apps.map(async (app, at) =>
        watcherOf(at === 0 ? 'node-redis' : 'ioredis', await app.signIn('ann')),
      ),
    )),
  ]
  const cookies = watchers.map((watcher) => watcher.cookie())
  await watched.primary.cli('wait', '1', '1000')

  const load = startLoad(watchers)
  await pause(500)
  const killedAt = performance.now()
  await watched.primary.kill()
  for (const { what, look, write } of watchers) {
    await waitFor(`${what} to recover`, async () => {
      const answers = await Promise.all([look(), write()])
      return answers.every(({ status }) => status === 200)
    })
  }
  await pause(500)
  const lateness = await load.stop()

  for (const { what, cookie } of watchers) {
    const after = load.samples.filter((one) => one.what === what && one.begunAt > killedAt)
    const refused = after.filter(({ status }) => status !== 200)
    expect([what, refused.length > 5]).toEqual([what, true])
    for (const { status, headers, cookies: set } of refused) {
      expect([what, status, headers['retry-after'], set]).toEqual([what, 503, '1', []])
    }
    expect(Math.max(...after.map(({ milliseconds }) => milliseconds))).toBeLessThan(
      1_000 + lateness,
    )
    const gap = Math.max(...refused.map(({ begunAt }) => begunAt)) - killedAt
    // node-redis' own client for Sentinel rests for a second at a time: the service has another (redis/follower.ts).
    expect(gap).toBeLessThan(DOWN_AFTER + (what === 'node-redis' ? 14_000 : 4_000))
    expect(cookies).toContain(cookie())
  }
  expect(await watched.primaryPort().catch(() => 0)).toBe(watched.replica.port)
  expect([service.pid, rejections]).toEqual([pid, []])
  expect(service.output()).not.toMatch(/unhandled|uncaught|\n {4}at .*\.js:\d+/i)

  for (const app of apps) await app.close()
  await watched.stop()
  process.off('unhandledRejection', note)
})
