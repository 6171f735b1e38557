/** What is no fault of Redis': clocks that jump, and a process of ours that stands still. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSignInGuard } from '../../src/index.js'
import type { SojournEvents } from '../../src/session/events.js'
import { createMetrics, observeSojourn } from '../../src/telemetry/index.js'
import { incoming } from '../guard/sign-in/support.js'
import { Browser } from '../support/browser.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { CLIENTS, present, refresh, startApp, type App, type AppOptions, type Pair } from './app.js'
import { howLongUntil, watchFaults } from './support.js'

const HOUR = 3_600_000
const [, connect] = CLIENTS[0] as (typeof CLIENTS)[number]

type Skew = SojournEvents['store.clock_skew']

interface SkewedApp extends App {
  /** By so much the host's clock is off. Milliseconds. */
  readonly host: { ahead: number }
  readonly skews: Skew[]
}

let redis: RedisServer
/** The clock that Redis' scripts read is off by this (libfaketime and Redis' allocator do not go together). Milliseconds. */
let redisAhead = 0
let prefixes = 0

/** One of its own for each test, on a Redis that all share. */
async function start(options: AppOptions = {}): Promise<SkewedApp> {
  const host = { ahead: 0 }
  const clock = { now: () => Date.now() + host.ahead, elapsed: () => performance.now() }
  const keyPrefix = `own${String((prefixes += 1))}:`
  const app = await startApp(await connect(redis.port), {
    clock,
    idle: '12h',
    absolute: '30d',
    ...options,
    redis: { keyPrefix, clockOffset: () => redisAhead },
  })
  const skews: Skew[] = []
  app.sojourn.on('store.clock_skew', (event) => skews.push(event))
  return { ...app, host, skews }
}

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => redis.stop())
beforeEach(() => {
  redisAhead = 0
})

/** Each change that was told, with whole minutes. */
const minutesApart = (app: SkewedApp): string[] =>
  app.skews.map(({ isApart, ahead }) => `${String(isApart)} ${String(Math.round(ahead / 60_000))}`)
const namesOf = (app: App): string[] => app.told.map(({ name }) => name)

describe('a clock that jumps', () => {
  it('fault F21: that of the host by an hour, in both directions: nobody is signed out, nothing lives longer, and it is told once', async () => {
    const app = await start()
    const ann = await app.signIn('ann')
    const guest = await app.signIn('bob')
    expect((await guest.web.post('/logout')).status).toBe(200)
    let { accessToken, refreshToken } = ann.tokens
    for (const ahead of [HOUR, -HOUR, 0]) {
      app.host.ahead = ahead
      for (let round = 0; round < 5; round += 1) {
        expect((await ann.web.get('/me')).status).toBe(200)
        expect((await present(app, accessToken)).status).toBe(200)
      }
      const exchanged = await refresh(app, refreshToken)
      expect(exchanged.status).toBe(200)
      const again = await refresh(app, refreshToken)
      expect((JSON.parse(again.body) as Pair).refreshToken).toBe(
        (JSON.parse(exchanged.body) as Pair).refreshToken,
      )
      ;({ accessToken, refreshToken } = JSON.parse(exchanged.body) as Pair)
      expect((await guest.web.get('/me')).status).toBe(401)
    }
    await pause(20)
    expect(minutesApart(app)).toEqual(['true -60', 'true 60', 'false 0'])
    expect(namesOf(app)).not.toContain('refresh.reused')
    await app.close()
  })

  it('fault F21: that of Redis by an hour: who may stay away for longer stays in, what expired stays expired, and no grace opens anew', async () => {
    const app = await start()
    const brief = await start({ idle: '30m' })
    const [ann, dan, eve, bob] = await Promise.all([
      app.signIn('ann'),
      app.signIn('dan'),
      app.signIn('eve'),
      brief.signIn('bob'),
    ])
    for (const { tokens } of [dan, eve]) {
      expect((await refresh(app, tokens.refreshToken)).status).toBe(200)
    }

    redisAhead = HOUR
    expect((await ann.web.get('/me')).status).toBe(200)
    expect((await refresh(app, ann.tokens.refreshToken)).status).toBe(200)
    // Fifteen minutes were over for the token that says so itself.
    expect((await present(app, ann.tokens.accessToken)).status).toBe(401)
    expect((await bob.web.get('/me')).status).toBe(401)
    expect((await refresh(brief, bob.tokens.refreshToken)).status).not.toBe(200)
    expect((await refresh(app, eve.tokens.refreshToken)).status).not.toBe(200)

    for (const ahead of [0, -HOUR]) {
      redisAhead = ahead
      expect((await bob.web.get('/me')).status).toBe(401)
      expect((await present(brief, bob.tokens.accessToken)).status).toBe(401)
      expect((await refresh(brief, bob.tokens.refreshToken)).status).not.toBe(200)
      expect((await eve.web.get('/me')).status).toBe(401)
      expect((await refresh(app, eve.tokens.refreshToken)).status).not.toBe(200)
      expect((await ann.web.get('/me')).status).toBe(200)
    }
    // An hour before its exchange its ten seconds after that exchange are not at hand either.
    expect((await refresh(app, dan.tokens.refreshToken)).status).not.toBe(200)
    // How far ahead a token may be issued is bounded, too: there are five seconds for it, not an hour.
    redisAhead = 0
    const { web } = await app.signIn('fay')
    const { accessToken } = JSON.parse((await web.post('/login', { name: 'fay' })).body) as Pair
    redisAhead = -HOUR
    expect((await web.get('/me')).status).toBe(200)
    expect((await present(app, accessToken)).status).toBe(401)
    await pause(20)
    const told = minutesApart(app)
    expect(told.slice(0, 3)).toEqual(['true 60', 'false 0', 'true -60'])
    expect(told.length).toBeLessThan(6)
    await app.close()
    await brief.close()
  })
})

