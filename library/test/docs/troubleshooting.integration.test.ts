/**
 * Every entry about tokens of the drop-in in docs/guide/troubleshooting.md: what it says is seen is brought about, and what it says to do is done. The one
 * about TypeScript is with the other types, in compat/types/jwt-redis-sessions.integration.test.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import cors from 'cors'
import express from 'express'
import type { Express } from 'express'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  createJwtRedisSessions,
  type JwtRedisSessions,
} from '../../src/compat/jwt-redis-sessions/sessions.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { listen, WebClient, type RunningServer } from '../support/web.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const GUIDE = join(ROOT, 'docs/guide/troubleshooting.md')
const guide = readFileSync(GUIDE, 'utf8')
const entries = new Map(
  guide
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text]),
)
const entry = (words: RegExp): string => {
  const [title] = [...entries.keys()].filter((one) => words.test(one))
  return entries.get(title ?? '') ?? ''
}
const SECRET = 'a test secret that is long enough: 0123456789'

let redis: RedisServer
const closing: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  redis = await startRedis()
})
afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
  vi.unstubAllEnvs()
  await redis.cli('flushall')
})
afterAll(async () => {
  await redis.stop()
})

function node(env: Record<string, string> = {}): JwtRedisSessions {
  const one = createJwtRedisSessions({ JWT_SECRET: SECRET, REDIS_URL: redis.url, ...env })
  closing.push(async () => one.closeRedisConnection())
  return one
}

async function serve(set: (app: Express) => void): Promise<RunningServer> {
  const app = express()
  set(app)
  const server = await listen(app)
  closing.push(async () => server.close())
  return server
}

async function fault(call: Promise<unknown>): Promise<any> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('docs/guide/troubleshooting.md', () => {
  it('S3-41: has the six entries of the source document, and is found from the README and the guide', () => {
    expect([...entries.keys()].slice(-7, -1)).toEqual([
      '"JWT_SECRET must be at least 32 characters long"',
      '"Redis client not initialized or not connected"',
      '"Token has been revoked"',
      '429 too early',
      'CORS errors in the browser',
      'TypeScript does not find the module, or its types',
    ])
    for (const name of ['README.md', 'docs/guide/from-jwt-redis-sessions.md']) {
      const links = [...readFileSync(join(ROOT, name), 'utf8').matchAll(/\]\(([^)#\s]+)/g)]
      const paths = links.map(([, link = '']) => join(ROOT, dirname(name), link))
      expect(paths).toContain(GUIDE)
    }
    for (const [, link = ''] of guide.matchAll(/\]\(((?!https?:)[^)#\s]+)/g)) {
      expect([link, existsSync(join(dirname(GUIDE), link))]).toEqual([link, true])
    }
  })

  it('S3-41: a secret that is too short is told by the first call, not by the import', async () => {
    const words = 'JWT_SECRET must be at least 32 characters long'
    expect(entry(/32 characters/)).toContain('`statusCode` 500')
    const short = node({ JWT_SECRET: 'short' })
    const error = await fault(short.generateToken({ userId: 'ada' }))
    expect(error).toMatchObject({ name: 'ValidationError', statusCode: 500, message: words })
    expect(await fault(node().generateToken({ userId: 'ada' }))).toBeUndefined()
  })

  it('S3-41: without Redis it is 503 with the reason on the error alone, and the next call tries again', async () => {
    const words = 'Redis client not initialized or not connected'
    const own = await startRedis()
    const away = node({ REDIS_URL: own.url })
    const server = await serve((app) => app.get('/me', away.auth, (_req, res) => void res.end()))
    const { accessToken } = await away.generateToken({ userId: 'ada' })
    const ask = async () =>
      new WebClient(server).get('/me', { headers: { authorization: `Bearer ${accessToken}` } })
    await own.kill()
    const answer = await ask()
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(JSON.parse(answer.body)).toEqual({ status: 'REDIS_ERROR', message: words })
    expect((await fault(away.verifyToken(accessToken))).cause).toBeInstanceOf(Error)
    await own.restart()
    // This Redis keeps nothing on disk: the token is refused for being unknown, so Redis has answered.
    await expect.poll(async () => (await ask()).status, { timeout: 5_000 }).toBe(401)
    await own.stop()
  })

  it('S3-41: each message about a token has the cause that is given, and the help that is given helps', async () => {
    const sessions = node()
    const text = entry(/revoked/)
    const said = async (token: string): Promise<string> =>
      (await fault(sessions.verifyToken(token)))?.message
    const heard: string[] = []
    const out = await sessions.generateToken({ userId: 'ada' })
    await sessions.revokeToken(out.refreshToken)
    expect(await said(out.accessToken)).toBe('Token has been revoked')
    expect(await fault(sessions.refreshToken(out.refreshToken))).toMatchObject({ statusCode: 401 })
    const first = await sessions.generateToken({ userId: 'ada' })
    const next = await sessions.refreshToken(first.refreshToken)
    heard.push(await said(first.accessToken))
    expect(await said(next.accessToken)).toBeUndefined()
    await sessions.revokeAllUserTokens('ada')
    heard.push(await said(next.accessToken))
    const brief = node({ JWT_ACCESS_TOKEN_EXPIRY: '-1s' })
    const expired = await brief.generateToken({ userId: 'ada' })
    heard.push(await said(expired.accessToken))
    expect(await fault(sessions.refreshToken(expired.refreshToken))).toBeUndefined()
    const elsewhere = node({ JWT_ISSUER: 'somebody else' })
    heard.push(await said((await elsewhere.generateToken({ userId: 'ada' })).accessToken))
    expect(heard).toEqual([
      'Token session has been replaced or revoked',
      'Session not found or expired',
      'Token expired',
      'Invalid token',
    ])
    for (const message of heard) expect(text).toContain(`| \`${message}\``)
  })

  it('S3-41: a limiter behind a proxy counts all as one, until Express knows of it; and may be left out in development', async () => {
    const sessions = node()
    const text = entry(/429 too early/)
    const guardOf = (): any => {
      const code = /const guard = (.*)\n/.exec(text)?.[1] ?? ''
      return runInNewContext(code, { rateLimit: sessions.rateLimit, process })
    }
    const statuses = async (guard: any, proxies: number): Promise<number[]> => {
      const server = await serve((app) => {
        app.set('trust proxy', proxies)
        app.post('/login', guard, (_req, res) => void res.end())
      })
      const answers: number[] = []
      for (let person = 1; person <= 7; person += 1) {
        const headers = { 'x-forwarded-for': `192.0.2.${person}` }
        answers.push((await new WebClient(server).post('/login', {}, { headers })).status)
      }
      return answers
    }
    expect(await statuses(sessions.rateLimit(), 0)).toEqual([200, 200, 200, 200, 200, 429, 429])
    expect(text).toContain("app.set('trust proxy', 1)")
    expect(await statuses(sessions.rateLimit(), 1)).toEqual(Array(7).fill(200))
    vi.stubEnv('NODE_ENV', 'production')
    expect((await statuses(guardOf(), 0)).at(-1)).toBe(429)
    vi.stubEnv('NODE_ENV', 'development')
    expect(await statuses(guardOf(), 0)).toEqual(Array(7).fill(200))
  })

  it('S3-41: a browser’s question by OPTIONS has no token: cors with credentials answers it before auth', async () => {
    const sessions = node()
    const { accessToken } = await sessions.generateToken({ userId: 'ada' })
    const text = entry(/CORS/)
    const code = /app\.use\(cors\((\{.*\})\)\)/.exec(text)?.[1] ?? ''
    const options = runInNewContext(`(${code})`) as cors.CorsOptions
    const me = (_req: unknown, res: any): void => void res.json({})
    const wrong = await serve((app) => app.use(sessions.auth, cors(options)).get('/me', me))
    const right = await serve((app) => app.use(cors(options), sessions.auth).get('/me', me))
    const preflight = async (server: RunningServer, origin: string) =>
      new WebClient(server).send('/me', {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'authorization',
        },
      })
    const refused = await preflight(wrong, 'https://app.example')
    expect(refused.status).toBe(400)
    expect(refused.headers).not.toHaveProperty('access-control-allow-origin')
    const allowed = {
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
    }
    expect(await preflight(right, 'https://app.example')).toMatchObject({
      status: 204,
      headers: { ...allowed, 'access-control-allow-headers': 'authorization' },
    })
    const foreign = await preflight(right, 'https://evil.example')
    expect(foreign.headers).not.toHaveProperty('access-control-allow-origin')
    const headers = { origin: 'https://app.example', authorization: `Bearer ${accessToken}` }
    const answer = await new WebClient(right).get('/me', { headers })
    expect(answer).toMatchObject({ status: 200, headers: allowed })
  })
})
