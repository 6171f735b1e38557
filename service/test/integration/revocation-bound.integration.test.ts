/**
 * How long the end of a session goes unnoticed by processes that serve from memory: measured over processes on one
 * Redis, with all well, and with the news cut off. And what asking the store less costs: nothing.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  startRedis,
  waitFor,
  type RedisServer,
} from '../../../library/test/support/redis-server.js'
import type { Answer, Client } from '../support/client.js'
import { percentile } from '../support/load.js'
import { sharedNow, startObserver, type LastSeen, type Observer } from '../support/observers.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'
import {
  OAUTH_BASIC,
  openDeskOnRedis,
  present,
  refresh,
  registerSubject,
  SHARED,
  type Holder,
  type Pair,
  type TokenDesk,
} from '../support/token-desk.js'

/** The default of SESSION_CACHE_STALENESS. */
const BOUND = 500
/** For the time between looking at a clock and being looked at by others, on a crowded machine. */
const MARGIN = 100
/** `REVOCATIONS=1000` for figures that say more of the last percent. */
const REVOCATIONS = Number(process.env['REVOCATIONS'] ?? 80)

let redis: RedisServer
let services: readonly Service[]
/** One serves from memory, the other asks each time. */
let cached: Client
let strict: Client
let desk: TokenDesk
let subject: string
let observers: readonly Observer[]

beforeAll(async () => {
  // What was written outlives the process: it is with the kernel before anybody hears of it.
  redis = await startRedis({ args: ['--appendonly', 'yes'] })
  const environment = { ...SHARED, REDIS_URL: redis.url }
  const dataDir = temporaryFolder()
  const first = await startService(environment, { dataDir })
  const second = await startService({ ...environment, SESSION_CACHE_STALENESS: '0' }, { dataDir })
  services = [first, second]
  cached = first.client()
  strict = second.client()
  desk = await openDeskOnRedis(redis.url, environment)
  subject = await registerSubject(cached)
  const shared = { ...environment, DATA_DIR: dataDir }
  observers = await Promise.all([0, 1, 2].map(() => startObserver(shared)))
})

afterAll(async () => {
  for (const observer of observers) observer.stop()
  await desk.close()
  for (const service of services) await service[Symbol.asyncDispose]()
  await redis.stop()
})

const withCookie = (client: Client, { cookie }: Holder): Promise<Answer> =>
  client.get('/session', { cookie })

const startMany = (count: number): Promise<readonly Holder[]> => desk.startMany(subject, count)

/** Asks a service, one request after the other, until it refuses both credentials. */
async function watchService(client: Client, holder: Holder): Promise<() => Promise<LastSeen>> {
  const seen = { cookie: 0, bearer: 0 }
  const open = new Set(['cookie', 'bearer'] as const)
  const ask = async (kind: 'cookie' | 'bearer'): Promise<void> => {
    const at = sharedNow()
    const answer = await (kind === 'cookie'
      ? withCookie(client, holder)
      : present(client, holder.accessToken))
    if (answer.status === 200) seen[kind] = at
    // On a crowded machine the store may have been late: that is no yes, and no answer either.
    else if (answer.status !== 503) {
      expect(answer.status).toBe(401)
      expect(answer.json()).toMatchObject({ code: 'session_ended' })
      open.delete(kind)
    }
  }
  await ask('cookie')
  await ask('bearer')
  expect(open.size).toBe(2)
  const watching = (async () => {
    const until = sharedNow() + BOUND + 2_000
    while (open.size > 0 && sharedNow() < until) for (const kind of open) await ask(kind)
  })()
  // Whoever asks what was seen hears of it.
  watching.catch(() => undefined)
  return async () => {
    await watching
    return seen
  }
}

/** Ways in which a session ends; each answers when that was done. */
const ENDS: readonly ((holder: Holder, observer: Observer) => Promise<number>)[] = [
  ({ sessionId }, observer) => observer.revoke(sessionId),
  ({ sessionId }, observer) => observer.revoke(sessionId),
  async ({ cookie }) => {
    expect((await cached.post('/logout', undefined, { cookie })).status).toBe(200)
    return sharedNow()
  },
  async ({ refreshToken }) => {
    const headers = { Authorization: OAUTH_BASIC }
    const answer = await strict.post('/oauth/revoke', { token: refreshToken }, { headers })
    expect(answer.status).toBe(200)
    return sharedNow()
  },
]

