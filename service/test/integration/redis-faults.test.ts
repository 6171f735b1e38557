/** What people see of a Redis that is killed, stops, falls silent, is full, or comes late. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import {
  startRedis,
  waitFor,
  type RedisServer,
} from '../../../library/test/support/redis-server.js'
import { startProxy } from '../../../library/test/support/tcp-proxy.js'
import type { Answer, Client } from '../support/client.js'
import { insideRedis } from '../support/inside.js'
import { percentile, startLoad, type Habit, type Sample, timesBeside } from '../support/load.js'
import { startService, type Service } from '../support/service.js'

// They wait for conditions, each with a deadline of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const PASSWORD = 'correct horse battery 9'
const SECRET = 'one secret for faults: pZ7q-Xw2v-Lk9d'
const LOGIN = { username: 'ada', password: PASSWORD }
/** Nothing that was acknowledged is lost with the process. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']

interface Scene {
  readonly redis: RedisServer
  readonly service: Service
  /** Fifty people with a session each. */
  readonly people: readonly Client[]
  [Symbol.asyncDispose](): Promise<void>
}

/** @param port - where the service believes Redis to be. Default: where it is. */
async function setScene(redis: RedisServer, port = redis.port): Promise<Scene> {
  const environment = { SESSION_SECRET: SECRET, REDIS_URL: `redis://127.0.0.1:${port}` }
  const service = await startService(environment)
  const registered = await service.client().post('/register', LOGIN)
  const { id } = registered.json<{ user: { id: string } }>().user
  const inside = await insideRedis(redis.url, SECRET)
  const people = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const client = service.client()
      const [name = '', value = ''] = (await inside.signIn(id)).split(/=(.*)/s)
      client.jar.set(name, value)
      return client
    }),
  )
  await inside.close()
  return {
    redis,
    service,
    people,
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]()
      await redis.stop()
    },
  }
}

/** What fifty people do: most look, some write, a few sign in or out, and one has no session at all. */
const HABITS: readonly Habit[] = [
  ...Array.from({ length: 14 }, () => ({
    what: 'dashboard',
    ask: (client: Client) => client.get('/dashboard'),
  })),
  ...Array.from({ length: 4 }, (_, index) => ({
    what: 'write',
    ask: (client: Client) => client.patch('/session', { [`key ${index}`]: Date.now() }),
  })),
  ...Array.from({ length: 4 }, () => ({
    what: 'public',
    ask: (client: Client) => client.get('/public'),
  })),
  { what: 'open', ask: (client) => client.get('/', { cookie: '' }) },
  { what: 'open', ask: (client) => client.page('/login', { cookie: '' }) },
  { what: 'open', ask: (client) => client.get('/health') },
  { what: 'page', ask: (client) => client.page('/profile') },
  // A password costs a core 25 ms; it is not what is looked at here.
  { what: 'sign in', rest: 1_000, ask: (client) => client.post('/login', LOGIN, { cookie: '' }) },
]

const isSignedIn = async (client: Client): Promise<boolean> =>
  (await client.get('/dashboard')).status === 200

/** Milliseconds until `isTrue`, looking every 20. */
async function howLongUntil(isTrue: () => Promise<boolean>): Promise<number> {
  const start = performance.now()
  await waitFor('the service to recover', isTrue)
  return performance.now() - start
}

/** SESSION_CACHE_STALENESS, and what a loaded machine adds. Milliseconds. */
const BOUND = 550

/** Whatever goes away, and comes back. */
interface Outage {
  begin(): void | Promise<void>
  readonly lasting: number
  end(): void | Promise<void>
}

