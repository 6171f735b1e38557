/** A network that is slow, or loses the reply to something that was done. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis as IoRedis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../src/errors.js'
import { createRedisStore } from '../../src/store/redis/index.js'
import { createKeys } from '../../src/store/redis/keys.js'
import { createResilientStore } from '../../src/store/resilient.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { startProxy, type Pace, type TcpProxy } from '../support/tcp-proxy.js'
import type { WebAnswer } from '../support/web.js'
import {
  CLIENTS,
  present,
  refresh,
  revoke,
  startApp,
  type App,
  type Connect,
  type Connected,
  type Pair,
} from './app.js'
import { expectUnavailable, percentile, watchFaults, type Watch } from './support.js'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

interface Scene {
  readonly own: string
  readonly wire: TcpProxy
  readonly watch: Watch
  readonly app: App
  [Symbol.asyncDispose](): Promise<void>
}

/** People of one scene are not those of another: all share one Redis. */
let scenes = 0

async function setScene(connect: Connect): Promise<Scene> {
  const own = `scene-${String((scenes += 1))}`
  const watch = watchFaults()
  const wire = await startProxy(redis.port)
  const app = await startApp(await connect(wire.port))
  return {
    own,
    wire,
    watch,
    app,
    async [Symbol.asyncDispose]() {
      await app.close()
      await wire.close()
      await watch.stop()
    },
  }
}

/** Asks until the store answers again. */
async function insist(ask: () => Promise<WebAnswer>): Promise<WebAnswer> {
  for (let turn = 0; ; turn += 1) {
    const answer = await ask()
    if (answer.status !== 503 || turn === 60) return answer
    await sleep(50)
  }
}

const pairOf = (answer: WebAnswer): Pair => JSON.parse(answer.body) as Pair
const tripsOver = (wire: TcpProxy): number =>
  wire.roundTrips().reduce((sum, count) => sum + count, 0)

type Decision = readonly [what: string, decide: () => Promise<WebAnswer>]

/** What is asked of a store: to validate, by cookie and by token, to exchange, to revoke. */
async function decisions({ app, watch, own }: Scene, name: string): Promise<readonly Decision[]> {
  const { web, tokens } = await app.signIn(`${own}, ${name}`)
  const whose = `${own}, ${name}`
  return [
    ['validate a cookie', () => watch.ask('look', () => web.get('/me'), whose)],
    ['validate', () => watch.ask('look', () => present(app, tokens.accessToken), whose)],
    ['rotate', () => watch.ask('rotate', () => refresh(app, tokens.refreshToken))],
    ['revoke', () => watch.ask('revoke', () => revoke(web, tokens.accessToken))],
  ]
}

const QUICK: readonly Pace[] = [
  { delay: 50, jitter: 10 },
  { delay: 90, jitter: 5 },
  { delay: 20, speed: 50_000 },
]
const SLOW: readonly Pace[] = [{ delay: 200 }, { delay: 900, jitter: 50 }, { speed: 1_000 }]

describe('a slow network', () => {
  it.concurrent.each(CLIENTS)(
    'fault F16: under %s, of up to 200 ms there and back, costs every decision one round trip and works; a slower one is refused within a second',
    async (_, connect) => {
      await using scene = await setScene(connect)
      // The first time, Redis is told the scripts.
      for (const [, decide] of await decisions(scene, 'first')) await insist(decide)
      for (const pace of QUICK) {
        const times = await works(scene, pace)
        expect(percentile(times, 0.99)).toBeLessThan(1_000)
      }
      for (const pace of SLOW) await refuses(scene, pace)
    },
  )

  /** Milliseconds that each attempt took. */
  async function works(scene: Scene, pace: Pace): Promise<readonly number[]> {
    const times: number[] = []
    for (const [what, decide] of await decisions(scene, 'quick')) {
      scene.wire.slow(pace)
      const attempts = await attemptsAt(scene.wire, decide)
      scene.wire.slow()
      expect([what, attempts.at(-1)]).toMatchObject([what, { status: 200, trips: 1 }])
      times.push(...attempts.map(({ milliseconds }) => milliseconds))
      expect(times.at(-1)).toBeGreaterThan(2 * (pace.delay ?? 0) - 5)
    }
    return times
  }

  interface Attempt {
    readonly status: number
    readonly trips: number
    readonly milliseconds: number
  }

  /**
   * Until one takes a single round trip. About once a second something is asked beside the requests, which counts, too;
   * and a machine that is late for its timers may cost an attempt its deadline. What takes two never takes one.
   */
  async function attemptsAt(
    wire: TcpProxy,
    decide: () => Promise<WebAnswer>,
  ): Promise<readonly Attempt[]> {
    const attempts: Attempt[] = []
    while (attempts.length < 10) {
      const [before, begunAt] = [tripsOver(wire), performance.now()]
      const { status } = await decide()
      const milliseconds = performance.now() - begunAt
      const trips = tripsOver(wire) - before
      attempts.push({ status, trips, milliseconds })
      if (status === 200 && trips === 1) break
      await sleep(300)
    }
    return attempts
  }

  async function refuses({ app, own, wire }: Scene, pace: Pace): Promise<void> {
    const { web, tokens } = await app.signIn(`${own}, slow`)
    const cookie = web.cookie
    wire.slow(pace)
    const asked = [
      () => web.get('/me'),
      () => refresh(app, tokens.refreshToken),
      () => app.visitor().post('/login', { name: 'nobody' }),
      () => web.post('/logout'),
    ]
    for (const ask of asked) {
      const begunAt = performance.now()
      expectUnavailable(await ask())
      expect(performance.now() - begunAt).toBeLessThan(1_000)
    }
    expect(web.cookie).toBe(cookie)
    wire.slow()
    // What the slow wire still carried may have been done; but nobody is told to come again for ever.
    expect([200, 401]).toContain((await insist(() => web.get('/me'))).status)
  }
})

