/** What becomes of tokens where Redis loses answers, is full, comes late, or says nothing; and where a process does. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  startRedis,
  waitFor,
  type RedisServer,
} from '../../../library/test/support/redis-server.js'
import type { Answer, Client } from '../support/client.js'
import { startRedisWire, type RedisWire } from '../support/redis-wire.js'
import { percentile, timesBeside, watchLateness } from '../support/load.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'
import {
  bearer,
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

// They wait for conditions, each with a deadline of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const LOGIN = { username: 'ada', password: 'correct horse battery 9' }
/** The default of SESSION_CACHE_STALENESS. */
const BOUND = 500

let redis: RedisServer
/** Between the first service and Redis; the second one is next to it. */
let wire: RedisWire
let services: readonly [Service, Service]
let clients: readonly [Client, Client]
let desk: TokenDesk
let subject: string

beforeAll(async () => {
  redis = await startRedis({ args: ['--appendonly', 'yes', '--enable-debug-command', 'yes'] })
  wire = await startRedisWire(redis.port)
  const dataDir = temporaryFolder()
  // Often enough that touches can be watched.
  // The desk signs people in from elsewhere than they come: what the watch counts of that is not what is measured here.
  const environment = { ...SHARED, SESSION_IDLE: '10s', ANOMALY: 'off' }
  services = [
    await startService(
      { ...environment, REDIS_URL: `redis://127.0.0.1:${wire.port}` },
      { dataDir },
    ),
    await startService({ ...environment, REDIS_URL: redis.url }, { dataDir }),
  ]
  clients = [services[0].client(), services[1].client()]
  desk = await openDeskOnRedis(redis.url, SHARED)
  subject = await registerSubject(clients[0], LOGIN.username)
})
afterAll(async () => {
  await desk.close()
  for (const service of services) await service[Symbol.asyncDispose]()
  await wire.close()
  await redis.stop()
})

const start = (): Promise<Holder> => desk.start(subject)

function expectDenied(answer: Answer): void {
  expect(answer.status).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
  expect(answer.cookies).toEqual([])
  expect(answer.json()).toMatchObject({ code: 'store_unavailable' })
}

/** Needs nothing of the store. */
const alive = (): Promise<Answer> => clients[0].get('/health/live', { cookie: '' })

/** Asks until the store answers again. */
async function insist(ask: () => Promise<Answer>): Promise<Answer> {
  for (let turn = 0; ; turn += 1) {
    const answer = await ask()
    if (answer.status !== 503 || turn === 60) return answer
    await pause(50)
  }
}

async function exchange(client: Client, refreshToken: string): Promise<Pair> {
  const answer = await insist(() => refresh(client, refreshToken))
  expect([answer.status, answer.text.slice(0, 200)]).toEqual([200, expect.any(String)])
  return answer.json<Pair>()
}

/** The near cache of the first service answers. */
async function warm({ accessToken }: Holder): Promise<void> {
  await waitFor('the near cache to answer', async () => {
    const before = await hits()
    const answers = [await present(clients[0], accessToken), await present(clients[0], accessToken)]
    return answers.every(({ status }) => status === 200) && (await hits()) > before
  })
}

async function hits(): Promise<number> {
  const { text } = await clients[0].get('/metrics')
  return Number(/^sojourn_cache_lookups_total\{outcome="hit"\} (\d+)$/m.exec(text)?.[1])
}

/** How often a token was taken for a thief's. */
const reuses = (): number =>
  services.flatMap((service) => service.log()).filter((line) => line['event'] === 'refresh.reused')
    .length

