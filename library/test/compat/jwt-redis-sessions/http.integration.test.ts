import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import express5 from 'express'
import type { Express } from 'express'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createJwtRedisSessions,
  type JwtRedisSessions,
} from '../../../src/compat/jwt-redis-sessions/sessions.js'
import { AuthError } from '../../../src/compat/jwt-redis-sessions/errors.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { loadOriginal, muteOriginal, SECRET, type Original } from './original.js'

const express4 = createRequire(import.meta.url)('express4') as typeof express5

let redis: RedisServer
let sessions: JwtRedisSessions
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  redis = await startRedis()
})
beforeEach(async () => {
  await redis.cli('flushall')
  sessions = node()
})
afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})
afterAll(async () => {
  await redis.stop()
})

function node(env: Record<string, string> = {}): JwtRedisSessions {
  const one = createJwtRedisSessions({ JWT_SECRET: SECRET, REDIS_URL: redis.url, ...env })
  closing.push(async () => one.closeRedisConnection())
  return one
}

interface Answer {
  readonly status: number
  readonly body: any
  readonly headers: Headers
}

type Ask = (path: string, options?: RequestInit & { token?: string }) => Promise<Answer>

/** Serves an application, and answers how to ask it. */
async function serve(app: Express): Promise<Ask> {
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return async (path, { token, ...options } = {}) => {
    const headers = new Headers(options.headers)
    if (token !== undefined) headers.set('Authorization', `Bearer ${token}`)
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...options, headers })
    const text = await response.text()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    return { status: response.status, body, headers: response.headers }
  }
}

const POST = { method: 'POST' }
const asJson = (value: object): RequestInit => ({
  ...POST,
  body: JSON.stringify(value),
  headers: { 'Content-Type': 'application/json' },
})

