/** Guessing at the doors of a running service, in production and on Redis: small numbers, every door. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import type { Answer, Client } from '../support/client.js'
import { BY_HTTPS, production } from '../support/https.js'
import { startService, type Service } from '../support/service.js'

const PASSWORD = 'correct horse battery 9'
const WRONG = 'wrong horse battery 9'

let service: Service
let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
  service = await startService({
    ...production(),
    REDIS_URL: redis.url,
    // What jwt-redis-sessions proposes for production.
    MAX_LOGIN_ATTEMPTS: '3',
    LOCKOUT_TIME: '1800',
    // Another limit, which would be in the way here.
    RATE_LIMIT: '100000',
  })
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await redis.stop()
})

let networks = 0
/** Somebody in a network of their own, unless another one is named. */
function somebody(address = `198.51.100.${String((networks += 1))}`): Client {
  return service.client({ headers: { ...BY_HTTPS, 'X-Forwarded-For': address } })
}

async function registered(username: string): Promise<Client> {
  const client = somebody()
  const answer = await client.post('/register', { username, password: PASSWORD })
  expect([answer.status, answer.status === 201 || answer.text]).toEqual([201, true])
  return client
}

const signIn = (client: Client, username: string, password: string): Promise<Answer> =>
  client.post('/login', { username, password })

/** Fails three times: in a network of its own, a fourth try there is refused. */
async function lock(client: Client, username: string): Promise<void> {
  const all = await Promise.all([1, 2, 3].map(() => signIn(client, username, WRONG)))
  expect(all.map(({ status }) => status)).toEqual([401, 401, 401])
}

function expectLocked(answer: Answer): void {
  expect(answer.status).toBe(429)
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(answer.json()).toMatchObject({
    code: 'signin_locked',
    message: 'Too many failed sign-ins. Please wait before you try again.',
  })
  const wait = Number(answer.headers['retry-after'])
  expect(wait).toBeGreaterThan(1_700)
  expect(wait).toBeLessThanOrEqual(1_800)
  expect(answer.cookies).toEqual([])
}

