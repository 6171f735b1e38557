/**
 * Calls that are given up, connections that are killed, and replies that are out of step: nobody is ever answered what was meant for
 * somebody else (CVE-2023-28858). `SOJOURN_FAULT_SECONDS=300` runs it for the five minutes of the fault matrix.
 */
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBelow } from '../../src/system/random.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js'
import { CLIENTS, startApp, type App, type Person } from './app.js'
import { howLongUntil, watchFaults, type Watch } from './support.js'

const SECONDS = Number(process.env['SOJOURN_FAULT_SECONDS'] ?? '3')
const PEOPLE = 24

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

describe('aborted calls', () => {
  it.concurrent.each(CLIENTS)(
    'fault F27, CVE-2023-28858: under %s, while a fifth of all requests is given up, connections are killed and Redis is paused, nobody gets what is somebody else’s',
    async (client, connect) => {
      const watch = watchFaults()
      const wire = await startProxy(redis.port)
      // The breaker would keep most calls from where the trouble is.
      const app = await startApp(await connect(wire.port), { resilience: { failuresToOpen: 1e9 } })
      // So that calls are under way together: a reply that nobody waits for would be dropped.
      wire.slow({ delay: 5, jitter: 10 })
      const people = await Promise.all(
        Array.from({ length: PEOPLE }, (_, at) => app.signIn(`${client} ${String(at)}`)),
      )
      const begunAt = performance.now()
      // A crowded machine gets less done in the same time.
      const isOver = (): boolean => {
        const seconds = (performance.now() - begunAt) / 1_000 - SECONDS
        return seconds > 15 || (seconds > 0 && hasSeenEnough(watch, app))
      }
      await Promise.all([
        ...people.map((person) => live(watch, app, person, isOver)),
        trouble(wire, isOver),
      ])
      expect(hasSeenEnough(watch, app)).toBe(true)
      expect(new Set(watch.samples.map(({ answer }) => answer.status))).toEqual(new Set([200, 503]))
      for (const { answer } of watch.samples) expect(answer.cookies).toEqual([])
      // Everybody is still who they were.
      for (const { name, web } of people) {
        const ask = (): Promise<boolean> =>
          watch.ask('look', () => web.get('/me'), name).then(({ status }) => status === 200)
        expect(await howLongUntil(ask, 2_000)).toBeLessThan(2_000)
      }
      await app.close()
      await wire.close()
      await watch.stop()
    },
    SECONDS * 1_000 + 45_000,
  )
})

describe('replies that are out of step', () => {
  it.each(CLIENTS)(
    'fault F27: under %s have their connection replaced at once, and everybody gets their own again',
    async (client, connect) => {
      const watch = watchFaults()
      const wire = await startProxy(redis.port)
      const app = await startApp(await connect(wire.port))
      const names = Array.from({ length: 12 }, (_, at) => `${client} step ${String(at)}`)
      const people = await Promise.all(names.map((name) => app.signIn(name)))
      const all = (): Promise<readonly number[]> =>
        Promise.all(
          people.map(async ({ name, web }, at) => {
            // One after the other, so that replies come apart, and some are under way at any time.
            await pause(at * 5)
            return (await watch.ask('look', () => web.get('/me'), name)).status
          }),
        )
      const connections = wire.roundTrips().length
      wire.slow({ delay: 20, jitter: 20 })
      const isRepeated = wire.repeatReply(1)
      expect(await all()).toContain(503)
      expect(isRepeated()).toBe(true)
      wire.slow()
      const areIn = async (): Promise<boolean> => (await all()).every((status) => status === 200)
      expect(await howLongUntil(areIn, 2_000)).toBeLessThan(2_000)
      expect(wire.roundTrips().length).toBeGreaterThan(connections)
      await app.close()
      await wire.close()
      await watch.stop()
    },
  )
})

/** Good answers and refused ones, and replies that came to the wrong call and were not believed. */
function hasSeenEnough(watch: Watch, app: App): boolean {
  const good = watch.samples.filter(({ answer }) => answer.status === 200)
  const told = app.told.flatMap(({ event }) => ('message' in event ? [event.message] : []))
  const misdirected = told.filter((message) => message.includes('reply to another call'))
  return good.length > 100 && watch.samples.length > good.length && misdirected.length > 1
}

/** Looks, shows a token, writes; one time in five it does not wait for the answer. */
async function live(watch: Watch, app: App, person: Person, isOver: () => boolean): Promise<void> {
  const { name, web, tokens } = person
  const bearer = { headers: { authorization: `Bearer ${tokens.accessToken}` } }
  for (let turn = randomBelow(3); !isOver(); turn += 1) {
    if (randomBelow(5) === 0) await giveUp(app, person)
    else if (turn % 3 === 0) await watch.ask('look', () => web.get('/me'), name)
    else if (turn % 3 === 1) await watch.ask('show', () => app.visitor().get('/me', bearer), name)
    else {
      const { status, body } = await watch.ask('data', () => web.get('/data'), name)
      // Everybody writes their own name down, and nothing else.
      if (status === 200) expect(['{}', JSON.stringify({ name })]).toContain(body)
      await watch.ask('write', () => web.post('/write', { name }), name)
    }
    await pause(randomBelow(40))
  }
}

/** Hangs up within some milliseconds. */
async function giveUp(app: App, { web }: Person): Promise<void> {
  const { port } = new URL(app.url)
  const asked = request({ port, host: '127.0.0.1', path: '/me', headers: { cookie: web.cookie } })
  asked.on('error', () => undefined).end()
  await pause(randomBelow(5))
  asked.destroy()
}

/** One thing after the other. The replies that come twice are the only trouble that the clients do not see themselves. */
async function trouble(wire: TcpProxy, isOver: () => boolean): Promise<void> {
  const kinds = [
    () => wire.repeatReply(1),
    // What this one asks on may be killed as well, by the one before that was paused.
    () => redis.cli('client', 'kill', 'type', 'normal').catch(() => undefined),
    () => redis.cli('client', 'pause', '300', 'ALL'),
  ]
  for (let turn = 0; !isOver(); turn += 1) {
    await kinds[turn % kinds.length]?.()
    await pause(500)
  }
}