type Delays = Record<'cookie' | 'bearer', number[]>

/** By how much longer than the end both credentials were accepted. */
function add(delays: Delays, { cookie, bearer: token }: LastSeen, endedAt: number): void {
  expect(cookie).toBeGreaterThan(0)
  expect(token).toBeGreaterThan(0)
  delays.cookie.push(Math.max(0, cookie - endedAt))
  delays.bearer.push(Math.max(0, token - endedAt))
}

function tell(what: string, values: readonly number[]): void {
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(values, share).toFixed(2))
  console.log(`${what}: p50 ${p50} ms, p99 ${p99} ms, max ${most} ms, n ${values.length}`)
}

describe('an ended session', () => {
  it('behaviour 7a: is refused by every process, at once where each request asks the store, and within the bound where the near cache answers', async () => {
    const holders = await startMany(REVOCATIONS)
    const near: Delays = { cookie: [], bearer: [] }
    const served: Delays = { cookie: [], bearer: [] }
    const asked: Delays = { cookie: [], bearer: [] }
    const ages: number[] = []
    for (const [index, holder] of holders.entries()) {
      const watchers = observers.filter((_, place) => place !== index % 3)
      const watched = await Promise.all(
        watchers.map((observer) => observer.watch(holder, BOUND + 2_000)),
      )
      const atService = await watchService(cached, holder)
      const atStrict = index % 4 === 0 ? await watchService(strict, holder) : undefined
      const end = ENDS[index % ENDS.length] as (typeof ENDS)[number]
      const endedAt = await end(holder, observers[index % 3] as Observer)
      for (const { seen } of watched) add(near, await seen, endedAt)
      add(served, await atService(), endedAt)
      if (atStrict !== undefined) add(asked, await atStrict(), endedAt)
      if (index % 40 === 0) ages.push(await ageOf(cached))
    }
    for (const [name, delays] of Object.entries({ near, served, asked })) {
      for (const kind of ['cookie', 'bearer'] as const) tell(`${name}, ${kind}`, delays[kind])
    }
    for (const delays of [near, served]) {
      expect(Math.max(...delays.cookie)).toBeLessThanOrEqual(BOUND + MARGIN)
      expect(Math.max(...delays.bearer)).toBeLessThanOrEqual(BOUND + MARGIN)
      // Pushed: it does not take the bound to be heard of, as it would if entries only ran out.
      expect(percentile(delays.bearer, 0.5)).toBeLessThan(50)
    }
    // Whatever is sent after the end is answered by the store, which knows.
    expect(Math.max(...asked.cookie, ...asked.bearer)).toBe(0)
    // The bound is told to those who watch the service.
    expect(ages.every((age) => age <= BOUND / 1_000)).toBe(true)
  })
})

/** What the service exports of the age of its knowledge, in seconds. */
async function ageOf(client: Client): Promise<number> {
  const { text } = await client.get('/metrics')
  return Number(/^sojourn_cache_age_seconds (\S+)$/m.exec(text)?.[1])
}

/** How often each command was called so far. */
async function commandsOf(server: RedisServer): Promise<ReadonlyMap<string, number>> {
  const text = await server.cli('info', 'commandstats')
  const lines = text.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)
  return new Map([...lines].map(([, name = '', calls]) => [name, Number(calls)]))
}

/** What the scripts of heartbeats call, and nobody calls without a script. */
const WITHIN_BEATS = ['publish', 'del', 'time', 'hget', 'hset', 'pttl', 'pexpire', 'zunionstore']

/** What was called in between, but for heartbeats, and for our own asking. */
async function cost(act: () => Promise<void>): Promise<Record<string, number>> {
  const before = await commandsOf(redis)
  await act()
  const after = await commandsOf(redis)
  const spentOn = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0)
  // Heartbeats are scripts: each publishes a word once, and no request here does. So is the pulse of the journal of ends.
  const beats = spentOn('publish') + spentOn('zunionstore')
  const spent = [...after.keys()].map(
    (name) => [name, spentOn(name) - (name === 'evalsha' ? beats : 0)] as const,
  )
  const own = ['ping', 'info', 'command', ...(spentOn('evalsha') === beats ? WITHIN_BEATS : [])]
  return Object.fromEntries(spent.filter(([name, calls]) => calls > 0 && !own.includes(name)))
}

