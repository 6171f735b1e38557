/** When sessions end, to the second: for whoever is busy, for what only looks busy, and in all the places that say so. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import express from 'express'
import original from 'express-session'
import { createExpressAdapter } from '../../src/adapter/express.js'
import session, { keepSessions } from '../../src/compat/express-session/index.js'
import { RedisStore } from '../../src/compat/connect-redis/index.js'
import { createSojourn } from '../../src/sojourn.js'
import { createRedisStore } from '../../src/store/redis/index.js'
import { connectNodeRedis, type Connected } from '../store/redis/harness.js'
import { Browser } from '../support/browser.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { scene, SECRET, TOKENS } from '../support/sojourn.js'
import { listen, WebClient } from '../support/web.js'

let server: RedisServer
let connected: Connected
beforeAll(async () => {
  server = await startRedis()
  connected = await connectNodeRedis(server.port)
})
afterAll(async () => {
  await connected.close()
  await server.stop()
})

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** So long a record rests after its session is over, to tell why. */
const LINGER = 2 * MINUTE

describe('the idle time', () => {
  it('behaviour 14a: is never extended by passive requests, told by a header or by the route, with a cookie or a token, whatever they write', async () => {
    const { sojourn, clock } = scene({
      idle: '10m',
      absolute: '12h',
      tokens: { ...TOKENS, accessLifetime: '15m' },
      isPassive: ({ target, header }) => target === '/poll' || header('x-passive') === '1',
    })
    const web = createExpressAdapter(sojourn)
    const app = express()
    app.use(express.json(), web.sessions)
    app.post('/refresh', web.tokenRoutes.refresh)
    app.post(
      '/login',
      web.handler(async (request, response) => {
        await request.session.signIn('ada')
        response.json(await request.session.issueTokens())
      }),
    )
    app.get(
      ['/poll', '/page'],
      web.requireAuth(),
      web.handler((request, response) => {
        request.session.set('asked', clock.now())
        response.json(request.session.facts?.idleExpiresAt)
      }),
    )
    const http = await listen(app)
    try {
      const ways: readonly (readonly [path: string, headers: Record<string, string>])[] = [
        ['/poll', {}],
        ['/page', { 'x-passive': '1' }],
      ]
      for (const [path, passive] of ways) {
        for (const isByToken of [false, true]) {
          const client = new WebClient(http)
          const { accessToken } = JSON.parse((await client.post('/login')).body) as {
            accessToken: string
          }
          if (isByToken) client.jar.clear()
          const headers = isByToken ? { authorization: `Bearer ${accessToken}` } : {}
          const ask = async (where: string, more: Record<string, string>): Promise<number> => {
            const { status } = await client.get(where, { headers: { ...headers, ...more } })
            await sojourn.settled()
            return status
          }
          // A person's request counts from now; what polls in between changes nothing.
          clock.advance(5 * MINUTE)
          expect(await ask('/page', {})).toBe(200)
          for (let second = 0; second < 599; second += 30) {
            expect(await ask(path, passive)).toBe(200)
            clock.advance(30 * SECOND)
          }
          expect([path, isByToken, await ask(path, passive)]).toEqual([path, isByToken, 401])
          expect(await ask('/page', {})).toBe(401)
        }
      }
      // Nor by a pair of tokens that is exchanged passively; by one that is not, it is.
      for (const [isPassive, status] of [
        [true, 401],
        [false, 200],
      ] as const) {
        const client = new WebClient(http)
        const { refreshToken } = JSON.parse((await client.post('/login')).body) as {
          refreshToken: string
        }
        clock.advance(9 * MINUTE)
        const headers = { 'x-passive': isPassive ? '1' : '0' }
        const bare = new WebClient(http)
        expect((await bare.post('/refresh', { refreshToken }, { headers })).status).toBe(200)
        clock.advance(2 * MINUTE)
        expect((await client.get('/page')).status).toBe(status)
      }
      // The same without being passive stays.
      const client = new WebClient(http)
      await client.post('/login')
      for (let second = 0; second < 599; second += 30) {
        expect((await client.get('/page')).status).toBe(200)
        await sojourn.settled()
        clock.advance(30 * SECOND)
      }
      expect((await client.get('/page')).status).toBe(200)
    } finally {
      await http.close()
    }
  })
})