describe('sign-in protection', () => {
  it('S3-54, S3-55: MAX_LOGIN_ATTEMPTS and LOCKOUT_TIME are what counts', async () => {
    await registered('ada')
    const guesser = somebody()
    await lock(guesser, 'ada')
    expectLocked(await signIn(guesser, 'ada', PASSWORD))
    expect((await signIn(somebody(), 'ada', PASSWORD)).status).toBe(200)
  })

  it('CVE-2024-4629: of 100 parallel wrong passwords at most as many as allowed are checked', async () => {
    await registered('bea')
    const guesser = somebody()
    const all = await Promise.all(Array.from({ length: 100 }, () => signIn(guesser, 'bea', WRONG)))
    const checked = all.filter(({ status }) => status === 401).length
    expect(checked).toBeGreaterThan(0)
    expect(checked).toBeLessThanOrEqual(3)
    expect(all.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(90)
    expectLocked(await signIn(guesser, 'bea', PASSWORD))
  })

  it('ASVS 6.3.4, CVE-2026-9798: every door counts on the same counters, and is closed by them', async () => {
    const owner = await registered('cleo')
    // The same network, without the cookie that says whose browser it is.
    owner.devices.clear()
    const wrong = { username: 'cleo', password: WRONG }
    expect((await owner.post('/login', { ...wrong, deliver: 'token' })).status).toBe(401)
    expect((await owner.form('/login', wrong)).status).toBe(401)
    expect((await owner.post('/reauthenticate', { password: WRONG })).status).toBe(403)
    const right = { username: 'CLEO', password: PASSWORD }
    expectLocked(await owner.post('/login', right))
    expectLocked(await owner.post('/login', { ...right, deliver: 'token' }))
    expectLocked(await owner.post('/reauthenticate', { password: PASSWORD }))
    const change = { currentPassword: PASSWORD, newPassword: 'another horse battery 9' }
    expectLocked(await owner.post('/password', change))
    for (const [path, fields] of [
      ['/login', right],
      ['/reauthenticate', { password: PASSWORD }],
      ['/password', change],
    ] as const) {
      const page = await owner.form(path, fields)
      expect([path, page.status]).toEqual([path, 429])
      expect(page.text).toContain('Too many tries. Try again in 30 minutes.')
      expect(Number(page.headers['retry-after'])).toBeGreaterThan(1_700)
    }
    // Being locked out of doors ends no session.
    expect((await owner.get('/dashboard')).status).toBe(200)
  })

  it('no route checks a password but through the guard', () => {
    const source = fileURLToPath(new URL('../../src', import.meta.url))
    const callers = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('account'))
      .filter((path) => readFileSync(join(source, path), 'utf8').includes('.verifyPassword'))
    expect(callers).toEqual([join('sign-in', 'check.ts')])
  })

  it('ASVS 6.6.3: the step-up is limited: guessing with a stolen session ends at the third', async () => {
    const thief = await registered('dora')
    const all = await Promise.all(
      Array.from({ length: 20 }, () => thief.post('/reauthenticate', { password: WRONG })),
    )
    expect(all.filter(({ status }) => status === 403)).toHaveLength(3)
    expect(all.filter(({ status }) => status === 429)).toHaveLength(17)
    expectLocked(await thief.post('/reauthenticate', { password: PASSWORD }))
  })

  it('behaviour 19d: the browser somebody has used before gets in though everybody else is kept out', async () => {
    const owner = await registered('emma')
    expect([...owner.devices.keys()]).toEqual([expect.stringMatching(/^__Host-device-/)])
    await Promise.all(Array.from({ length: 14 }, () => signIn(somebody(), 'emma', WRONG)))
    expect((await signIn(somebody(), 'emma', PASSWORD)).status).toBe(429)
    expect((await signIn(owner, 'emma', PASSWORD)).status).toBe(200)
  })

  it('S3-67: a network that fails on many accounts is blocked for all of them', async () => {
    await registered('flora')
    const guesser = somebody()
    const all = await Promise.all(
      Array.from({ length: 14 }, (_, at) => signIn(guesser, `person-${String(at)}`, WRONG)),
    )
    expect(all.filter(({ status }) => status === 401)).toHaveLength(12)
    const refused = await signIn(guesser, 'flora', PASSWORD)
    expect(refused.status).toBe(429)
    expect(refused.json()).toMatchObject({
      code: 'network_blocked',
      message: 'IP temporarily blocked',
    })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await signIn(somebody(), 'flora', PASSWORD)).status).toBe(200)
  })

  it('ASVS 6.3.8: a person who does not exist is refused and locked out in the same words, headers and steps', async () => {
    await registered('gina')
    // Each is in a network of its own, and the limits of the routes say which.
    const own = ['date', 'x-request-id', 'retry-after', 'ratelimit', 'ratelimit-policy']
    const comparable = ({ status, headers, text }: Answer): unknown => [
      status,
      text,
      Object.entries(headers).filter(([name]) => !own.includes(name)),
      'retry-after' in headers,
    ]
    const heard: Record<string, unknown[]> = { gina: [], nobody: [] }
    for (const username of ['gina', 'nobody']) {
      const guesser = somebody()
      for (let at = 0; at < 4; at += 1) {
        heard[username]?.push(comparable(await signIn(guesser, username, WRONG)))
      }
    }
    expect(heard['nobody']).toEqual(heard['gina'])
  })

  it('tells the person on the first page, and the log of everything but the password', async () => {
    const owner = await registered('hana')
    await Promise.all(Array.from({ length: 3 }, () => signIn(somebody(), 'hana', WRONG)))
    const done = await owner.form('/login', { username: 'hana', password: PASSWORD })
    expect((await owner.follow(done)).text).toContain('3 attempts to sign in as you failed')
    const newPassword = 'another horse battery 9'
    const changed = await owner.post('/password', { currentPassword: PASSWORD, newPassword })
    expect(changed.status).toBe(200)
    const events = (name: string) => service.log().filter(({ event }) => event === name)
    await vi.waitFor(() => expect(events('credential.changed')).toHaveLength(1))
    expect(events('signin.failed').at(-1)).toMatchObject({
      address: expect.stringMatching(/^198\.51\.100\./),
      path: '/login',
      time: expect.anything(),
    })
    expect(events('signin.locked').length).toBeGreaterThan(0)
    expect(events('signin.suspicious')).toContainEqual(
      expect.objectContaining({ kind: 'after_failures', count: 3 }),
    )
    for (const secret of [WRONG, PASSWORD, newPassword]) {
      expect(service.output()).not.toContain(secret)
    }
  })
})

describe('new passwords in production', () => {
  const attempt = (password: string, username = 'newcomer'): Promise<Answer> =>
    somebody().post('/register', { username, password })

  it('have 15 characters, and are not among those that everybody tries', async () => {
    const short = await attempt('14 characters!')
    expect(short.json()).toMatchObject({
      status: 400,
      code: 'field_invalid',
      message: 'password must have at least 15 characters.',
    })
    for (const common of [
      'qwertyuiop12345',
      'PasswordPassword',
      'password1234567',
      '!!Liverpool2026',
    ]) {
      expect((await attempt(common)).json()).toMatchObject({
        status: 400,
        message: 'This password is among the most common ones. Choose another.',
      })
    }
    expect((await attempt('Sojourn-2026!!!')).status).toBe(400)
    expect((await attempt('Margaret-Hamilton-69', 'margaret-hamilton')).status).toBe(400)
    expect((await attempt('fifteen letters')).status).toBe(201)
  })

  it('nobody is there before anybody registers', async () => {
    for (const [username, password] of [
      ['admin', 'admin'],
      ['root', 'root'],
      ['sojourn', 'sojourn'],
      ['alice@example.com', 'test123'],
    ] as const) {
      expect((await signIn(somebody(), username, password)).status).toBe(401)
    }
  })
})