/** So many requests, eight at a time. */
async function repeat(times: number, ask: () => Promise<Answer>): Promise<void> {
  let left = times
  const lane = async (): Promise<void> => {
    while (left-- > 0) expect((await ask()).status).toBe(200)
  }
  await Promise.all(Array.from({ length: 8 }, lane))
}

describe('a thousand requests with access tokens', () => {
  it('cost no Redis command while the near cache answers', async () => {
    const holders = await startMany(10)
    for (const { accessToken } of holders) await present(cached, accessToken)
    let turn = 0
    const tally = { requests: 0, streak: 0, longest: 0 }
    // Where this machine holds up a heartbeat, the store is asked: that is no steady state. But whatever is asked
    // from time to time would show within such a streak: twice a second is what the key ring would be read.
    for (let slices = 0; tally.requests < 1_000 || tally.longest < 700; slices += 1) {
      expect(slices).toBeLessThan(150)
      const before = await hitsOf(cached)
      const begunAt = performance.now()
      const spent = await cost(() =>
        repeat(100, () => present(cached, (holders[turn++ % 10] as Holder).accessToken)),
      )
      const isFree = Object.keys(spent).length === 0
      if (isFree) expect((await hitsOf(cached)) - before).toBe(100)
      tally.requests += isFree ? 100 : 0
      tally.streak = isFree ? tally.streak + performance.now() - begunAt : 0
      tally.longest = Math.max(tally.longest, tally.streak)
    }
  })

  it('cost one script each where there is no near cache, beside two looks at the key ring a second', async () => {
    const { accessToken } = await desk.start(subject)
    await present(strict, accessToken)
    const begunAt = performance.now()
    const spent = await cost(() => repeat(1_000, () => present(strict, accessToken)))
    const looks = Math.ceil((performance.now() - begunAt) / 500) + 1
    expect(spent['evalsha']).toBeGreaterThanOrEqual(1_000)
    expect(spent['evalsha']).toBeLessThanOrEqual(1_000 + looks)
  })
})

describe('with the news cut off', () => {
  it('at the very moment of an end, no process accepts the session for longer than the bound', async () => {
    const delays: number[] = []
    for (const [round, holder] of (await startMany(12)).entries()) {
      await waitFor('the cache to be warm again', async () => {
        const hits = await hitsOf(cached)
        await present(cached, holder.accessToken)
        await present(cached, holder.accessToken)
        return (await hitsOf(cached)) > hits
      })
      const atService = await watchService(cached, holder)
      const watched = await Promise.all(
        observers.slice(1).map((observer) => observer.watch(holder, BOUND + 2_000)),
      )
      const [endedAt] = await Promise.all([
        after(round % 4, () => (observers[0] as Observer).revoke(holder.sessionId)),
        after(2 - (round % 3), () => redis.cli('client', 'kill', 'type', 'pubsub')),
      ])
      for (const seen of [
        await atService(),
        ...(await Promise.all(watched.map((one) => one.seen))),
      ])
        delays.push(Math.max(0, Math.max(seen.cookie, seen.bearer) - endedAt))
    }
    tell('subscriber killed', delays)
    expect(Math.max(...delays)).toBeLessThanOrEqual(BOUND + MARGIN)
  })

  it('by a Redis that stands still, answers come from memory until the bound at most, then 503; and all goes on with it', async () => {
    await outlive({
      begin: () => {
        redis.pause()
      },
      end: () => {
        redis.resume()
      },
      // A line that has gone silent is noticed long before the bound, and may be at once.
      fromMemory: { least: 0, until: BOUND + MARGIN },
    })
  })

  it('by a Redis that was killed, nothing comes from memory for longer than the bound; and all goes on with it', async () => {
    await outlive({
      begin: () => redis.kill(),
      end: () => redis.restart(),
      fromMemory: { least: 0, until: BOUND + MARGIN },
    })
  })

  it('by a Redis that was killed amid refreshes, these are to be tried again; and no refresh token was lost', async () => {
    const holders = await startMany(20)
    const denied: Answer[] = []
    let exchanges = 0
    let isOver = false
    const live = async ({ refreshToken }: Holder): Promise<Pair> => {
      let pair: Pair = { accessToken: '', refreshToken }
      for (let fresh = false; !isOver || !fresh;) {
        const answer = await refresh(cached, pair.refreshToken)
        fresh = answer.status === 200
        if (fresh) {
          pair = answer.json()
          exchanges += 1
        } else {
          denied.push(answer)
        }
        await pause(5)
      }
      return pair
    }
    const lives = Promise.all(holders.map(live))
    await pause(150)
    await waitFor('tokens to be exchanged', async () => exchanges > 20)
    const before = exchanges
    await redis.kill()
    await pause(300)
    await redis.restart()
    const during = exchanges
    await backSoon(async () => {
      await Promise.race([lives, pause(10)])
      return exchanges > during
    })
    isOver = true
    const pairs = await lives
    expect(before).toBeGreaterThan(20)
    expect(denied.length).toBeGreaterThan(20)
    denied.forEach(expectDenied)
    for (const { accessToken } of pairs)
      expect((await present(cached, accessToken)).status).toBe(200)
    expect(services[0]?.output()).not.toContain('refresh.reused')
  })
})