describe.each(CLIENTS)('a reply that is lost after it was done, under %s', (_, connect) => {
  it('fault F18: after every command of a refresh the person stays signed in, with one live token, and is never taken for a thief', async () => {
    await using scene = await setScene(connect)
    const { app } = scene
    let cut = 0
    while (await losesReply(scene, cut + 1)) cut += 1
    // What is asked beside the requests may have lost one, too.
    expect(cut).toBeGreaterThanOrEqual(2)
    expect(app.told.filter(({ name }) => name === 'refresh.reused')).toEqual([])
  })

  it('fault F18: what a limiter counted counts once, and is not counted again by us', async () => {
    await countsOnce(connect, true)
  })
})

/** `false`: the exchange takes fewer replies than that. */
async function losesReply({ app, wire, watch, own }: Scene, count: number): Promise<boolean> {
  const { name, tokens } = await app.signIn(`${own}, holder ${String(count)}`)
  // Without it, it takes one command; so there are two.
  await redis.cli('script', 'flush')
  const isLost = wire.loseReply(count)
  const first = await watch.ask('refresh', () => refresh(app, tokens.refreshToken))
  if (first.status === 200) return false
  expect(isLost()).toBe(true)
  expectUnavailable(first)
  const again = await insist(() => refresh(app, tokens.refreshToken))
  expect(again.status).toBe(200)
  const twice = await refresh(app, tokens.refreshToken)
  expect(pairOf(twice).refreshToken).toBe(pairOf(again).refreshToken)
  const me = await watch.ask('look', () => present(app, pairOf(again).accessToken), name)
  expect(me.status).toBe(200)
  // One family: its one successor goes on.
  expect((await app.sojourn.list(name)).sessions).toHaveLength(1)
  expect((await refresh(app, pairOf(again).refreshToken)).status).toBe(200)
  return true
}

describe('a client that sends again what it got no reply to', () => {
  it('fault F18: ioredis with its own defaults: a limiter counts it once, and a token gets its one successor', async () => {
    const asPeopleHaveIt = async (port: number): Promise<Connected> => {
      const client = new IoRedis(port, '127.0.0.1', { retryStrategy: () => 20 })
      await client.ping()
      return { client, close: () => client.disconnect() }
    }
    await countsOnce(asPeopleHaveIt, false)
    await using scene = await setScene(asPeopleHaveIt)
    const { app, wire, own } = scene
    const { tokens } = await app.signIn(`${own}, resent`)
    const isLost = wire.loseReply(1)
    const answer = await insist(() => refresh(app, tokens.refreshToken))
    expect([isLost(), answer.status]).toEqual([true, 200])
    expect((await refresh(app, pairOf(answer).refreshToken)).status).toBe(200)
    expect(app.told.filter(({ name }) => name === 'refresh.reused')).toEqual([])
  })
})

/** @param isRefused - whether the caller hears of the loss. */
async function countsOnce(connect: Connect, isRefused: boolean): Promise<void> {
  const key = `scene-${String((scenes += 1))}`
  const watch = watchFaults()
  const wire = await startProxy(redis.port)
  const { client, close } = await connect(wire.port)
  const store = createRedisStore({ client })
  const { counters } = createResilientStore(store)
  if (counters === undefined) throw new Error('no counters')
  const rate = { quota: 10, window: 3_600_000 }
  const rule = { max: 10, lockFor: 3_600_000, forgetAfter: 3_600_000 }
  const keys = createKeys('sj:')
  const counts = [
    [() => counters.spend(key, rate), keys.debt(store.bucketOf(key), key)],
    [() => counters.attempt(key, rule), keys.attempts(store.bucketOf(key), key)],
  ] as const
  // So that Redis knows the scripts.
  await counters.spend('other', rate)
  await counters.attempt('other', rule)
  for (const [count, at] of counts) {
    const isLost = wire.loseReply(1)
    const outcome = await count().catch((error: unknown) => error)
    expect(isLost()).toBe(true)
    expect(outcome instanceof StoreUnavailable).toBe(isRefused)
    // However often it was sent, it counts as it would have without the loss.
    await sleep(200)
    expect(await countIn(at)).toBe(1)
  }
  close()
  await wire.close()
  await watch.stop()
}

/** How much was counted: attempts, or what was taken of ten an hour. */
async function countIn(key: string): Promise<number> {
  const attempts = await redis.cli('hget', key, 'N')
  if (attempts !== '') return Number(attempts)
  const owedFor = Number(await redis.cli('pttl', key))
  return Math.round(owedFor / 360_000)
}
