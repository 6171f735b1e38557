import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/testing/manual-clock.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { createRedisStore } from '../../../src/store/redis/index.js'
import type { Store } from '../../../src/store/store.js'
import { freePort, startRedis, type RedisServer } from '../../support/redis-server.js'
import { costAsEver } from './cheap-passwords.mjs'
import { listen, WebClient, type RunningServer, type WebAnswer } from '../../support/web.js'
import {
  refusedExample,
  startExample,
  stopExamples,
  type RunningExample,
} from './running-example.js'

const RECIPE = 'session-recipe/server.mjs'
const FOLDER = fileURLToPath(new URL('../../../../examples/session-recipe/', import.meta.url))
const ADA = { username: 'ada', password: 'correct horse' }
const DAY = 86_400_000

type Kind = 'JWT_SECRET' | 'REFRESH_SECRET' | 'SESSION_SECRET'
const KINDS: readonly Kind[] = ['JWT_SECRET', 'REFRESH_SECRET', 'SESSION_SECRET']
const secret = (): string => randomBytes(32).toString('base64')
const freshSecrets = (): Record<Kind, string> => ({
  JWT_SECRET: secret(),
  REFRESH_SECRET: secret(),
  SESSION_SECRET: secret(),
})

let server: RedisServer
const servers: RunningServer[] = []
beforeAll(async () => {
  server = await startRedis()
})
afterEach(async () => {
  await stopExamples()
  await Promise.all(servers.splice(0).map((running) => running.close()))
  await server.cli('flushall')
})
afterAll(async () => {
  costAsEver()
  await server.stop()
})

async function start(environment: Record<string, string> = {}): Promise<RunningExample> {
  const own = { PORT: String(await freePort()), REDIS_URL: server.url, ...freshSecrets() }
  return startExample(RECIPE, { ...own, ...environment })
}

interface Parts {
  /** Default: in memory, on a clock that can be moved. */
  readonly store?: Store
  readonly secrets?: Record<Kind, string>
  readonly people?: any
}

/** The application of the recipe in this process. */
async function startHere(given: Parts = {}) {
  const [{ createApp }, { People }, { readSettings }] = await Promise.all(
    ['app.mjs', 'people.mjs', 'settings.mjs'].map(
      (name) => import(/* @vite-ignore */ FOLDER + name),
    ),
  )
  const clock = createManualClock(Date.now())
  const people = given.people ?? new People()
  const settings = readSettings(given.secrets ?? freshSecrets())
  const { store } = given
  const parts = store === undefined ? { clock, store: createMemoryStore({ clock }) } : { store }
  const { app, sojourn, sessions } = createApp({ settings, people, ...parts })
  const running = await listen(app)
  servers.push(running)
  const newClient = (): WebClient => new WebClient({ port: running.port })
  const register = async (name: string): Promise<string> =>
    (await people.register(name, 'a password of hers')).id
  return { clock, people, sojourn, sessions, register, newClient }
}

/** node-redis throws a lost connection at whoever does not listen. */
async function connect() {
  const client = createClient({ url: server.url })
  client.on('error', () => undefined)
  return client.connect()
}

async function signIn(client: WebClient, options = {}): Promise<WebAnswer> {
  await client.post('/register', ADA, options)
  const answer = await client.post('/auth/login', ADA, options)
  expect(answer.status).toBe(200)
  return answer
}

const status = async (client: WebClient, path: string): Promise<number> =>
  (await client.get(path)).status
const both = async (client: WebClient): Promise<number[]> => [
  await status(client, '/dashboard'),
  await status(client, '/api/me'),
]
const json = ({ body }: WebAnswer): any => JSON.parse(body)
const refresh = async (client: WebClient, options = {}): Promise<WebAnswer> =>
  client.post('/auth/refresh', {}, options)