/** What an outage looks like from outside; the same for each kind of it. */
async function outlive({ service, people }: Scene, outage: Outage): Promise<void> {
  const { pid } = service
  const cookies = people.map(({ cookie }) => cookie)
  const load = startLoad(people, HABITS)
  await pause(1_000)
  // A machine that is busier than the deadlines allow gets time to become itself.
  await waitFor('people to be served', async () => isGood(load.samples.slice(-60)))
  const begunAt = performance.now()
  await outage.begin()
  await pause(100)
  const [leaver, idler] = [people[0] as Client, people[1] as Client]
  const left = await leaver.copy().post('/logout')
  const open = await waitForBreaker(service)
  await pause(outage.lasting - (performance.now() - begunAt))
  // What is in the near cache may be answered for as long as its bound says.
  const isDuring = (sample: Sample): boolean => sample.begunAt > begunAt + BOUND
  await waitFor('people to be refused', async () => load.samples.filter(isDuring).length > 160)
  const lateness = await load.stop()
  const during = load.samples.filter(isDuring)
  const { asked, beside } = await quickAnswers(idler)
  const busy = percentile(beside, 0.75)
  await outage.end()
  const backAfter = await howLongUntil(() => isSignedIn(idler))

  expectUnavailable(during, lateness)
  expectDenied(left)
  expect(open).toBe(true)
  expect(percentile(asked, 0.75)).toBeLessThan(10 + 2 * busy)
  // Coming back takes some steps, each as long as a request.
  expect(backAfter).toBeLessThan(1_000 + 20 * busy)
  // The same people, the same cookies, the same process, which had nothing to say about unhandled rejections.
  expect(people.map(({ cookie }) => cookie)).toEqual(cookies)
  // On a busy machine one or the other may be told once more to try again; whoever had lost a session would stay outside.
  for (const client of people.slice(1)) await howLongUntil(() => isSignedIn(client))
  // Who wanted to leave was told to try again. The end itself may have been on its way already: then it is made up for.
  await howLongUntil(async () => [200, 401].includes((await leaver.get('/dashboard')).status))
  expect(service.pid).toBe(pid)
  expect(service.output()).not.toMatch(/unhandled|uncaught|\n {4}at .*\.js:\d+/i)
}

function isGood(samples: readonly Sample[]): boolean {
  const bad = samples.filter(({ answer }) => answer.status >= 400)
  return samples.length > 50 && bad.length < samples.length / 20
}

/** @param lateness - by so much the machine itself is late, here and at the service, which is nobody's fault. */
function expectUnavailable(samples: readonly Sample[], lateness: number): void {
  expect(samples.length).toBeGreaterThan(150)
  for (const { what, answer } of samples) {
    // A visitor's form may come with the seed of its token; what people have stays as it is.
    const cookies = answer.cookies.filter((line) => !line.startsWith('csrf-seed='))
    expect([what, cookies]).toEqual([what, []])
    if (what === 'public') {
      expect(answer.status).toBe(200)
      expect(answer.json()).toMatchObject({ authenticated: false, user: null })
    } else if (what === 'open') {
      expect(answer.status).toBe(200)
    } else {
      expectDenied(answer)
    }
  }
  const timesOf = (some: readonly Sample[]): number[] =>
    some.map(({ answer }) => answer.milliseconds)
  const open = samples.filter(({ what }) => what === 'open')
  const late = lateness + Math.min(1_000, percentile(timesOf(open), 0.99))
  expect(percentile(timesOf(samples), 0.99)).toBeLessThan(1_000 + late)
  // What needs nothing but the session waits for the store once, 250 ms at most.
  const plain = samples.filter(({ what }) => what === 'write' || what === 'public')
  expect(percentile(timesOf(plain), 0.99)).toBeLessThan(500 + late)
}

function expectDenied(answer: Answer): void {
  expect(answer.status).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(answer.cookies).toEqual([])
  if (answer.headers['content-type'] === 'application/problem+json') {
    expect(answer.json()).toMatchObject({ code: 'store_unavailable' })
  } else {
    expect(answer.text).toMatch(/^<!doctype html>/)
  }
}

/** Whether the circuit opens, by the metric that says so. */
async function waitForBreaker(service: Service): Promise<boolean> {
  await waitFor('the circuit to open', async () => {
    const metrics = await service.client().get('/metrics')
    return metrics.text.includes('\nsojourn_store_breaker_open 1\n')
  })
  return true
}

/** Answers one after the other, once the circuit is open. */
async function quickAnswers(client: Client): ReturnType<typeof timesBeside> {
  return timesBeside(client, async () => {
    const answer = await client.get('/dashboard')
    expectDenied(answer)
    return answer
  })
}

describe('a Redis that is killed', () => {
  it('fault F1, behaviour 4a, 4b, 4c, ASVS 16.5.2: under the load of fifty, people are told to try again at once, nobody loses the session, and all is well when it is back', async () => {
    await using scene = await setScene(await startRedis({ args: DURABLE }))
    const { redis } = scene
    await outlive(scene, {
      lasting: 3_000,
      begin: () => redis.kill(),
      end: () => redis.restart(),
    })
  })
})