describe('a reply that is lost', () => {
  it('as in F18, after whatever command of a refresh: the exchange was done at most once, and the same token gets the one successor', async () => {
    const cut: string[] = []
    const seen = new Set<number>()
    for (let count = 1; ; count += 1) {
      const holder = await start()
      await warm(holder)
      // Without it, it takes one command; so there are two.
      await redis.cli('script', 'flush')
      wire.commands.length = 0
      wire.cutReplyOf(count)
      const answer = await refresh(clients[0], holder.refreshToken)
      if (answer.status === 200) {
        if (!wire.hasCut) break
        // It was the reply to something else: the process asks after its store meanwhile.
        count -= 1
        continue
      }
      expectDenied(answer)
      expect(wire.hasCut).toBe(true)
      const command = wire.commands[count - 1] ?? ''
      cut.push(command)
      const generation = async () => (await desk.record(holder.sessionId))?.family?.generation
      // With the second it was done; only nobody heard of it.
      const done = (await generation()) ?? 0
      expect([1, 2]).toContain(done)
      seen.add(done)
      const pair = await exchange(clients[0], holder.refreshToken)
      const again = await exchange(clients[1], holder.refreshToken)
      expect(again.refreshToken).toBe(pair.refreshToken)
      expect(await generation()).toBe(2)
      for (const client of clients) {
        expect((await insist(() => present(client, pair.accessToken))).status).toBe(200)
      }
      await exchange(clients[0], pair.refreshToken)
      expect(await generation()).toBe(3)
    }
    wire.cutReplyOf(Infinity)
    expect(new Set(cut)).toEqual(new Set(['EVALSHA', 'EVAL']))
    expect(seen).toEqual(new Set([1, 2]))
  })

  it('of a revocation is no harm either: it is done, and can be asked for again', async () => {
    const first = await start()
    const revoke = ({ accessToken }: Holder): Promise<Answer> => {
      const headers = { Authorization: OAUTH_BASIC }
      return clients[0].post('/oauth/revoke', { token: accessToken }, { headers })
    }
    expect((await revoke(first)).status).toBe(200)
    let [holder, answer] = [first, await revoke(first)]
    // The reply that is cut may be one to something else: then another session is revoked.
    while (answer.status === 200 || (await desk.record(holder.sessionId)) !== undefined) {
      holder = await start()
      await warm(holder)
      wire.cutReplyOf(1)
      answer = await revoke(holder)
    }
    expectDenied(answer)
    expect(wire.hasCut).toBe(true)
    expect(await desk.record(holder.sessionId)).toBeUndefined()
    expect((await insist(() => revoke(holder))).status).toBe(200)
    expect((await insist(() => present(clients[0], holder.accessToken))).status).toBe(401)
  })
})

describe('a Redis that is full', () => {
  it('in the token half of F6, tokens are shown and revoked, none is issued or used up; afterwards each works once', async () => {
    const holders = await desk.startMany(subject, 6)
    const [reader, leaver, waiting, revoked] = holders as [Holder, Holder, Holder, Holder]
    for (const holder of holders) await warm(holder)
    // Old enough for a touch to be due with the next request.
    await pause(1_100)
    await redis.cli('config', 'set', 'maxmemory', '1mb')
    for (const client of clients) {
      // The touch of each of these fails, beside the answer.
      expect((await present(client, reader.accessToken)).status).toBe(200)
      expect((await client.get('/session', { cookie: reader.cookie })).status).toBe(200)
      const denied = await refresh(client, waiting.refreshToken)
      expectDenied(denied)
      expect(denied.text).not.toMatch(/accessToken|eyJ|rt\./)
      expectDenied(await client.post('/login', LOGIN, { cookie: '' }))
    }
    const out = await clients[0].post('/logout', undefined, { cookie: leaver.cookie })
    expect(out.status).toBe(200)
    const headers = { Authorization: OAUTH_BASIC }
    const body = { token: revoked.refreshToken }
    expect((await clients[1].post('/oauth/revoke', body, { headers })).status).toBe(200)
    for (const { accessToken } of [leaver, revoked]) {
      for (const client of clients) {
        await waitFor('the news', async () => (await present(client, accessToken)).status === 401)
      }
    }
    expect((await desk.record(waiting.sessionId))?.family?.generation).toBe(1)

    await redis.cli('config', 'set', 'maxmemory', '0')
    const pair = await exchange(clients[0], waiting.refreshToken)
    expect((await desk.record(waiting.sessionId))?.family?.generation).toBe(2)
    // Used up by its own successor, it is good no more.
    await exchange(clients[1], pair.refreshToken)
    expect((await refresh(clients[0], waiting.refreshToken)).status).toBe(400)
    expect((await clients[0].post('/login', LOGIN, { cookie: '' })).status).toBe(200)
  })
})