/** Nothing else happens in this process meanwhile. */
function block(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

describe('a process that stands still for two seconds', () => {
  it('fault F29: nobody is taken for a thief, no lock and no grace ends early, and what was asked is answered at once', async () => {
    const app = await start()
    const watch = watchFaults()
    const { web, tokens } = await app.signIn('ann')
    const guard = createSignInGuard(app.sojourn, { delay: false, maxAttempts: 2, lockout: '1m' })
    const knock = async () => guard.begin({ account: 'eve', subject: 'eve', incoming: incoming() })
    for (let failures = 0; failures < 2; failures += 1) {
      const start = await knock()
      if (start.isAllowed) await start.attempt.failed({ password: 'wrong' })
    }
    expect((await knock()).isAllowed).toBe(false)
    const first = await refresh(app, tokens.refreshToken)
    const under = ['look', 'look', 'look'].map((what) =>
      watch.ask(what, () => web.get('/me'), 'ann'),
    )
    const twice = [refresh(app, tokens.refreshToken), refresh(app, tokens.refreshToken)]
    await pause(3)
    block(2_000)
    const freedAt = performance.now()
    const answers = await Promise.all([...under, ...twice])
    expect(performance.now() - freedAt).toBeLessThan(500)
    for (const { status } of answers) expect([200, 503]).toContain(status)
    // The grace is not over, and the lock is not either.
    const again = await refresh(app, tokens.refreshToken)
    expect((JSON.parse(again.body) as Pair).refreshToken).toBe(
      (JSON.parse(first.body) as Pair).refreshToken,
    )
    expect((await knock()).isAllowed).toBe(false)
    expect((await web.get('/me')).status).toBe(200)
    expect(namesOf(app)).not.toContain('refresh.reused')
    expect(namesOf(app)).not.toContain('session.ended')
    await watch.stop()
    await app.close()
  })

  it('fault F29: with a store that is silent, too, the deadline counts from when it was asked: 503 as soon as the process goes on', async () => {
    const app = await start()
    const { web, tokens } = await app.signIn('ann')
    redis.pause()
    const under = [web.get('/me'), refresh(app, tokens.refreshToken)]
    await pause(20)
    block(2_000)
    const freedAt = performance.now()
    const answers = await Promise.all(under)
    // Another deadline would be 250 ms more.
    expect(performance.now() - freedAt).toBeLessThan(200)
    expect(answers.map(({ status }) => status)).toEqual([503, 503])
    redis.resume()
    await howLongUntil(async () => (await web.get('/me')).status === 200, 5_000)
    expect((await refresh(app, tokens.refreshToken)).status).toBe(200)
    expect(namesOf(app)).not.toContain('refresh.reused')
    await app.close()
  })
})

describe('ten thousand requests while Redis is silent', () => {
  it('behaviour 4d: memory does not grow with them, the breaker opens, nothing queues up, and the metrics show it', async () => {
    // What would queue up does so by the request, not by the second: these come as fast as they can be asked.
    const app = await start()
    const metrics = createMetrics()
    observeSojourn(app.sojourn, metrics)
    const browser = new Browser(app.sojourn)
    await browser.visit(async (session) => session.signIn('ann'))
    const calls = app.calls.length
    redis.pause()
    const ask = async (): Promise<string> =>
      browser
        .request(async (session) => session.load())
        .then(
          () => 'answered',
          (error: unknown) => (error as { code?: string }).code ?? String(error),
        )
    const codes = new Set<string>()
    const batch = async (): Promise<void> => {
      for (const code of await Promise.all(Array.from({ length: 100 }, ask))) codes.add(code)
    }
    for (let round = 0; round < 10; round += 1) await batch()
    const before = process.memoryUsage().rss
    for (let round = 0; round < 90; round += 1) await batch()
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1_024 * 1_024)
    expect([...codes]).toEqual(['store_unavailable'])
    await pause(20)
    const text = metrics.text()
    expect(text).toMatch(/^sojourn_store_breaker_open 1$/m)
    const failed = /^sojourn_store_failures_total\{operation="read"\} (\d+)$/m.exec(text)?.[1]
    expect(Number(failed)).toBeGreaterThanOrEqual(10_000)
    // The first hundred were let through, then one now and then: what waits for Redis is bounded by that.
    const slow = app.calls.slice(calls).filter(({ milliseconds }) => milliseconds > 100)
    expect(slow.length).toBeGreaterThanOrEqual(5)
    expect(slow.length).toBeLessThan(150)
    redis.resume()
    await howLongUntil(async () => (await ask()) === 'answered', 5_000)
    await pause(20)
    expect(metrics.text()).toMatch(/^sojourn_store_breaker_open 0$/m)
    await app.close()
  })
})
