/** What the documents of jwt-redis-sessions advise, done safely: https, headers, errors; on the running example where it is there. */
import cors from 'cors'
import express from 'express'
import type { Express } from 'express'
import helmet from 'helmet'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { csurf } from '../../../src/compat/csurf/index.js'
import session from '../../../src/compat/express-session/index.js'
import * as dropIn from '../../../src/compat/jwt-redis-sessions/index.js'
import {
  createJwtRedisSessions,
  type JwtRedisSessions,
} from '../../../src/compat/jwt-redis-sessions/sessions.js'
import { freePort, startRedis, type RedisServer } from '../../support/redis-server.js'
import { listen, WebClient } from '../../support/web.js'
import { refusedExample, startExample, stopExamples } from '../examples/running-example.js'
import { SECRET } from './original.js'

let redis: RedisServer
const closing: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  redis = await startRedis()
})
afterEach(async () => {
  await stopExamples()
  await Promise.all(closing.splice(0).map(async (close) => close()))
  vi.unstubAllEnvs()
  await redis.cli('flushall')
})
afterAll(async () => {
  await redis.stop()
})

const SERVER = 'jwt-server/server.cjs'
const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  JWT_SECRET: SECRET,
  REDIS_URL: redis.url,
  PORT: '0',
  ...more,
})
const CREDENTIALS = { email: 'alice@example.com', password: 'test123' }

function node(env: Record<string, string> = {}): JwtRedisSessions {
  const one = createJwtRedisSessions({ JWT_SECRET: SECRET, REDIS_URL: redis.url, ...env })
  closing.push(async () => one.closeRedisConnection())
  return one
}

async function serve(set: (app: Express) => void): Promise<WebClient> {
  const app = express()
  set(app)
  const server = await listen(app)
  closing.push(async () => server.close())
  return new WebClient(server)
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

describe('https', () => {
  it('S3-60: http is sent on to the fixed address, whatever Host and X-Forwarded-Proto say, unless the proxy in front says https', async () => {
    const PUBLIC_URL = 'https://app.example'
    const direct = await startExample(SERVER, environment({ PUBLIC_URL }))
    const behind = await startExample(SERVER, environment({ PUBLIC_URL, TRUST_PROXY: '1' }))
    const forged = [
      {},
      { host: 'evil.example' },
      { 'x-forwarded-proto': 'https' },
      { 'x-forwarded-proto': 'https', host: 'evil.example', 'x-forwarded-host': 'evil.example' },
      { forwarded: 'proto=https;host=evil.example' },
    ]
    for (const headers of forged) {
      const page = await direct.client.get('/profile?tab=1', { headers })
      expect([headers, page.status, page.headers.location]).toEqual([
        headers,
        308,
        'https://app.example/profile?tab=1',
      ])
      const posted = await direct.client.post('/login', CREDENTIALS, { headers })
      expect([posted.status, JSON.parse(posted.body)]).toEqual([403, { error: 'Use https' }])
    }
    // The client's own word stands before the one that the proxy added; Express alone would take it.
    for (const headers of [{}, { 'x-forwarded-proto': 'https, http' }, { host: 'evil.example' }]) {
      const { status, headers: answered } = await behind.client.get('//evil.example/x', { headers })
      expect([status, answered.location]).toEqual([308, 'https://app.example/evil.example/x'])
    }
    const byHttps = { headers: { 'x-forwarded-proto': 'https' } }
    expect((await behind.client.post('/register', CREDENTIALS, byHttps)).status).toBe(201)
  })

  it('a PUBLIC_URL without https is refused at the start', async () => {
    const { exitCode, output } = await refusedExample(
      SERVER,
      environment({ PUBLIC_URL: 'http://app.example' }),
    )
    expect(exitCode).toBe(1)
    expect(output).toContain('PUBLIC_URL must begin with https://')
  })
})

describe('headers', () => {
  const CSP = [
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "script-src 'self'",
    "img-src 'self' data: https:",
  ]
  const HSTS = 'max-age=31536000; includeSubDomains; preload'

  it('S3-63: helmet with the named CSP and HSTS stays on every answer of the example', async () => {
    const PUBLIC_URL = 'https://app.example'
    const { client } = await startExample(SERVER, environment({ PUBLIC_URL, TRUST_PROXY: '1' }))
    const headers = { 'x-forwarded-proto': 'https' }
    const registered = await client.post('/register', CREDENTIALS, { headers })
    const { accessToken, refreshToken } = JSON.parse(registered.body).tokens
    const by = (token: string) => ({ headers: { ...headers, ...bearer(token).headers } })
    const answers = [
      registered,
      await client.post('/register', CREDENTIALS, { headers }),
      await client.get('/profile', by(accessToken)),
      await client.get('/profile', by('forged')),
      await client.post('/refresh', {}, by(refreshToken)),
      await client.post('/logout', {}, by(accessToken)),
      await client.get('/nowhere', { headers }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 400, 200, 401, 200, 401, 404])
    for (const [at, answer] of answers.entries()) {
      const policy = String(answer.headers['content-security-policy']).split(';')
      // Express' own page of "not found" has a policy of its own, which allows nothing.
      const wanted = at === 6 ? ["default-src 'none'"] : CSP
      expect([at, policy]).toEqual([at, expect.arrayContaining(wanted)])
      expect(answer.headers['strict-transport-security']).toBe(HSTS)
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
    }
  })

  it('S3-63: it goes together with sessions, CSRF tokens, CORS and tokens in one application', async () => {
    const sessions = node()
    const directives = {
      defaultSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      scriptSrc: ["'self'"],
      imgSrc: ["'self'", 'data:', 'https:'],
    }
    const hsts = { maxAge: 31_536_000, includeSubDomains: true, preload: true }
    const client = await serve((app) => {
      app.use(helmet({ contentSecurityPolicy: { directives }, hsts }))
      app.use(cors({ origin: ['https://app.example'], credentials: true }))
      app.get('/api/me', sessions.auth, (req, res) => void res.json((req as any).user))
      app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }))
      app.use(express.urlencoded({ extended: false }), csurf())
      app.get('/form', (req: any, res) => {
        req.session.seen = true
        res.send(`<input name="_csrf" value="${req.csrfToken()}">`)
      })
      app.post('/form', (req: any, res) => void res.json(req.session.seen))
    })
    const { accessToken } = await sessions.generateToken({ userId: 'ada' })
    const form = await client.get('/form')
    const token = /value="([^"]+)"/.exec(form.body)?.[1] ?? ''
    const sent = { 'content-type': 'application/x-www-form-urlencoded' }
    const answers = [
      form,
      await client.send('/form', { method: 'POST', headers: sent, body: `_csrf=${token}` }),
      await client.get('/api/me', bearer(accessToken)),
      await client.get('/api/me', bearer('forged')),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 401])
    for (const { headers } of answers) {
      const policy = String(headers['content-security-policy']).split(';')
      expect(policy).toEqual(expect.arrayContaining(CSP))
      expect(headers['strict-transport-security']).toBe(HSTS)
    }
    expect([...client.jar.keys()].sort()).toEqual(['connect.sid', 'csrf-guest'])
  })
})