describe('news that do not come', () => {
  afterEach(() => {
    wire.release()
  })

  it('as in F28, over a connection that stands still, leave nothing accepted for longer than the bound; and the cache comes back with them', async () => {
    const holders = await desk.startMany(subject, 10)
    for (const holder of holders) await warm(holder)
    wire.hold()
    await Promise.all(
      holders.map(({ cookie }) => clients[1].post('/logout', undefined, { cookie })),
    )
    const endedAt = performance.now()
    const accepted = await Promise.all(
      holders.map(async ({ accessToken }) => {
        for (let last = endedAt; ;) {
          const at = performance.now()
          const { status } = await present(clients[0], accessToken)
          if (status === 401) return last - endedAt
          expect([200, 503]).toContain(status)
          if (status === 200) last = at
          await pause(5)
        }
      }),
    )
    console.log(`news held back: accepted for ${Math.max(...accepted).toFixed(0)} ms at most`)
    // The news was there, and did not come.
    expect(wire.held).toBeGreaterThan(0)
    expect(Math.max(...accepted)).toBeLessThanOrEqual(BOUND)
    wire.release()
    await warm(await start())
  })

  it('as in F28, since Redis dropped the one who listened too slowly, leave nothing accepted either', async () => {
    const holders = await desk.startMany(subject, 5)
    for (const holder of holders) await warm(holder)
    // Whoever is told a word is dropped: the word is lost, and the connection with it.
    await redis.cli('config', 'set', 'client-output-buffer-limit', 'pubsub 1 0 0')
    const accepted: number[] = []
    for (const { cookie, accessToken } of holders) {
      await clients[1].post('/logout', undefined, { cookie })
      const endedAt = performance.now()
      for (;;) {
        // When it was asked: a busy machine may take its time with the answer.
        const askedAt = performance.now()
        if ((await present(clients[0], accessToken)).status === 200) {
          accepted.push(askedAt - endedAt)
        } else if ((await insist(() => present(clients[0], accessToken))).status !== 200) break
      }
    }
    await redis.cli('config', 'set', 'client-output-buffer-limit', 'pubsub 32mb 8mb 60')
    expect(Math.max(0, ...accepted)).toBeLessThanOrEqual(BOUND)
    await warm(await start())
  })
})

describe('a process that stands still', () => {
  it('as in F29, for two seconds, while its clients go on with another, takes nobody for a thief when it wakes', async () => {
    const before = reuses()
    const holders = await desk.startMany(subject, 10)
    process.kill(services[0].pid, 'SIGSTOP')
    const late = holders.map(({ refreshToken }) => refresh(clients[0], refreshToken))
    await pause(300)
    const pairs = await Promise.all(
      holders.map(({ refreshToken }) => exchange(clients[1], refreshToken)),
    )
    await pause(1_700)
    process.kill(services[0].pid, 'SIGCONT')
    for (const [index, answer] of (await Promise.all(late)).entries()) {
      // It was late: either it is told to come again, or it is given what the other was.
      if (answer.status === 503) expectDenied(answer)
      else expect(answer.json<Pair>().refreshToken).toBe(pairs[index]?.refreshToken)
    }
    for (const { accessToken, refreshToken } of pairs) {
      expect((await insist(() => present(clients[0], accessToken))).status).toBe(200)
      await exchange(clients[0], refreshToken)
    }
    expect(reuses()).toBe(before)
  })
})

describe('a process that is killed', () => {
  it('as in F23, amid refreshes, leaves every family with one live token, and its holder in possession of it', async () => {
    const before = reuses()
    const holders = await desk.startMany(subject, 20)
    let isOver = false
    let cut = 0
    const live = async ({ sessionId, refreshToken }: Holder): Promise<void> => {
      let token = refreshToken
      for (let isFresh = false; !isOver || !isFresh;) {
        const answer = await refresh(clients[1], token).catch(() => undefined)
        isFresh = answer?.status === 200
        if (answer?.status === 200) token = answer.json<Pair>().refreshToken
        else {
          cut += 1
          expect([undefined, 503]).toContain(answer?.status)
          await pause(20)
        }
      }
      const record = await desk.record(sessionId)
      const generation = parseInt(token.split('.')[4] ?? '', 36)
      expect(record?.family?.generation).toBe(generation)
    }
    const lives = Promise.all(holders.map(live))
    for (let round = 0; round < 2; round += 1) {
      await pause(100 + round * 37)
      await services[1].restart(undefined, 'SIGKILL')
    }
    await pause(100)
    isOver = true
    await lives
    expect(cut).toBeGreaterThan(0)
    expect(reuses()).toBe(before)
  })
})

