/** A Redis that is stopped for ten seconds, in both ways in which that happens, and what becomes of a dead wire. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { CLIENTS, startApp, type App, type Call, type Connect, type Person } from './app.js'
import {
  expectOutage,
  expectUnavailable,
  HABITS,
  howLongUntil,
  percentile,
  startLoad,
  watchFaults,
  type Sample,
  type Watch,
} from './support.js'

const LASTING = 10_000

const WAYS = [
  [
    'SIGSTOP',
    (redis: RedisServer) => {
      redis.pause()
    },
    (redis: RedisServer) => {
      redis.resume()
    },
  ],
  [
    'CLIENT PAUSE',
    (redis: RedisServer) => redis.cli('client', 'pause', String(LASTING), 'ALL'),
    // Nothing gets through to end it before its time.
    (redis: RedisServer) => redis.cli('ping'),
  ],
] as const
const CASES = CLIENTS.flatMap(([name, connect]) =>
  WAYS.map(([way, begin, end]) => ({ name, connect, way, begin, end })),
)

/** The ids that Redis gave to the connections of the application. */
async function connections(redis: RedisServer): Promise<readonly string[]> {
  const lines = (await redis.cli('client', 'list')).split('\n')
  return lines
    .filter((line) => line.includes(' name=app '))
    .map((line) => /id=(\d+)/.exec(line)?.[1] ?? '')
}

describe('a Redis that is paused for ten seconds', () => {
  it.concurrent.each(CASES)(
    'fault F2: by $way, under $name: people are told to try again within the deadline, nothing is written late, and all is well when it goes on',
    async ({ connect, begin, end }) => {
      await using scene = await setScene(connect)
      const { redis, app, all, watch } = scene
      const looker = all[0] as Person
      const cookies = all.map(({ web }) => web.cookie)
      const [before] = await connections(redis)
      const load = startLoad(watch, app, all)
      await pause(300)
      await begin(redis)
      const begunAt = performance.now()
      const callsBefore = app.calls.length
      await pause(LASTING - 2_500)
      const quick = await quickAnswers(looker)
      expectUnavailable(await looker.web.post('/logout'))
      await load.end()
      const calls = app.calls.slice(callsBefore)
      await pause(begunAt + LASTING - performance.now())
      await end(redis)
      const isIn = async ({ web }: Person): Promise<boolean> =>
        (await web.get('/me')).status === 200
      const back = await howLongUntil(() => isIn(looker), 2_000)

      const lateness = watch.lateness()
      const during = watch.samples.filter((sample) => sample.begunAt > begunAt)
      expectOutage(during, lateness)
      expect(percentile(quick, 0.75)).toBeLessThan(10 + lateness)
      expect(back).toBeLessThan(2_000)
      expectDeadlines(calls, lateness)
      // The connection that fell silent was dropped, and with it whatever came late over it.
      const now = await connections(redis)
      expect(now).toHaveLength(1)
      expect(now).not.toContain(before)
      // Nobody was signed out, and no browser holds anything else.
      for (const person of all) expect(await isIn(person)).toBe(true)
      expect(all.map(({ web }) => web.cookie)).toEqual(cookies)
      await pause(200)
      await expectNothingLate(scene, begunAt)
    },
  )
})

interface Scene {
  readonly redis: RedisServer
  readonly app: App
  readonly all: readonly Person[]
  readonly watch: Watch
  [Symbol.asyncDispose](): Promise<void>
}

async function setScene(connect: Connect): Promise<Scene> {
  const redis = await startRedis()
  const app = await startApp(await connect(redis.port))
  const all = await Promise.all(
    Array.from({ length: HABITS }, (_, at) => app.signIn(`person ${String(at)}`)),
  )
  const watch = watchFaults()
  return {
    redis,
    app,
    all,
    watch,
    async [Symbol.asyncDispose]() {
      await app.close()
      await redis.stop()
      await watch.stop()
    },
  }
}

/** Milliseconds of answers one after the other, while the circuit is open. */
async function quickAnswers({ web }: Person): Promise<readonly number[]> {
  const times: number[] = []
  for (let turn = 0; turn < 20; turn += 1) {
    const answer = await web.get('/me')
    expectUnavailable(answer)
    times.push(answer.firstByteAfter)
  }
  return times
}

/** Each command has its deadline of 250 ms, and almost all were not even sent. */
function expectDeadlines(calls: readonly Call[], lateness: number): void {
  const times = calls.filter(({ outcome }) => outcome === 'fault').map((call) => call.milliseconds)
  expect(times.length).toBeGreaterThan(50)
  expect(Math.max(...times)).toBeGreaterThan(240)
  expect(Math.max(...times)).toBeLessThan(300 + lateness)
  expect(percentile(times, 0.5)).toBeLessThan(10)
}

/** What was refused while Redis stood still is not there now. */
async function expectNothingLate({ app, all, watch }: Scene, begunAt: number): Promise<void> {
  const of = (what: string): readonly Sample[] => watch.samples.filter((each) => each.what === what)
  const writer = all[2] as Person
  const data = JSON.parse((await writer.web.get('/data')).body) as object
  const writes = of('write').map((sample, at) => ({ ...sample, key: `write ${String(at)}` }))
  const refused = writes.filter((sample) => sample.begunAt > begunAt)
  expect(refused.length).toBeGreaterThan(20)
  expect(refused.filter(({ key }) => key in data)).toEqual([])
  const kept = writes.filter(({ answer }) => answer.status === 200)
  expect(kept.length).toBeGreaterThan(0)
  expect(kept.filter(({ key }) => !(key in data))).toEqual([])
  const { sessions } = await app.sojourn.list('late')
  const before = of('sign in').filter((sample) => sample.begunAt < begunAt)
  expect(sessions.length).toBeGreaterThan(0)
  expect(sessions.length).toBeLessThanOrEqual(before.length)
}