describe('errors', () => {
  it('S3-07: error middleware tells the four classes apart, each with its status', async () => {
    const { AuthError, RedisError, TokenError, ValidationError } = dropIn
    const [sessions, away] = [node(), node({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` })]
    const client = await serve((app) => {
      app.get('/token', async () => void (await sessions.verifyToken('forged')))
      app.get('/validation', async () => void (await sessions.generateToken({ secret: 'x' })))
      app.get('/redis', async () => void (await away.generateToken({ userId: 'ada' })))
      app.get('/auth', () => {
        throw new AuthError('Invalid credentials')
      })
      app.use((error: any, _req: any, res: any, _next: unknown) => {
        const kinds = Object.entries({ AuthError, RedisError, TokenError, ValidationError })
          .filter(([, kind]) => error instanceof kind)
          .map(([name]) => name)
        res.status(error.statusCode).json({ kinds, message: error.message, code: error.code })
      })
    })
    const told = async (path: string) => {
      const { status, body } = await client.get(path)
      return { status, ...(JSON.parse(body) as object) }
    }
    expect(await told('/token')).toEqual({
      ...{ status: 401, kinds: ['TokenError'], message: 'Invalid token', code: 'TOKEN_ERROR' },
    })
    expect(await told('/validation')).toMatchObject({ status: 400, kinds: ['ValidationError'] })
    expect(await told('/auth')).toMatchObject({ status: 401, kinds: ['AuthError'] })
    expect(await told('/redis')).toMatchObject({ status: 503, kinds: ['RedisError'] })
  })
})

describe('the process', () => {
  it('S3-59: PORT says where the example listens, NODE_ENV whether errors say where they happened', async () => {
    const PORT = String(await freePort())
    const production = await startExample(SERVER, environment({ NODE_ENV: 'production', PORT }))
    expect(String(production.port)).toBe(PORT)
    const development = await startExample(SERVER, environment({ NODE_ENV: 'development' }))
    const refused = async ({ client }: typeof production): Promise<object> =>
      JSON.parse((await client.get('/profile', bearer('forged'))).body)
    expect(await refused(production)).toEqual({ status: 'TOKEN_ERROR', message: 'Invalid token' })
    expect(await refused(development)).toEqual({
      status: 'TOKEN_ERROR',
      message: 'Invalid token',
      details: expect.stringContaining('TokenError: Invalid token') as string,
    })
  })
})