describe('a slow network', () => {
  afterEach(() => {
    slow(0)
  })
  const slow = (delay: number, jitter = 0, speed = Infinity): void => {
    Object.assign(wire, { delay, jitter, speed })
  }
  const revoke = (token: string): Promise<Answer> => {
    const headers = { Authorization: OAUTH_BASIC }
    return clients[0].post('/oauth/revoke', { token }, { headers })
  }
  /** What is asked of a store: to validate, to exchange, to revoke. */
  const decisions = (holder: Holder): readonly (() => Promise<Answer>)[] => [
    () => present(clients[0], holder.accessToken),
    () => refresh(clients[0], holder.refreshToken),
    () => revoke(holder.accessToken),
  ]

  it('as in F16, that is slower than any deadline has everybody come again, within a second', async () => {
    for (const pace of [() => slow(900), () => slow(0, 0, 1_000)]) {
      const holder = await start()
      pace()
      for (const decide of decisions(holder)) {
        const lateness = watchLateness()
        const answer = await decide()
        expectDenied(answer)
        const { beside } = await timesBeside(clients[0], alive, 5)
        expect(answer.milliseconds).toBeLessThan(1_000 + lateness() + Math.max(...beside))
      }
      slow(0)
      // Nothing of it was done, or it was done once.
      expect((await insist(() => refresh(clients[0], holder.refreshToken))).status).toBe(
        (await desk.record(holder.sessionId)) === undefined ? 400 : 200,
      )
    }
  })
})

describe('a Redis that is started again from its log', () => {
  it('fault F4, S0-32, S1-16: is waited for while it loads, and afterwards knows of every session, exchange and revocation', async () => {
    const holders = await desk.startMany(subject, 40)
    const [revoked, others] = [holders.slice(0, 20), holders.slice(20)]
    for (const { cookie } of revoked) await clients[0].post('/logout', undefined, { cookie })
    const pairs = await Promise.all(
      others.map(({ refreshToken }) => exchange(clients[0], refreshToken)),
    )
    // So that loading takes a while.
    await redis.cli('debug', 'populate', '400000', 'filler', '200')
    await redis.cli('bgrewriteaof')
    await waitFor('the log to be rewritten', async () =>
      (await redis.cli('info', 'persistence')).includes('aof_rewrite_in_progress:0'),
    )
    let isBack = false
    const back = redis.restart().then(() => {
      isBack = true
    })
    const during: Answer[] = []
    while (!isBack) {
      const isLoading = await isLoadingNow()
      const answer = await present(clients[0], pairs[0]?.accessToken ?? '')
      if (isLoading && (await isLoadingNow())) during.push(answer)
    }
    await back
    expect(during.length).toBeGreaterThan(0)
    during.forEach(expectDenied)

    for (const { accessToken, cookie, refreshToken } of revoked) {
      expect((await insist(() => present(clients[0], accessToken))).status).toBe(401)
      expect((await clients[1].get('/session', { cookie })).status).toBe(401)
      expect((await refresh(clients[1], refreshToken)).status).toBe(400)
    }
    for (const [index, { cookie, refreshToken }] of others.entries()) {
      expect((await clients[0].get('/session', { cookie })).status).toBe(200)
      const pair = pairs[index] as Pair
      expect((await present(clients[1], pair.accessToken)).status).toBe(200)
      // In the grace of the exchange, it is still the same one.
      const again = await exchange(clients[1], refreshToken)
      expect(again.refreshToken).toBe(pair.refreshToken)
    }
    expect(await redis.cli('info', 'errorstats')).toContain('errorstat_NOSCRIPT')
  })

  async function isLoadingNow(): Promise<boolean> {
    try {
      await redis.cli('get', 'nothing')
      return false
    } catch (error) {
      return String(error).includes('LOADING')
    }
  }
})

describe('a connection that has fallen into a hole', () => {
  it('fault F17: is replaced: requests are refused for a moment, then go on over a new one, for commands and for news', async () => {
    const { accessToken } = await start()
    const [client, elsewhere] = clients
    const lateness = watchLateness()
    const isIn = async (): Promise<boolean> => (await present(client, accessToken)).status === 200
    await waitFor('the session to be known', isIn)
    wire.abandon()
    const begunAt = performance.now()
    // What is in memory may be answered for as long as the bound says; then the hole shows.
    await waitFor('the hole to show', async () => !(await isIn()))
    await waitFor('a new connection', isIn)
    const took = performance.now() - begunAt
    const { beside } = await timesBeside(client, alive, 10)
    // Coming back takes some steps, each as long as a request.
    expect(took).toBeLessThan(2_000 + BOUND + lateness() + 20 * percentile(beside, 0.75))
    // The near cache hears again, too: of an end in the other process, within its bound.
    await waitFor('the near cache to serve again', async () => {
      const before = wire.commands.length
      for (let turn = 0; turn < 5; turn += 1) await isIn()
      return wire.commands.slice(before).every((name) => !/eval/i.test(name))
    })
    await elsewhere.post('/logout', {}, bearer(accessToken))
    await pause(BOUND)
    expect(await isIn()).toBe(false)
  }, 30_000)
})
