import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort, startRedis, type RedisServer } from '../../support/redis-server.js'
import type { WebAnswer, WebClient } from '../../support/web.js'
import {
  refusedExample,
  startExample,
  stopExamples,
  type RunningExample,
} from './running-example.js'

const APP = 'express-redis-app/server.mjs'
const SECRET = 'Zr4u7x-A%D*G-KaPdSgVkYp3s6v9y-B&E)H'
const ADA = { username: 'ada', password: 'correct horse' }

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterEach(async () => {
  await stopExamples()
  await server.cli('flushall')
})
afterAll(async () => {
  await server.stop()
})

async function start(): Promise<RunningExample> {
  const port = String(await freePort())
  return startExample(APP, { PORT: port, REDIS_URL: server.url, SESSION_SECRET: SECRET })
}

const dashboard = async (client: WebClient): Promise<[number, unknown]> => {
  const { status, body } = await client.get('/dashboard')
  return [status, JSON.parse(body)]
}
const WELCOME = [200, { message: 'Welcome, ada' }]
const UNKNOWN = [401, { error: 'Sign in first: POST /login' }]
const said = ({ status, body }: WebAnswer): [number, unknown] => [status, JSON.parse(body)]

describe('the application of the source document', { timeout: 10_000 }, () => {
  it('S1-01, S1-03, S1-04: register, sign in, see the dashboard, sign out', async () => {
    const { client, newClient } = await start()
    expect(await dashboard(client)).toEqual(UNKNOWN)
    const registered = await client.post('/register', ADA)
    expect([registered.status, registered.cookies]).toEqual([202, []])
    expect(await dashboard(client)).toEqual(UNKNOWN)
    const login = await client.post('/login', ADA)
    expect(said(login)).toEqual([200, { username: 'ada' }])
    expect(login.cookies).toHaveLength(1)
    const first = client.jar.get('connect.sid') ?? ''
    expect(await dashboard(client)).toEqual(WELCOME)

    const planted = newClient()
    planted.jar.set('connect.sid', first)
    await client.post('/login', ADA)
    expect(client.jar.get('connect.sid')).not.toBe(first)
    expect(await dashboard(planted)).toEqual(UNKNOWN)
    expect(await dashboard(client)).toEqual(WELCOME)

    const copy = newClient()
    copy.jar.set('connect.sid', client.jar.get('connect.sid') ?? '')
    await client.post('/logout')
    expect(await dashboard(copy)).toEqual(UNKNOWN)
  })

  it('S1-02: POST /register takes { username, password }, keeps a hash, and refuses a duplicate without saying so', async () => {
    const { client, newClient } = await start()
    const first = await client.post('/register', ADA)
    const again = await client.post('/register', { ...ADA, password: 'another password' })
    expect(said(again)).toEqual(said(first))
    const stranger = newClient()
    expect((await stranger.post('/login', { ...ADA, password: 'another password' })).status).toBe(
      401,
    )
    expect((await client.post('/login', ADA)).status).toBe(200)
    const kept = await server.cli('hgetall', 'app-people')
    expect(kept).not.toContain(ADA.password)
    expect(kept).toMatch(/^ada\n[\w+/=]{24}\.[\w+/=]{44}$/)
  })

  it.each([
    [{}],
    [{ username: 'ada' }],
    [{ username: 'ada', password: 'short' }],
    [{ username: '', password: 'correct horse' }],
    [{ username: ['ada'], password: 'correct horse' }],
    [{ username: 'ada', password: { $gt: '' } }],
    [{ username: 'a'.repeat(65), password: 'correct horse' }],
  ])('refuses %j', async (body) => {
    const { client } = await start()
    expect((await client.post('/register', body)).status).toBe(400)
    expect((await client.post('/login', body)).status).toBe(401)
  })

  it('a wrong password and an unknown name get the same answer', async () => {
    const { client } = await start()
    await client.post('/register', ADA)
    const wrong = await client.post('/login', { ...ADA, password: 'wrong password' })
    const unknown = await client.post('/login', { ...ADA, username: 'bob' })
    expect(said(wrong)).toEqual([401, { error: 'Wrong name or password' }])
    expect(said(unknown)).toEqual(said(wrong))
    expect([...wrong.cookies, ...unknown.cookies]).toEqual([])
  })

  it('S1-05: signed in at one process is signed in at the other, and signed out at one is out at both', async () => {
    const [one, other] = await Promise.all([start(), start()])
    await one.client.post('/register', ADA)
    await other.client.post('/login', ADA)
    one.client.jar.set('connect.sid', other.client.jar.get('connect.sid') ?? '')
    expect(await dashboard(one.client)).toEqual(WELCOME)
    await one.client.post('/logout')
    expect(await dashboard(other.client)).toEqual(UNKNOWN)
  })

  it('S1-06, S1-07: sessions rest in Redis under their prefix, and expire by themselves', async () => {
    const { client } = await start()
    await client.post('/register', ADA)
    const [cookie] = (await client.post('/login', ADA)).cookies
    const halfAnHour = (instant: number): boolean => Math.abs(instant - 30 * 60_000) < 5000
    expect(
      halfAnHour(Date.parse(/expires=([^;]+)/i.exec(cookie ?? '')?.[1] ?? '') - Date.now()),
    ).toBe(true)
    const keys = async (): Promise<string[]> =>
      (await server.cli('keys', 'app:*')).split('\n').filter((key) => key !== '')
    const [key = ''] = await keys()
    // Two minutes more than the session lives: a record of ours decides, see docs/guide/from-express-session.md.
    expect(halfAnHour(Number(await server.cli('pttl', key)) - 120_000)).toBe(true)
    await server.cli('pexpire', key, '1')
    await expect.poll(keys).toEqual([])
    expect(await dashboard(client)).toEqual(UNKNOWN)
  })

  it('refuses a form on another site', async () => {
    const { client } = await start()
    const headers = { 'sec-fetch-site': 'cross-site' }
    expect((await client.post('/register', ADA, { headers })).status).toBe(403)
    const same = { 'sec-fetch-site': 'same-origin' }
    expect((await client.post('/register', ADA, { headers: same })).status).toBe(202)
  })

  it('does not start without a secret', async () => {
    const port = String(await freePort())
    const { exitCode, output } = await refusedExample(APP, { PORT: port, REDIS_URL: server.url })
    expect(exitCode).not.toBe(0)
    expect(output).toContain('SESSION_SECRET is missing')
  })
})
