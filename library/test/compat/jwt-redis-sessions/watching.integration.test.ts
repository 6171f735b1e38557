/** Who watches: wrappers, logs and listeners around the drop-in. */
import express from 'express'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { AuthError } from '../../../src/compat/jwt-redis-sessions/errors.js'
import {
  createJwtRedisSessions,
  type JwtRedisSessions,
} from '../../../src/compat/jwt-redis-sessions/sessions.js'
import type { TokenData } from '../../../src/compat/jwt-redis-sessions/types.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { listen, WebClient, type RunningServer } from '../../support/web.js'
import { SECRET } from './original.js'

let redis: RedisServer
let sessions: JwtRedisSessions
let server: RunningServer
beforeAll(async () => {
  redis = await startRedis()
  sessions = createJwtRedisSessions({ JWT_SECRET: SECRET, REDIS_URL: redis.url })
})
afterEach(async () => {
  await server.close()
})
afterAll(async () => {
  await sessions.closeRedisConnection()
  await redis.stop()
})

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

it('S3-65: a wrapper around generateToken, the failed sign-ins with address, path, agent and time, and listeners', async () => {
  const log: [string, any][] = []
  const generateTokenWithLogging = async (data: TokenData) => {
    const result = await sessions.generateToken(data)
    log.push(['generated', { user: data.userId ?? data.id }])
    return result
  }
  for (const name of ['session.started', 'refresh.refused', 'refresh.reused'] as const) {
    sessions.on(name, (event) => log.push([name, event]))
  }
  const noted = (req: any): object => {
    const [url, agent] = [req.originalUrl.split('?')[0], req.get('User-Agent')]
    return { ip: req.ip, url, agent, time: new Date().toISOString() }
  }
  const app = express()
  app.set('trust proxy', 1)
  app.use(express.json())
  // As in docs/guide/from-jwt-redis-sessions.md: also what `auth` answers itself.
  app.use((req, res, next) => {
    res.once('finish', () => {
      if (res.statusCode === 401) log.push(['refused', noted(req)])
    })
    next()
  })
  app.post('/login', (req) => {
    throw new AuthError(`Invalid credentials of ${String(req.body.email)}`)
  })
  app.get('/profile', sessions.auth, (_req, res) => void res.end())
  app.post('/refresh', sessions.refresh)
  // As in the source document: what routes throw.
  app.use((error: any, req: any, _res: unknown, next: (error: unknown) => void) => {
    if (error.statusCode === 401) log.push(['thrown', noted(req)])
    next(error)
  })
  app.use(sessions.failedAttempts())
  app.use((error: any, _req: unknown, res: any, _next: unknown) => {
    res.status(error.statusCode).end()
  })
  server = await listen(app)
  const client = new WebClient(server)
  // An answer is there before the server has finished with it.
  const take = async (atLeast: number) => {
    await vi.waitFor(() => expect(log.length).toBeGreaterThanOrEqual(atLeast))
    return log.splice(0)
  }
  const pair = await generateTokenWithLogging({ userId: 'ada' })
  expect(await take(2)).toEqual(
    expect.arrayContaining([
      ['generated', { user: 'ada' }],
      ['session.started', expect.objectContaining({ subject: 'ada' })],
    ]),
  )
  const headers = { 'user-agent': 'a browser', 'x-forwarded-for': '192.0.2.7' }
  const fact = (url: string) => ({
    ip: '192.0.2.7',
    url,
    agent: 'a browser',
    time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
  })
  await client.post('/login?next=secret', { email: 'ada' }, { headers })
  expect(await take(2)).toEqual([
    ['thrown', fact('/login')],
    ['refused', fact('/login')],
  ])
  const forged = { headers: { ...headers, authorization: 'Bearer forged' } }
  await client.get('/profile', forged)
  expect(await take(1)).toEqual([['refused', fact('/profile')]])
  const refreshed = { headers: { ...headers, ...bearer(pair.refreshToken).headers } }
  const next = JSON.parse((await client.post('/refresh', {}, refreshed)).body)
  await sessions.refreshToken(next.refreshToken)
  // Two generations old: somebody has a copy.
  await client.post('/refresh', {}, refreshed)
  const names = (): string[] => log.map(([name]) => name)
  await vi.waitFor(() => {
    expect(names()).toEqual(expect.arrayContaining(['refresh.reused', 'refused']))
  })
  expect(JSON.stringify(log)).not.toContain('eyJ')
  // And the pattern that is worth an alert is answered, too.
  for (let at = 0; at < 20; at += 1) await client.post('/login', {}, { headers })
  expect((await client.post('/login', {}, { headers })).status).toBe(429)
})
