import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { startExample, stopExamples, type RunningExample } from '../examples/running-example.js'
import { SECRET } from './original.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const run = promisify(execFile)

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterEach(async () => {
  await stopExamples()
  await redis.cli('flushall')
})
afterAll(async () => {
  await redis.stop()
})

describe('examples/jwt-server', () => {
  const start = async (): Promise<RunningExample> =>
    startExample('jwt-server/server.cjs', {
      JWT_SECRET: SECRET,
      REDIS_URL: redis.url,
      PORT: '0',
    })
  const ask = async (
    { port }: RunningExample,
    path: string,
    { body, token, ...options }: RequestInit & { token?: string } = {},
  ): Promise<{ status: number; body: any }> => {
    const headers = new Headers()
    if (token !== undefined) headers.set('Authorization', `Bearer ${token}`)
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    const init = { ...options, headers, ...(body === undefined ? {} : { body }) }
    const response = await fetch(`http://localhost:${port}${path}`, init)
    return { status: response.status, body: await response.json() }
  }
  const post = (value: object = {}): RequestInit => ({
    method: 'POST',
    body: JSON.stringify(value),
  })
  const CREDENTIALS = { email: 'alice@example.com', password: 'test123' }
  const USER = { id: 'user1', email: 'alice@example.com' }
  const TOKENS = {
    accessToken: expect.stringMatching(/^eyJ/) as string,
    refreshToken: expect.stringMatching(/^eyJ/) as string,
    expiresIn: '15m',
    tokenType: 'Bearer',
  }

  it('S3-27, S3-28, S3-29, S3-30, S3-31, S3-32, S3-33, S3-34, S3-35: every route answers as documented', async () => {
    const example = await start()
    expect(await ask(example, '/register', post(CREDENTIALS))).toEqual({
      status: 201,
      body: { message: 'User registered successfully', user: USER, tokens: TOKENS },
    })
    expect(await ask(example, '/register', post(CREDENTIALS))).toEqual({
      status: 400,
      body: { error: 'User already exists' },
    })
    expect((await ask(example, '/register', post(CREDENTIALS))).status).toBe(400)
    expect((await ask(example, '/register', post(CREDENTIALS))).status).toBe(429)
    expect(await ask(example, '/login', post({ ...CREDENTIALS, password: 'wrong' }))).toEqual({
      status: 401,
      body: { error: 'Invalid credentials' },
    })
    const login = await ask(example, '/login', post(CREDENTIALS))
    expect(login).toEqual({
      status: 200,
      body: { message: 'Login successful', user: USER, tokens: TOKENS },
    })
    const { accessToken, refreshToken } = login.body.tokens
    expect(await ask(example, '/profile', { token: accessToken })).toEqual({
      status: 200,
      body: {
        message: 'Profile data',
        user: { userId: 'user1', email: 'alice@example.com', sessionVersion: 1 },
        sessionInfo: {
          sessionId: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
          createdAt: expect.stringMatching(/Z$/) as string,
          lastActivity: expect.stringMatching(/Z$/) as string,
        },
      },
    })
    expect((await ask(example, '/profile')).status).toBe(400)
    expect(await ask(example, '/public')).toEqual({
      status: 200,
      body: { message: 'This is public content', authenticated: false, user: null },
    })
    expect((await ask(example, '/public', { token: accessToken })).body).toMatchObject({
      authenticated: true,
      user: { userId: 'user1' },
    })
    const next = await ask(example, '/refresh', { ...post(), token: refreshToken })
    expect(next).toEqual({ status: 200, body: TOKENS })
    const token = next.body.accessToken
    expect((await ask(example, '/profile', { token: accessToken })).status).toBe(401)
    expect((await ask(example, '/logout', { ...post(), token })).status).toBe(200)
    expect((await ask(example, '/profile', { token })).status).toBe(401)
    const again = (await ask(example, '/login', post(CREDENTIALS))).body.tokens.accessToken
    expect((await ask(example, '/logout-all', { ...post(), token: again })).body).toMatchObject({
      success: true,
    })
    expect((await ask(example, '/profile', { token: again })).status).toBe(401)
    expect(await ask(example, '/health')).toEqual({
      status: 200,
      body: { status: 'ok', timestamp: expect.stringMatching(/Z$/) as string },
    })
    expect(example.output()).not.toContain('eyJ')
  })

  it('S3-36: lists its endpoints as it starts', async () => {
    const { output } = await start()
    await vi.waitFor(() => {
      for (const route of ['POST /register', 'POST /login', 'GET  /profile', 'POST /logout-all']) {
        expect(output()).toContain(route)
      }
    })
  })

  it('S3-37: the curl sequence runs from top to bottom', async () => {
    const { port } = await start()
    const script = 'examples/jwt-server/walk.sh'
    const { stdout } = await run('sh', [script, `http://localhost:${port}`], { cwd: ROOT })
    expect(stdout).toContain('All as expected.')
    expect(stdout).toContain('POST /refresh: 200')
  })
})

describe('examples/from-jwt-redis-sessions', () => {
  it('before, after, side by side and back', async () => {
    const env = { ...process.env, JWT_SECRET: SECRET, REDIS_URL: redis.url }
    const program = 'examples/from-jwt-redis-sessions/walk.mjs'
    const { stdout } = await run(process.execPath, [program], { cwd: ROOT, env })
    expect(stdout.trim().split('\n')).toHaveLength(9)
    expect(stdout).toContain('it counts at both.')
  })
})