const payloadOf = (token = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
const lineFor = (answer: WebAnswer, name: string): string =>
  answer.cookies.find((line) => line.startsWith(`${name}=`)) ?? ''

describe('the session store of the recipe', () => {
  it('S4-05: create() answers an id; a person has several sessions, each with its own expiry', async () => {
    const { clock, sessions, register, newClient } = await startHere()
    const [ada, bob] = [await register('ada'), await register('bob')]
    const opens = async ({ tokens }: any): Promise<boolean> => {
      const client = newClient()
      client.jar.set('recipe-refresh', tokens.refreshToken)
      return (await refresh(client)).status === 200
    }
    const first = await sessions.create(ada, { device: 'phone' })
    expect(first.id).toMatch(/^[\w-]{2}\.[\w-]{22}$/)
    clock.advance(3 * DAY)
    const second = await sessions.create(ada, { device: 'laptop' })
    const third = await sessions.create(ada)
    const other = await sessions.create(bob)
    expect(new Set([first.id, second.id, third.id, other.id]).size).toBe(4)
    const listed = await sessions.list(ada)
    const created = new Map(listed.map(({ id, createdAt }: any) => [id, createdAt]))
    expect(created.size).toBe(3)
    expect(created.get(first.id)).toBe(clock.now() - 3 * DAY)
    expect(created.get(second.id)).toBe(clock.now())

    expect(await sessions.invalidate(bob, third.id)).toBe(false)
    expect(await sessions.invalidate(ada, third.id)).toBe(true)
    expect(await opens(third)).toBe(false)
    // A week after its own start the first is over: the sign-ins since put nothing off, and end nothing.
    clock.advance(4 * DAY - 1)
    const live = (await sessions.list(ada)).map(({ id }: any) => id).sort()
    expect(live).toEqual([first.id, second.id].sort())
    clock.advance(1)
    expect(await opens(first)).toBe(false)
    expect(await opens(second)).toBe(true)
    clock.advance(3 * DAY)
    expect(await opens(second)).toBe(false)
  })

  it('S4-05: in Redis every session has a key and a time to live of its own, and holds its data', async () => {
    const client = await connect()
    const store = createRedisStore({ client })
    const { sessions, register, newClient } = await startHere({ store })
    const [ada, bob] = [await register('ada'), await register('bob')]
    const { id, tokens } = await sessions.create(ada, { device: 'phone' })
    const [key = ''] = (await server.cli('keys', 'sj:s*')).split('\n')
    await server.cli('pexpire', key, '100000')
    await Promise.all([sessions.create(ada), sessions.create(ada), sessions.create(bob)])
    const left = await Promise.all(
      (await server.cli('keys', 'sj:s*')).split('\n').map(async (one) => {
        return [one === key, Number(await server.cli('pttl', one))] as const
      }),
    )
    expect(left).toHaveLength(4)
    for (const [isFirst, ttl] of left) {
      expect(isFirst ? ttl <= 100_000 : ttl > 6 * DAY).toBe(true)
      expect(ttl).toBeGreaterThan(0)
    }
    const browser = newClient()
    browser.jar.set('recipe-access', tokens.accessToken)
    expect(json(await browser.get('/api/me'))).toMatchObject({
      id,
      userId: ada,
      data: { device: 'phone' },
    })
    client.destroy()
  })

  it('S4-06: invalidateAll() ends all sessions of a person in one command, and nobody else’s', async () => {
    const client = await connect()
    let allowed = Number.POSITIVE_INFINITY
    const spend = (): void => {
      allowed -= 1
      if (allowed < 0) throw new Error('this wire is cut')
    }
    const rationed = {
      async evalSha(...args: Parameters<typeof client.evalSha>) {
        spend()
        return client.evalSha(...args)
      },
      async eval(...args: Parameters<typeof client.eval>) {
        spend()
        return client.eval(...args)
      },
    }
    const store = createRedisStore({ client: rationed })
    const { sessions, register, newClient } = await startHere({ store })
    const bob = await register('bob')
    const browser = newClient()
    await signIn(browser)
    const { userId } = json(await browser.get('/api/me'))
    const created = await Promise.all(
      Array.from({ length: 50 }, async () => sessions.create(userId)),
    )
    const other = await sessions.create(bob)
    // So that Redis knows the script.
    await sessions.invalidateAll('nobody')

    allowed = 1
    // 50, and the two of the browser: its tokens and its cookie.
    expect(await sessions.invalidateAll(userId)).toBe(52)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(allowed).toBeLessThanOrEqual(0)
    allowed = Number.POSITIVE_INFINITY

    const state = async ({ tokens }: any): Promise<number> => {
      const holder = newClient()
      holder.jar.set('recipe-access', tokens.accessToken)
      return status(holder, '/api/me')
    }
    expect(new Set(await Promise.all(created.map(state)))).toEqual(new Set([401]))
    expect(await both(browser)).toEqual([401, 401])
    expect((await refresh(browser)).status).toBe(401)
    expect(await state(other)).toBe(200)
    client.destroy()
  })
})

describe('the cookie of the recipe', () => {
  const HTTPS = { headers: { 'x-forwarded-proto': 'https' } }
  const PRODUCTION = {
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://app.example.com',
    TRUST_PROXY: '1',
  }
  const attributesOf = (line: string): string[] => line.split('; ').slice(1)

  it('S4-07: is called session, HttpOnly, SameSite=Strict, good for an hour, Secure in production, and this host’s alone', async () => {
    const { client, output } = await start()
    const line = lineFor(await signIn(client), 'session')
    const [path, expires, ...rest] = attributesOf(line)
    expect([path, ...rest]).toEqual(['Path=/', 'HttpOnly', 'SameSite=Strict'])
    const life = Date.parse((expires ?? '').replace('Expires=', '')) - Date.now()
    expect(Math.abs(life - 3_600_000)).toBeLessThan(5000)
    expect(output()).not.toContain('COOKIE_DOMAIN')

    const production = await start(PRODUCTION)
    const secure = lineFor(await signIn(production.client, HTTPS), 'session')
    expect(attributesOf(secure)).toEqual([
      'Path=/',
      expect.stringMatching(/^Expires=/),
      'HttpOnly',
      'Secure',
      'SameSite=Strict',
    ])
  })

  it('S4-07: nobody who wrote nothing gets one, and nothing is written for those who only read', async () => {
    const { client, newClient } = await start()
    const stranger = newClient()
    expect((await stranger.get('/dashboard')).cookies).toEqual([])
    expect(await server.cli('dbsize')).toBe('0')
    await signIn(client)
    const dump = async (): Promise<string[]> => {
      const keys = (await server.cli('keys', '*')).split('\n').sort()
      return Promise.all(keys.map((key) => server.cli('dump', key)))
    }
    const before = await dump()
    for (let count = 0; count < 3; count += 1) {
      const answer = await client.get('/dashboard')
      expect([answer.status, answer.cookies]).toEqual([200, []])
    }
    expect(await dump()).toEqual(before)
  })

  it('S4-07: a Domain is possible, and warned of unless two hosts are named that need it', async () => {
    const alone = await start({ COOKIE_DOMAIN: '.example.com' })
    const line = lineFor(await signIn(alone.client), 'session')
    expect(attributesOf(line)).toContain('Domain=.example.com')
    expect(alone.output()).toMatch(/COOKIE_DOMAIN=\.example\.com sends the session cookie to every/)
    const cases = [
      ['app.example.com', true],
      ['app.example.com,app.example.com', true],
      ['app.example.com,api.notexample.com', true],
      ['app.example.com,api.example.com', false],
    ] as const
    const warned = cases.map(async ([hosts]) => {
      const one = await start({ COOKIE_DOMAIN: '.example.com', COOKIE_DOMAIN_FOR: hosts })
      return [hosts, one.output().includes('COOKIE_DOMAIN=')]
    })
    expect(await Promise.all(warned)).toEqual(cases)
  })

  it('S4-11: in production nothing but https: pages are sent on, the rest is refused, no cookie is set', async () => {
    const { client, newClient } = await start(PRODUCTION)
    const page = await client.get('/dashboard?tab=1', { headers: { host: 'evil.example' } })
    expect([page.status, page.headers.location, page.cookies]).toEqual([
      308,
      'https://app.example.com/dashboard?tab=1',
      [],
    ])
    const doubled = await client.get('//evil.example/x')
    expect(doubled.headers.location).toBe('https://app.example.com/evil.example/x')
    for (const path of ['/register', '/auth/login', '/auth/refresh', '/auth/logout']) {
      const answer = await client.post(path, ADA)
      expect([path, answer.status, answer.cookies]).toEqual([path, 403, []])
    }
    expect(await server.cli('dbsize')).toBe('0')
    const secure = await signIn(newClient(), HTTPS)
    expect(secure.headers['strict-transport-security']).toMatch(/^max-age=31536000/)
    for (const line of secure.cookies) expect(line).toMatch(/; Secure(;|$)/)

    // Nobody in front who is trusted: then the header is the client's own word.
    const direct = await start({ ...PRODUCTION, TRUST_PROXY: '0' })
    const claimed = await direct.client.post('/auth/login', ADA, HTTPS)
    expect([claimed.status, claimed.cookies]).toEqual([403, []])
    const { exitCode, output } = await refusedExample(RECIPE, {
      ...freshSecrets(),
      ...PRODUCTION,
      PUBLIC_URL: 'http://app.example.com',
      REDIS_URL: server.url,
      PORT: '0',
    })
    expect([exitCode, /PUBLIC_URL must be the https address/.test(output)]).toEqual([78, true])
  })

  it('S4-12: every cookie that any route sets is HttpOnly and has SameSite: signing in, refreshing, leaving', async () => {
    for (const [environment, options] of [
      [{}, {}],
      [PRODUCTION, HTTPS],
    ] as const) {
      const { client } = await start(environment)
      const answers = [await signIn(client, options)]
      answers.push(await client.post('/auth/login', ADA, options))
      answers.push(await refresh(client, options))
      answers.push(await client.post('/auth/logout', {}, options))
      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200])
      const lines = answers.flatMap(({ cookies }) => cookies)
      expect(lines).toHaveLength(9)
      for (const line of lines) {
        expect(line).toMatch(/; HttpOnly(;|$)/)
        expect(line).toMatch(/; SameSite=Strict(;|$)/)
      }
    }
  })
})