describe('a Redis that is silent', () => {
  it('behaviour 4a, 4b: behind a wire into nowhere it is as good as gone, and back with the wire', async () => {
    const redis = await startRedis()
    const wire = await startProxy(redis.port)
    await using scene = await setScene(redis, wire.port)
    await outlive(scene, {
      lasting: 3_000,
      begin: () => {
        wire.swallow()
      },
      end: () => {
        wire.passOn()
        // What was swallowed is gone for good; so is whatever waited for it.
        wire.cut()
      },
    })
    await wire.close()
  })

  it('at the start is waited for, five seconds, and then the service serves what it can', async () => {
    const redis = await startRedis()
    await redis.kill()
    await using service = await startService({ REDIS_URL: redis.url })
    expect(service.startedIn).toBeGreaterThan(4_500)
    expect(service.log()).toContainEqual(expect.objectContaining({ event: 'redis.away' }))
    expect((await service.client().get('/health/ready')).status).toBe(503)
    expectDenied(await service.client().post('/register', LOGIN))
    expect((await service.client().page('/')).status).toBe(200)
    await redis.restart()
    const signIn = () => service.client().post('/login', LOGIN)
    expect(await howLongUntil(async () => (await signIn()).status === 200)).toBeLessThan(2_000)
    await redis.stop()
  })
})

describe('a Redis that others can reach and we cannot', () => {
  it('fault F20: a write of ours that did not get through never undoes a sign-out of theirs', async () => {
    const redis = await startRedis()
    const wire = await startProxy(redis.port)
    await using scene = await setScene(redis, wire.port)
    await using other = await startService({ SESSION_SECRET: SECRET, REDIS_URL: redis.url })
    const there = (client: Client, path: string) =>
      other.client().post(path, {}, { cookie: client.cookie })
    await wire.refuse()
    const writes = scene.people.map((person) => person.patch('/session', { stale: true }))
    const answers = await Promise.all(writes)
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(50)
    for (const person of scene.people) expect((await there(person, '/logout')).status).toBe(200)
    await wire.accept()
    await howLongUntil(
      async () => (await scene.service.client().get('/health/ready')).status === 200,
    )
    await pause(1_000)
    for (const person of scene.people) {
      expect((await person.get('/dashboard')).status).toBe(401)
      const elsewhere = await other.client().get('/dashboard', { cookie: person.cookie })
      expect(elsewhere.json()).toMatchObject({ reason: 'logged_out' })
    }
    await wire.close()
  })
})

describe('a Redis that is full', () => {
  it('behaviour 4c: in the session half of F6 whoever is in stays in and may leave; nobody comes in, and no cookie says so', async () => {
    await using scene = await setScene(
      await startRedis({ args: ['--maxmemory-policy', 'noeviction'] }),
    )
    const { redis, service, people } = scene
    const noticed = service.client()
    await noticed.form('/register', { username: 'grace', password: PASSWORD })
    const notice = noticed.cookie
    await redis.cli('config', 'set', 'maxmemory', '1mb')

    const [one, two, leaver] = people as [Client, Client, Client]
    expect(await isSignedIn(one)).toBe(true)
    expect((await one.get('/session')).status).toBe(200)
    expectDenied(await service.client().post('/login', LOGIN))
    expectDenied(await service.client().post('/register', { username: 'late', password: PASSWORD }))
    expectDenied(await two.patch('/session', { more: true }))
    const form = await service.client().form('/login', LOGIN)
    expectDenied(form)
    // A page that has to take its notice out of the session cannot be kept: it is told as a page, too.
    expectDenied(await noticed.page('/dashboard'))
    expect(noticed.cookie).toBe(notice)
    const cookie = leaver.cookie
    expect((await leaver.post('/logout')).status).toBe(200)
    expect((await service.client().get('/session', { cookie })).status).toBe(401)
    expect((await one.post('/sessions/revoke-others')).status).toBe(200)
    expect(await isSignedIn(two)).toBe(false)

    await redis.cli('config', 'set', 'maxmemory', '0')
    expect(await isSignedIn(one)).toBe(true)
    expect((await service.client().post('/login', LOGIN)).status).toBe(200)
    const welcome = await noticed.page('/dashboard')
    expect([welcome.status, welcome.text.includes('role="status"')]).toEqual([200, true])
  })
})
