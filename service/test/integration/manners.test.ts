/** How the service behaves beside others: neighbours on the same host, load balancers, the machine it runs on. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import { BY_HTTPS, production } from '../support/https.js'
import { startService, type Service } from '../support/service.js'

const PASSWORD = 'correct horse battery 9'
const LOGIN = { username: 'ada', password: PASSWORD }

/**
 * All commands that Redis has carried out for us, by name, but for those of the heartbeat that keeps the near cache honest, and of
 * the pulse that shows whether Redis went back in time. Who looks at a session, or changes one, uses others as well.
 */
async function commandsOf(redis: RedisServer): Promise<Record<string, number>> {
  const stats = await redis.cli('info', 'commandstats')
  const counts = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
  return Object.fromEntries(
    counts
      .filter(([, name = '']) => !OF_HEARTBEATS.has(name))
      .map(([, name = '', calls]) => [name, Number(calls)]),
  )
}

const OF_HEARTBEATS = new Set([
  ...['info', 'ping', 'del', 'eval', 'evalsha', 'publish', 'time', 'zunionstore', 'hello'],
  ...['hget', 'hset', 'hdel', 'pexpire'],
])

describe('health', () => {
  it('behaviour 10d: is told without a look at any session, whatever cookie comes along', async () => {
    const redis = await startRedis()
    await using service = await startService({ REDIS_URL: redis.url })
    const client = service.client()
    await client.post('/register', LOGIN)
    const before = await commandsOf(redis)
    for (const path of ['/health', '/health/live']) {
      for (let round = 0; round < 20; round += 1) {
        const answer = await client.get(path)
        expect([answer.status, answer.cookies]).toEqual([200, []])
      }
    }
    expect(await commandsOf(redis)).toEqual(before)
    // Being ready means that the store answers; that asks for no session, and marks none as seen.
    const { lastSeenAt } = (await client.get('/session')).json()
    const keys = await redis.cli('dbsize')
    const ready = await client.get('/health/ready')
    expect([ready.status, ready.cookies]).toEqual([200, []])
    expect(await redis.cli('dbsize')).toBe(keys)
    expect((await client.get('/session')).json().lastSeenAt).toBe(lastSeenAt)
    await redis.stop()
  })
})

describe('two services on one host', () => {
  it('behaviour 22a: leave each other’s cookies alone', async () => {
    await using one = await startService()
    await using two = await startService()
    // A browser keeps cookies for a host, not for a port: both get all of them.
    const here = one.client()
    await here.post('/register', LOGIN)
    const there = two.client()
    for (const [name, value] of here.jar) there.jar.set(name, value)
    for (const path of ['/', '/public', '/dashboard', '/login']) await there.get(path)
    expect((await there.get('/public')).json()).toMatchObject({ authenticated: false })
    await there.post('/register', { username: 'grace', password: PASSWORD })
    await there.post('/logout')
    const left = Object.fromEntries(there.jar)
    expect(left).toEqual(Object.fromEntries(here.jar))
    expect((await here.get('/dashboard')).status).toBe(200)
  })
})

describe('signing out', () => {
  it('deletes every cookie that was ever set: of guests, of people, under retired secrets and names of old', async () => {
    const { SESSION_SECRET: first, ...rest } = production()
    const before = { ...rest, SESSION_SECRET: first, COOKIE_DOMAIN: 'app.example' }
    await using service = await startService(before)
    const client = service.client({ headers: BY_HTTPS })
    await client.get('/')
    await client.post('/register', LOGIN)
    const fresh = production()['SESSION_SECRET']
    await service.restart({ ...before, SESSION_SECRET: `${fresh},${first}` })
    await client.get('/dashboard')
    const held = [...client.jar.keys()]
    const answer = await client.post('/logout')
    expect(held.length).toBeGreaterThan(1)
    expect(client.jar.size).toBe(0)
    expect(answer.cookies.length).toBeGreaterThanOrEqual(4)
    for (const line of answer.cookies) {
      expect(line).toMatch(/^__Secure-sid-[\w-]{4}(-guest|-access|-refresh)?=; Max-Age=0; /)
      const path = line.includes('-refresh=') ? '/auth/refresh' : '/'
      expect(line).toContain(`; Domain=app.example; Path=${path}; `)
    }
    expect(answer.headers['clear-site-data']).toBe('"cookies", "storage"')
  })

  it('a person who wants to be remembered has a cookie that outlives the browser, and nobody else', async () => {
    await using service = await startService()
    const client = service.client()
    const [session = ''] = (await client.post('/register', LOGIN)).cookies
    expect(session).not.toMatch(/Max-Age|Expires/)
    const remember = { ...LOGIN, remember: true }
    const [lasting = ''] = (await service.client().post('/login', remember)).cookies
    expect(lasting).toMatch(/; Max-Age=2592000/)
  })
})

describe('the machine', () => {
  const residentMegabytes = ({ pid }: Service): number => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024
  }

  it.runIf(process.platform === 'linux')(
    'has to give 120 MB to a service that has nothing to do',
    async () => {
      await using service = await startService()
      await new Promise((resolve) => setTimeout(resolve, 500))
      expect(residentMegabytes(service)).toBeLessThan(120)
    },
  )
})