describe('the tokens of the recipe', () => {
  it('S4-13: an access token lives an hour at most, a refresh token a week at most, a cookie an hour without a request', async () => {
    const { clock, newClient } = await startHere()
    const client = newClient()
    await signIn(client)
    const { iat, exp } = payloadOf(client.jar.get('recipe-access'))
    expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(3600)
    expect(Number(exp) - Number(iat)).toBeGreaterThan(3600 * 0.89)
    const token = client.jar.get('recipe-access') ?? ''
    const bearing = { headers: { authorization: `Bearer ${token}` } }
    expect((await newClient().get('/api/me', bearing)).status).toBe(200)
    clock.advance('61m')
    expect((await newClient().get('/api/me', bearing)).status).toBe(401)
    const page = await client.get('/dashboard')
    expect([page.status, json(page).reason]).toEqual([401, 'expired_idle'])
    expect((await refresh(client)).status).toBe(200)
    expect(await status(client, '/api/me')).toBe(200)
    for (let day = 0; day < 6; day += 1) {
      clock.advance('1d')
      expect((await refresh(client)).status).toBe(200)
    }
    clock.advance('1d')
    const over = await refresh(client)
    expect([over.status, over.cookies]).toEqual([401, []])
    expect(await status(client, '/api/me')).toBe(401)
  })

  it('POST /auth/refresh takes the cookie, rotates both tokens, and asks for the person anew', async () => {
    const { people, newClient } = await startHere()
    const client = newClient()
    const first = await signIn(client)
    expect(lineFor(first, 'recipe-refresh')).toMatch(/; Path=\/auth\/refresh;/)
    const { userId, role } = json(await client.get('/api/me'))
    expect(role).toBe('reader')
    const spent = client.jar.get('recipe-refresh') ?? ''
    people.find(userId).role = 'editor'
    const answer = await refresh(client)
    expect([answer.status, json(answer).success]).toEqual([200, true])
    expect(lineFor(answer, 'recipe-access')).not.toBe('')
    expect(client.jar.get('recipe-refresh')).not.toBe(spent)
    expect(json(await client.get('/api/me')).role).toBe('editor')

    const altered = spent.slice(0, -2) + (spent.endsWith('AA') ? 'BB' : 'AA')
    for (const value of [undefined, '', 'garbage', altered]) {
      const stranger = newClient()
      if (value !== undefined) stranger.jar.set('recipe-refresh', value)
      const refused = await refresh(stranger)
      expect([value, refused.status, json(refused).error]).toEqual([
        value,
        401,
        'Invalid refresh token',
      ])
      expect(refused.cookies).toEqual([])
    }
    expect(await status(client, '/api/me')).toBe(200)
    people.remove(userId)
    const gone = await refresh(client)
    expect([gone.status, json(gone).error]).toEqual([401, 'Invalid refresh token'])
    expect(await status(client, '/api/me')).toBe(401)
  })

  it('a spent refresh token says that somebody has a copy: the session ends for both', async () => {
    const { clock, newClient } = await startHere()
    const [client, thief] = [newClient(), newClient()]
    await signIn(client)
    thief.jar.set('recipe-refresh', client.jar.get('recipe-refresh') ?? '')
    await refresh(client)
    await refresh(client)
    clock.advance('1m')
    expect((await refresh(thief)).status).toBe(401)
    expect(await status(client, '/api/me')).toBe(401)
  })

  it('a token says who it is for and nothing that the holder must not know', async () => {
    const { newClient } = await startHere()
    const client = newClient()
    await signIn(client)
    const payload = payloadOf(client.jar.get('recipe-access'))
    expect(Object.keys(payload).sort()).toEqual(
      ['aud', 'auth_time', 'exp', 'iat', 'iss', 'jti', 'role', 'sid', 'sub', 'ver'].sort(),
    )
    expect(Object.values(payload)).not.toContain('ada')
  })

  it('a token in an address is refused on every route', async () => {
    const { newClient } = await startHere()
    const client = newClient()
    await signIn(client)
    const token = client.jar.get('recipe-access') ?? ''
    for (const path of ['/api/me', '/dashboard', '/sessions', '/nowhere']) {
      for (const query of [`access_token=${token}`, `x=${token}`]) {
        const answer = await newClient().get(`${path}?${query}`)
        expect([path, answer.status]).toEqual([path, 400])
        expect(answer.body).not.toContain(token)
      }
    }
  })

  it('signing in again or out ends what was given out before, tokens and cookie together', async () => {
    const { newClient } = await startHere()
    const client = newClient()
    await signIn(client)
    const copy = newClient()
    for (const [name, value] of client.jar) copy.jar.set(name, value)
    await client.post('/auth/login', ADA)
    expect(await both(copy)).toEqual([401, 401])
    expect(await both(client)).toEqual([200, 200])
    expect(json(await client.get('/sessions'))).toHaveLength(2)

    const second = newClient()
    await signIn(second)
    await client.post('/auth/logout')
    expect(await both(client)).toEqual([401, 401])
    expect((await refresh(client)).status).toBe(401)
    expect(await both(second)).toEqual([200, 200])
    expect(json(await second.post('/auth/logout-all'))).toEqual({ success: true, ended: 2 })
    expect(await both(second)).toEqual([401, 401])
  })
})