describe('the absolute limit', () => {
  it('behaviour 14b: holds under constant traffic, to the second: by the clock, and in real time on Redis, with and without the near cache', async () => {
    const { sojourn, clock } = scene({ idle: '10m', absolute: '1h' })
    const busy = new Browser(sojourn)
    await busy.visit((one) => one.signIn('ada'))
    const state = async (): Promise<string> =>
      busy.visit(async (one) => {
        await one.load()
        return one.state
      })
    for (let second = 0; second < 3_599; second += 1) {
      clock.advance(SECOND)
      if ((await state()) !== 'active') throw new Error(`over after ${String(second + 1)} s`)
    }
    clock.advance(SECOND - 1)
    expect(await state()).toBe('active')
    clock.advance(1)
    expect(await state()).toBe('expired')
    expect(await busy.visit(async (one) => (await one.load(), one.endReason))).toBe(
      'expired_absolute',
    )

    const caches = [false, { maxStaleness: '400ms' }] as const
    const onRedis = caches.map(async (cache, index) => {
      const app = createSojourn({
        secrets: SECRET,
        idle: '2s',
        absolute: '2s',
        cache,
        store: createRedisStore({ client: connected.client, keyPrefix: `b${String(index)}:` }),
      })
      const browser = new Browser(app)
      const startedAt = performance.now()
      await browser.visit((one) => one.signIn('ada'))
      const begun = performance.now()
      let last = begun
      for (;;) {
        if ((await browser.visit(async (one) => (await one.load(), one.state))) !== 'active') break
        last = performance.now()
        await pause(10)
      }
      return { earliest: last - begun, latest: performance.now() - startedAt }
    })
    for (const { earliest, latest } of await Promise.all(onRedis)) {
      expect(earliest).toBeLessThan(2_500)
      expect(latest).toBeGreaterThan(1_990)
      expect(latest).toBeLessThan(3_000)
    }
  })
})

/** Milliseconds until these keys go by themselves. */
async function leftOf(pattern: string): Promise<readonly number[]> {
  const client = createClient({ url: `redis://127.0.0.1:${String(server.port)}` })
  await client.connect()
  const keys = await client.keys(pattern)
  const left = await Promise.all(keys.map((key) => client.pTTL(key)))
  client.destroy()
  return left.map(Number)
}

describe('the end of a session', () => {
  it('behaviour 14e: is the same, within a second, for the Max-Age of its cookie, the time to live of its key, and the exp of its last tokens', async () => {
    const app = createSojourn({
      secrets: SECRET,
      remember: { idle: '10m', absolute: '10m' },
      tokens: { ...TOKENS, accessLifetime: '1h', refresh: { lifetime: '30d' } },
      cache: false,
      store: createRedisStore({ client: connected.client, keyPrefix: 'e:', lingerFor: LINGER }),
    })
    const browser = new Browser(app)
    const { result, outgoing } = await browser.request(async (one) => {
      await one.signIn('ada', { remember: true })
      return { tokens: await one.issueTokens(), facts: one.facts }
    })
    const now = Date.now()
    const maxAges = (outgoing?.cookies ?? []).flatMap((line) =>
      [...line.matchAll(/Max-Age=([1-9]\d*)/g)].map((match) => Number(match[1]) * SECOND),
    )
    expect(maxAges.length).toBeGreaterThan(0)
    const [, payload = ''] = result.tokens.accessToken.split('.')
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number }
    const [record, ...others] = await leftOf('e:s*')
    expect(others).toEqual([])
    const ends = {
      record: (result.facts?.expiresAt ?? 0) - now,
      key: (record ?? 0) - LINGER,
      token: exp * SECOND - now,
      cookie: Math.min(...maxAges),
    }
    for (const [name, left] of Object.entries(ends)) {
      expect([name, Math.abs(left - 10 * MINUTE) < SECOND, left]).toEqual([name, true, left])
    }
    expect(Math.max(...maxAges) - Math.min(...maxAges)).toBeLessThan(SECOND)
  })

  it.each([
    {
      name: 'connect-redis under express-session itself',
      module: original as never as typeof session,
      prefix: 'c:',
      linger: 0,
      newStore: () => new RedisStore({ client: connected.client, prefix: 'c:' }),
    },
    {
      name: 'connect-redis',
      module: session,
      prefix: 'd:',
      linger: LINGER,
      newStore: () => new RedisStore({ client: connected.client, prefix: 'd:' }),
    },
    {
      name: 'one of our own',
      module: session,
      prefix: 'k:',
      linger: LINGER,
      newStore: () =>
        keepSessions({
          store: createRedisStore({ client: connected.client, keyPrefix: 'k:', lingerFor: LINGER }),
        }),
    },
  ])(
    'is the same for the cookie of express-session and its key, on $name, from the first answer to each later one',
    async ({ module, prefix, linger, newStore }) => {
      const app = express()
      app.use(
        module({
          store: newStore() as never,
          secret: SECRET,
          resave: false,
          saveUninitialized: false,
          rolling: true,
          cookie: { maxAge: 10 * MINUTE },
        }),
      )
      app.get('/', (request, response) => {
        const { session: own } = request as unknown as { session: { views?: number } }
        own.views = (own.views ?? 0) + 1
        response.json(own.views)
      })
      const http = await listen(app)
      try {
        const client = new WebClient(http)
        for (const round of [1, 2, 3]) {
          const answer = await client.get('/')
          expect(answer.body).toBe(String(round))
          const [, expires = ''] = /Expires=([^;]+)/.exec(answer.cookies[0] ?? '') ?? []
          const cookie = Date.parse(expires) - Date.now()
          const [key = 0] = await leftOf(`${prefix}*`)
          // A date of HTTP has whole seconds: it is up to one behind.
          expect(Math.abs(cookie - (key - linger))).toBeLessThan(2 * SECOND - 1)
          expect(Math.abs(key - linger - 10 * MINUTE)).toBeLessThan(SECOND)
          await pause(50)
        }
      } finally {
        await http.close()
      }
    },
  )
})