/** All is well again within two seconds, and what this machine takes to wake everybody. */
async function backSoon(isBack: () => Promise<boolean>): Promise<void> {
  const lateness = monitorEventLoopDelay({ resolution: 1 })
  lateness.enable()
  const backAt = performance.now()
  await waitFor('all to be back', isBack)
  const took = performance.now() - backAt
  lateness.disable()
  expect(took).toBeLessThan(2_000 + MARGIN + (lateness.percentile(99) / 1e6) * 20)
}

interface Outage {
  begin(): void | Promise<void>
  end(): void | Promise<void>
  /** How many answers come from memory, and until when after the beginning. */
  readonly fromMemory: { readonly least: number; readonly until: number }
}

async function outlive({ begin, end, fromMemory }: Outage): Promise<void> {
  const holders = await startMany(10)
  const asks = holders.flatMap((holder) => [
    () => withCookie(cached, holder),
    () => present(cached, holder.accessToken),
  ])
  for (const ask of [...asks, ...asks]) expect((await ask()).status).toBe(200)
  const samples: { readonly at: number; readonly answer: Answer }[] = []
  let isOver = false
  const begunAt = performance.now()
  await begin()
  const asking = asks.map(async (ask) => {
    while (!isOver) {
      const at = performance.now() - begunAt
      samples.push({ at, answer: await ask() })
      await pause(10)
    }
  })
  await pause(1_300)
  isOver = true
  await Promise.all(asking)
  await end()
  await backSoon(async () =>
    (await Promise.all(asks.map((ask) => ask()))).every(({ status }) => status === 200),
  )

  const good = samples.filter(({ answer }) => answer.status === 200)
  expect(good.length).toBeGreaterThanOrEqual(fromMemory.least)
  expect(Math.max(0, ...good.map(({ at }) => at))).toBeLessThanOrEqual(fromMemory.until)
  const denied = samples.filter(({ answer }) => answer.status !== 200)
  expect(denied.length).toBeGreaterThan(asks.length)
  denied.forEach(({ answer }) => {
    expectDenied(answer)
  })
  expect(samples.flatMap(({ answer }) => answer.cookies)).toEqual([])
  // Nobody has to sign in again, by whatever was presented before.
  for (const { refreshToken } of holders)
    expect((await refresh(cached, refreshToken)).status).toBe(200)
}

function expectDenied(answer: Answer): void {
  expect(answer.status).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
  expect(answer.cookies).toEqual([])
  expect(answer.json()).toMatchObject({ code: 'store_unavailable' })
}

/** How often the near cache of a service answered. */
async function hitsOf(client: Client): Promise<number> {
  const { text } = await client.get('/metrics')
  return Number(/^sojourn_cache_lookups_total\{outcome="hit"\} (\d+)$/m.exec(text)?.[1])
}

async function after<Value>(wait: number, act: () => Promise<Value>): Promise<Value> {
  if (wait > 0) await pause(wait)
  return act()
}