describe('the secrets of the recipe', () => {
  const BAD: readonly (readonly [string, string, RegExp])[] = [
    ['31 characters', 'Zr4u7x-A%D*G-KaPdSgVkYp3s6v9y-B', /must be at least 32 characters long/],
    ['one character over and over', 'a'.repeat(64), /can be guessed/],
    ['a text over and over', 'hunter2!'.repeat(8), /can be guessed/],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyz0123456789', /can be guessed/],
    ['words', 'correct-horse-battery-staple-for-the-session', /can be guessed/],
    [
      'one out of documentation',
      'aVeryStrongSecretKeyThatShouldBeAtLeast32CharactersLong',
      /can be guessed/,
    ],
  ]

  async function refusal(environment: Record<string, string | undefined>): Promise<string> {
    const { exitCode, output } = await refusedExample(RECIPE, {
      REDIS_URL: server.url,
      PORT: String(await freePort()),
      ...environment,
    })
    expect(exitCode).toBe(78)
    return output
  }

  it.each(BAD)(
    'S4-18: with %s the start is refused, whichever secret it is',
    async (_, bad, words) => {
      const { readSettings } = await import(/* @vite-ignore */ `${FOLDER}settings.mjs`)
      for (const kind of KINDS) {
        const environment = { ...freshSecrets(), [kind]: bad }
        expect(() => readSettings(environment)).toThrow(words)
        expect(() => readSettings(environment)).toThrow(kind)
      }
      const kind = KINDS[bad.length % 3] ?? 'JWT_SECRET'
      const output = await refusal({ ...freshSecrets(), [kind]: bad })
      expect(output).toMatch(words)
      expect(output).toContain(kind)
      expect(output).not.toContain(bad)
    },
  )

  it('S4-18: without a secret, or with one that two kinds share, the start is refused', async () => {
    for (const kind of KINDS) {
      const output = await refusal({ ...freshSecrets(), [kind]: undefined })
      expect(output).toContain(`${kind} is missing`)
    }
    for (const [one, other] of [
      ['JWT_SECRET', 'REFRESH_SECRET'],
      ['JWT_SECRET', 'SESSION_SECRET'],
      ['REFRESH_SECRET', 'SESSION_SECRET'],
    ] as const) {
      const good = freshSecrets()
      // Also where it hides among the older ones of a list.
      const output = await refusal({ ...good, [other]: `${good[other]},${good[one]}` })
      expect(output).toContain(`${one} and ${other} share a secret`)
      expect(output).not.toContain(good[one])
    }
  })

  it('a secret can be replaced without signing anybody out: the new one in front, the old behind it', async () => {
    const [old, store] = [freshSecrets(), createMemoryStore()]
    const before = await startHere({ store, secrets: old })
    const client = before.newClient()
    await signIn(client)
    const replaced = Object.fromEntries(KINDS.map((kind) => [kind, `${secret()},${old[kind]}`]))
    const cases: readonly (readonly [Record<string, string>, number])[] = [
      [replaced, 200],
      [freshSecrets(), 401],
    ]
    for (const [secrets, wanted] of cases) {
      const { people } = before
      const { newClient } = await startHere({ store, people, secrets })
      const later = newClient()
      for (const [name, value] of client.jar) later.jar.set(name, value)
      const answers = [...(await both(later)), (await refresh(later)).status]
      expect(answers).toEqual([wanted, wanted, wanted])
    }
  })

  it('S4-14: the doctor finds what is short, guessable, shared between kinds, or shared between environments', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sojourn-doctor-'))
    const examine = async (files: Record<string, Record<string, string>>) => {
      for (const [name, values] of Object.entries(files)) {
        const lines = Object.entries(values).map(([key, value]) => `${key}=${value}`)
        writeFileSync(join(folder, name), lines.join('\n'))
      }
      return runDoctor(Object.keys(files), folder)
    }
    const [staging, production] = [freshSecrets(), freshSecrets()]
    const healthy = await examine({ staging, production })
    expect(healthy).toEqual({ exitCode: 0, output: expect.stringContaining('All secrets are') })
    expect(await runDoctor([], folder, freshSecrets())).toMatchObject({ exitCode: 0 })
    expect(await runDoctor([], folder)).toMatchObject({ exitCode: 1 })
    const ill = [
      [{ ...staging, JWT_SECRET: 'short' }, 'staging: JWT_SECRET must be at least 32 characters'],
      [{ ...staging, SESSION_SECRET: 'ab'.repeat(32) }, 'staging: SESSION_SECRET can be guessed'],
      [
        { ...staging, REFRESH_SECRET: staging.JWT_SECRET },
        'staging: JWT_SECRET and REFRESH_SECRET share a secret',
      ],
      [{ ...staging, JWT_SECRET: production.JWT_SECRET }, 'staging and production share a secret'],
      // Another kind there is no better.
      [{ ...staging, JWT_SECRET: production.SESSION_SECRET }, 'staging and production share'],
    ] as const
    for (const [values, words] of ill) {
      const { exitCode, output } = await examine({ staging: values, production })
      expect([exitCode, output]).toEqual([1, expect.stringContaining(words)])
      for (const one of [...Object.values(values), ...Object.values(production)]) {
        if (one !== 'short') expect(output).not.toContain(one)
      }
    }
    rmSync(folder, { recursive: true })
  })

  it('S4-14: of ten thousand secrets that are random none is called weak', async () => {
    const { estimateBits } = await import(/* @vite-ignore */ `${FOLDER}secrets.mjs`)
    const forms = ['base64', 'hex', 'base64url'] as const
    const bits = Array.from({ length: 10_000 }, (_, index) =>
      Number(estimateBits(randomBytes(32).toString(forms[index % 3]))),
    )
    expect(Math.min(...bits)).toBeGreaterThan(128)
  })
})

async function runDoctor(
  files: readonly string[],
  cwd: string,
  environment: Record<string, string> = {},
): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', ...environment }
    const program = join(FOLDER, 'doctor.mjs')
    execFile(process.execPath, [program, ...files], { cwd, env }, (error, out, err) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), output: out + err })
    })
  })
}