function application(express: typeof express5, using: JwtRedisSessions = sessions): Express {
  const app = express()
  app.use(express.json())
  app.get('/profile', using.auth, (req, res) => {
    const { auth, user, session, token } = req as any
    res.json({ auth, user, session, token })
  })
  app.get('/public', using.optionalAuth, (req, res) => {
    res.json({ user: (req as any).user ?? null })
  })
  app.post('/refresh', using.refresh)
  app.post('/logout', using.auth, using.logout)
  app.post('/logout-bare', using.logout)
  app.post('/logout-all', using.auth, using.logoutAll)
  return app
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('%s', (_name, express) => {
  it('S3-19: auth sets the names of both generations', async () => {
    const ask = await serve(application(express))
    const { accessToken } = await sessions.generateToken({ userId: 'u', role: 'r' })
    const { status, body } = await ask('/profile', { token: accessToken })
    expect(status).toBe(200)
    expect(body.user).toEqual({ userId: 'u', role: 'r', sessionVersion: 1 })
    expect(body.session).toMatchObject({ userId: 'u', sessionId: expect.any(String) as string })
    expect(body.session.createdAt).toMatch(/Z$/)
    expect(body.token).toBe(accessToken)
    expect(body.auth).toEqual({
      token: accessToken,
      valid: true,
      decoded: body.user,
      session: body.session,
    })
  })

  it('S3-20: optionalAuth goes on with whoever it is, or with nobody', async () => {
    const ask = await serve(application(express))
    const { accessToken } = await sessions.generateToken({ userId: 'u' })
    expect((await ask('/public')).body).toEqual({ user: null })
    expect((await ask('/public', { token: accessToken })).body.user).toMatchObject({ userId: 'u' })
    for (const token of ['x', `${accessToken}x`]) {
      expect(await ask('/public', { token })).toMatchObject({ status: 200, body: { user: null } })
    }
    await sessions.revokeToken(accessToken)
    expect((await ask('/public', { token: accessToken })).body).toEqual({ user: null })
  })

  it('S3-24, S3-31: refresh takes the token from header, body or cookie', async () => {
    const ask = await serve(application(express))
    const start = async (): Promise<string> =>
      (await sessions.generateToken({ userId: 'u' })).refreshToken
    const answers = [
      await ask('/refresh', { ...POST, token: await start() }),
      await ask('/refresh', asJson({ refreshToken: await start() })),
      await ask('/refresh', asJson({ refresh_token: await start() })),
    ]
    for (const { status, body, headers } of answers) {
      expect(status).toBe(200)
      expect(Object.keys(body).sort()).toEqual([
        'accessToken',
        'expiresIn',
        'refreshToken',
        'tokenType',
      ])
      expect(body).toMatchObject({ expiresIn: '15m', tokenType: 'Bearer' })
      expect(headers.get('cache-control')).toBe('no-store')
      expect((await sessions.verifyToken(body.accessToken)).valid).toBe(true)
    }
    const cookie = `a=b; refreshToken=${await start()}`
    const byCookie = await ask('/refresh', { ...POST, headers: { Cookie: cookie } })
    expect(byCookie.status).toBe(200)
    expect(Object.keys(byCookie.body).sort()).toEqual(['accessToken', 'expiresIn', 'tokenType'])
    const [set = ''] = byCookie.headers.getSetCookie()
    expect(set).toMatch(/^refreshToken=eyJ[^;]+; Path=\/; HttpOnly; SameSite=Strict$/)
    const again = await ask('/refresh', { ...POST, headers: { Cookie: set.split(';')[0] ?? '' } })
    expect(again.status).toBe(200)
  })

  it('refresh refuses without touching a cookie', async () => {
    const ask = await serve(application(express))
    expect(await ask('/refresh', POST)).toMatchObject({
      status: 400,
      body: { status: 'VALIDATION_ERROR', message: 'Refresh token required' },
    })
    const { accessToken, refreshToken } = await sessions.generateToken({ userId: 'u' })
    const wrong = await ask('/refresh', { ...POST, token: accessToken })
    expect(wrong).toMatchObject({ status: 401, body: { status: 'TOKEN_ERROR' } })
    await sessions.revokeToken(accessToken)
    const over = await ask('/refresh', {
      ...POST,
      headers: { Cookie: `refreshToken=${refreshToken}` },
    })
    expect(over).toMatchObject({ status: 401, body: { message: 'Session not found or expired' } })
    expect(over.headers.getSetCookie()).toEqual([])
  })

  it('S3-22, S3-32: logout ends the session of the token, with auth before it or without', async () => {
    const ask = await serve(application(express))
    for (const [path, which] of [
      ['/logout', 'accessToken'],
      ['/logout-bare', 'accessToken'],
      ['/logout-bare', 'refreshToken'],
    ] as const) {
      const pair = await sessions.generateToken({ userId: 'u' })
      expect(await ask(path, { ...POST, token: pair[which] })).toMatchObject({
        status: 200,
        body: { success: true, message: 'Logged out successfully' },
      })
      expect(await ask('/profile', { token: pair.accessToken })).toMatchObject({
        status: 401,
        body: { status: 'TOKEN_ERROR', message: 'Token has been revoked' },
      })
    }
    expect((await ask('/logout-bare', POST)).status).toBe(400)
  })

  it('S3-23, S3-33: logoutAll ends all sessions of the person', async () => {
    const ask = await serve(application(express))
    const [one, two] = [
      await sessions.generateToken({ email: 'e@x' }),
      await sessions.generateToken({ email: 'e@x' }),
    ]
    expect(await ask('/logout-all', { ...POST, token: one.accessToken })).toMatchObject({
      status: 200,
      body: { success: true, message: 'Revoked 2 sessions for user e@x' },
    })
    expect((await ask('/profile', { token: two.accessToken })).status).toBe(401)
    const nobody = await sessions.generateToken({ role: 'guest' })
    expect(await ask('/logout-all', { ...POST, token: nobody.accessToken })).toMatchObject({
      status: 400,
      body: { message: 'User identifier not found in token' },
    })
  })

  it('auth refuses headers in the words of 3.0.1', async () => {
    muteOriginal()
    const theirs: Original = loadOriginal({ REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'theirs:' })
    closing.push(async () => theirs.closeRedisConnection())
    const [mine, original] = [application(express), express()]
    original.get('/profile', theirs.auth, (_req, res) => void res.json({}))
    const [ask, askOriginal] = [await serve(mine), await serve(original)]
    const headers = ['', 'x', 'Bearer', 'Bearer ', 'bearer x', 'Basic x', 'Bearer x y', 'Bearer x']
    for (const Authorization of headers) {
      const options = Authorization === '' ? {} : { headers: { Authorization } }
      const { status, body } = await askOriginal('/profile', options)
      expect(await ask('/profile', options), Authorization).toMatchObject({ status, body })
    }
  })
})

describe('answers', () => {
  it('S3-42: NODE_ENV=development adds where it happened, nothing else does', async () => {
    const ask = await serve(application(express5))
    for (const [mode, isTold] of [
      ['development', true],
      ['production', false],
      ['test', false],
    ] as const) {
      vi.stubEnv('NODE_ENV', mode)
      const { body } = await ask('/profile', { token: 'x' })
      expect('details' in body).toBe(isTold)
      if (isTold) expect(body.details).toContain('TokenError: Invalid token')
    }
  })

  it('S3-35: errors carry statusCode for error middleware', async () => {
    const app = express5()
    app.get('/', async () => {
      await sessions.verifyToken('x')
    })
    app.use((err: any, _req: any, res: any, _next: any) => {
      res.status(err.statusCode || 500).json({ error: err.message })
    })
    expect(await (await serve(app))('/')).toMatchObject({
      status: 401,
      body: { error: 'Invalid token' },
    })
  })

  it('a store that is away is 503 with Retry-After, and optionalAuth goes on', async () => {
    const own = await startRedis()
    const using = createJwtRedisSessions({ JWT_SECRET: SECRET, REDIS_URL: own.url })
    const ask = await serve(application(express5, using))
    const { accessToken: token } = await using.generateToken({ userId: 'u' })
    await own.kill()
    const { status, body, headers } = await ask('/profile', { token })
    expect({ status, body }).toEqual({
      status: 503,
      body: {
        status: 'REDIS_ERROR',
        message: 'Redis client not initialized or not connected',
      },
    })
    expect(headers.get('retry-after')).toBe('1')
    expect(await ask('/public', { token })).toMatchObject({ status: 200, body: { user: null } })
    await using.closeRedisConnection()
    await own.stop()
  })

  it('leaves a session alone that another middleware keeps at req.session', async () => {
    const app = express5()
    app.use((req, _res, next) => {
      ;(req as any).session = { cart: 1 }
      next()
    })
    app.get('/', sessions.auth, (req, res) => void res.json((req as any).session))
    const { accessToken: token } = await sessions.generateToken({ userId: 'u' })
    expect((await (await serve(app))('/', { token })).body).toEqual({ cart: 1 })
  })
})

describe('events', () => {
  it('listeners hear of starts, ends and refusals, from which address, and of no token', async () => {
    const heard: [string, unknown][] = []
    const names = [
      'session.started',
      'session.ended',
      'refresh.rotated',
      'refresh.refused',
    ] as const
    const removers = names.map((name) => sessions.on(name, (event) => heard.push([name, event])))
    const ask = await serve(application(express5))
    const pair = await sessions.generateToken({ userId: 'u' })
    const next = await ask('/refresh', { ...POST, token: pair.refreshToken })
    await sessions.revokeToken(next.body.accessToken)
    await ask('/refresh', { ...POST, token: pair.refreshToken })
    await new Promise((resolve) => setImmediate(resolve))
    expect(heard.map(([name]) => name)).toEqual([
      'session.started',
      'refresh.rotated',
      'session.ended',
      'refresh.refused',
    ])
    expect(heard[3]?.[1]).toMatchObject({ address: expect.stringContaining('127.0.0.1') as string })
    expect(JSON.stringify(heard)).not.toContain('eyJ')
    for (const remove of removers) remove()
    await sessions.generateToken({ userId: 'u' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(heard).toHaveLength(4)
  })
})

describe('fingerprints', () => {
  const request = (agent: string, ip = '192.0.2.7'): any => ({
    headers: { 'user-agent': agent },
    ip,
  })

  it('a mismatch is warned of, and refused in FINGERPRINT_STRICT_MODE', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const strict = node({ FINGERPRINT_STRICT_MODE: 'true' })
    const { accessToken } = await sessions.generateToken({ userId: 'u' }, request('a'))
    expect((await sessions.verifyToken(accessToken, request('a', '192.0.2.99'))).valid).toBe(true)
    expect(warn).not.toHaveBeenCalled()
    expect((await sessions.verifyToken(accessToken, request('b'))).valid).toBe(true)
    expect(warn).toHaveBeenCalledWith(
      'Token fingerprint mismatch detected:',
      expect.objectContaining({ ip: '192.0.2.7', userAgent: 'b' }),
    )
    expect((await strict.verifyToken(accessToken, request('a'))).valid).toBe(true)
    await expect(strict.verifyToken(accessToken, request('b'))).rejects.toThrow(
      'Token fingerprint mismatch - device/network change detected',
    )
  })

  it('ENABLE_TOKEN_FINGERPRINTING=false writes none', async () => {
    const without = node({ ENABLE_TOKEN_FINGERPRINTING: 'false', FINGERPRINT_STRICT_MODE: 'true' })
    const { accessToken } = await without.generateToken({ userId: 'u' }, request('a'))
    expect((await without.verifyToken(accessToken, request('b'))).valid).toBe(true)
  })
})

describe('binding to an address', () => {
  it('S3-66: boundIP is judged by auth, refresh and verifyToken (trap T9)', async () => {
    const app = application(express5)
    app.set('trust proxy', 1)
    const ask = await serve(app)
    const from = (address: string): RequestInit => ({ headers: { 'X-Forwarded-For': address } })
    const pair = await sessions.generateToken({ userId: 'u', boundIP: '192.0.2.1' })
    const token = pair.accessToken
    const good = await ask('/profile', { token, ...from('192.0.2.1') })
    expect(good).toMatchObject({ status: 200, body: { user: { boundIP: '192.0.2.1' } } })
    expect((await ask('/profile', { token, ...from('::ffff:192.0.2.1') })).status).toBe(200)
    const mismatch = {
      status: 401,
      body: { status: 'TOKEN_ERROR', message: 'Token IP binding mismatch' },
    }
    expect(await ask('/profile', { token, ...from('192.0.2.2') })).toMatchObject(mismatch)
    const refresh = { ...POST, token: pair.refreshToken }
    expect(await ask('/refresh', { ...refresh, ...from('192.0.2.2') })).toMatchObject(mismatch)
    // The refusal exchanged nothing.
    const next = await ask('/refresh', { ...refresh, ...from('192.0.2.1') })
    expect(next.status).toBe(200)
    const still = await ask('/profile', { token: next.body.accessToken, ...from('192.0.2.2') })
    expect(still).toMatchObject(mismatch)
  })

  it('S3-66: without a trusted proxy, nobody writes himself another address', async () => {
    const ask = await serve(application(express5))
    const { accessToken: token } = await sessions.generateToken({ boundIP: '192.0.2.1' })
    const headers = { 'X-Forwarded-For': '192.0.2.1' }
    expect((await ask('/profile', { token, headers })).status).toBe(401)
  })
})

describe('limits', () => {
  const limited = (using: JwtRedisSessions, most?: number, windowMs?: number): Express => {
    const app = express5()
    app.set('trust proxy', 1)
    app.post('/login', using.rateLimit(most, windowMs), (_req, res) => void res.json({ ok: true }))
    return app
  }
  const from = (address: string): RequestInit => ({
    ...POST,
    headers: { 'X-Forwarded-For': address },
  })

  it('S3-05, S3-21: five in fifteen minutes, counted for all processes together', async () => {
    const asks = [await serve(limited(sessions)), await serve(limited(node()))]
    for (let at = 0; at < 5; at += 1) {
      expect((await asks[at % 2]?.('/login', from('192.0.2.1')))?.status).toBe(200)
    }
    for (const ask of asks) {
      const { status, body, headers } = await ask('/login', from('192.0.2.1'))
      const seconds = Number(headers.get('retry-after'))
      expect(seconds).toBeGreaterThan(895)
      expect(seconds).toBeLessThanOrEqual(900)
      expect({ status, body }).toEqual({
        status: 429,
        body: {
          status: 'TOO_MANY_REQUESTS',
          message: `Too many attempts. Please try again in ${seconds} seconds`,
        },
      })
    }
    expect((await asks[0]?.('/login', from('192.0.2.2')))?.status).toBe(200)
  })

  it('S3-54, S3-55: MAX_LOGIN_ATTEMPTS and LOCKOUT_TIME are the defaults (trap T12)', async () => {
    const ask = await serve(limited(node({ MAX_LOGIN_ATTEMPTS: '3', LOCKOUT_TIME: '1800' })))
    for (let at = 0; at < 3; at += 1) {
      expect((await ask('/login', from('192.0.2.1'))).status).toBe(200)
    }
    const { status, headers } = await ask('/login', from('192.0.2.1'))
    expect(status).toBe(429)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(1_795)
  })

  it('S3-21: a window ends', async () => {
    const ask = await serve(limited(sessions, 1, 400))
    expect((await ask('/login', from('192.0.2.1'))).status).toBe(200)
    expect((await ask('/login', from('192.0.2.1'))).status).toBe(429)
    await new Promise((resolve) => setTimeout(resolve, 450))
    expect((await ask('/login', from('192.0.2.1'))).status).toBe(200)
  })

  it('exactly as many as allowed get through, however many come at once', async () => {
    const asks = [
      await serve(limited(sessions, 10, 60_000)),
      await serve(limited(node(), 10, 60_000)),
    ]
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, at) => asks[at % 2]?.('/login', from('192.0.2.1'))),
    )
    expect(answers.filter((answer) => answer?.status === 200)).toHaveLength(10)
  })

  it('one household of IPv6 is one, and limiters of other numbers count for themselves', async () => {
    const ask = await serve(limited(sessions, 1, 60_000))
    expect((await ask('/login', from('2001:db8::1'))).status).toBe(200)
    expect((await ask('/login', from('2001:db8::2'))).status).toBe(429)
    const other = await serve(limited(sessions, 2, 60_000))
    expect((await other('/login', from('2001:db8::1'))).status).toBe(200)
  })

  it('while Redis is away each process allows half', async () => {
    const own = await startRedis()
    const using = createJwtRedisSessions({ JWT_SECRET: SECRET, REDIS_URL: own.url })
    const ask = await serve(limited(using, 4, 60_000))
    expect((await ask('/login', from('192.0.2.1'))).status).toBe(200)
    await own.kill()
    const statuses: number[] = []
    for (let at = 0; at < 4; at += 1) {
      statuses.push((await ask('/login', from('192.0.2.1'))).status)
    }
    expect(statuses).toEqual([200, 200, 429, 429])
    await using.closeRedisConnection()
    await own.stop()
  })

  it('S3-67: more than 20 forged tokens of one address are answered 429, in all processes (trap T14)', async () => {
    const trusting = (using: JwtRedisSessions): Express => {
      const app = application(express5, using)
      app.set('trust proxy', 1)
      return app
    }
    const asks = [await serve(trusting(sessions)), await serve(trusting(node()))]
    const forged = async (at: number, address = '192.0.2.1'): Promise<Answer | undefined> =>
      asks[at % 2]?.('/profile', { token: 'forged', headers: { 'X-Forwarded-For': address } })
    for (let at = 0; at < 20; at += 1) expect((await forged(at))?.status).toBe(401)
    for (const at of [0, 1]) {
      const answer = await forged(at)
      expect(answer).toMatchObject({
        status: 429,
        body: { status: 'TOO_MANY_REQUESTS', message: 'IP temporarily blocked' },
      })
      expect(Number(answer?.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect((await forged(0, '192.0.2.2'))?.status).toBe(401)
    const keys = (await redis.cli('keys', '*failed*')).split('\n')
    expect(keys).toHaveLength(2)
    for (const key of keys) expect(Number(await redis.cli('ttl', key))).toBeGreaterThan(0)
  })

  it('tokens that have expired or were revoked block nobody', async () => {
    const ask = await serve(application(express5))
    const { accessToken: token } = await sessions.generateToken({ userId: 'u' })
    await sessions.revokeToken(token)
    const expired = (await node({ JWT_ACCESS_TOKEN_EXPIRY: '-1s' }).generateToken({})).accessToken
    for (let at = 0; at < 15; at += 1) {
      expect((await ask('/profile', { token })).status).toBe(401)
      expect((await ask('/profile', { token: expired })).status).toBe(401)
    }
  })

  it('failedAttempts counts every 401 that a route throws', async () => {
    const app = express5()
    app.post('/login', () => {
      throw new AuthError('Invalid credentials')
    })
    app.get('/broken', () => {
      throw new Error('broken')
    })
    app.use(sessions.failedAttempts(3))
    app.use((err: any, _req: any, res: any, _next: any) => {
      res.status(err.statusCode || 500).json({ error: err.message })
    })
    const ask = await serve(app)
    for (let at = 0; at < 3; at += 1) {
      expect((await ask('/login', POST)).body).toEqual({ error: 'Invalid credentials' })
      expect((await ask('/broken')).status).toBe(500)
    }
    expect(await ask('/login', POST)).toMatchObject({
      status: 429,
      body: { error: 'IP temporarily blocked' },
    })
  })
})
