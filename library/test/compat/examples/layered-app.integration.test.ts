/** The layered application of the source document, as its reader starts it, on a real Redis. */
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createHmac } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import jwt from 'jsonwebtoken'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort, startRedis, type RedisServer } from '../../support/redis-server.js'
import type { WebAnswer, WebClient } from '../../support/web.js'
import {
  refusedExample,
  startExample,
  stopExamples,
  type RunningExample,
} from './running-example.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const FOLDER = join(ROOT, 'examples/layered-app')
const APP = 'layered-app/app.js'
const SESSION_SECRET = 'rKx0Vb3mQ2y7T1nL9wZs5uJd8aHf4cEg6iPo'
const JWT_SECRET = 'Jq7Yt2Nw9Rb4Ls6Xm1Zc8Vp3Kd5Gh0Fa2Ue'
const named = (username: string) => ({ username, password: 'correct horse' })
const ADA = named('ada')

let server: RedisServer
/** One application for the tests that change nothing for others: on a Redis of its own, each with a person of its own. */
let shared: RunningExample
let serverOfShared: RedisServer
let temporary = ''
beforeAll(async () => {
  ;[server, serverOfShared] = await Promise.all([startRedis(), startRedis()])
  shared = await start({ REDIS_PORT: String(serverOfShared.port) })
  temporary = mkdtempSync(join(tmpdir(), 'sojourn-layered-'))
  symlinkSync(join(ROOT, 'node_modules'), join(temporary, 'node_modules'))
})
afterEach(async () => {
  await stopExamples(shared)
  await server.cli('flushall')
  // Who tried, which is what all its tests do from one address.
  await serverOfShared.cli('del', 'limit:sign-in:127.0.0.1')
})
afterAll(async () => {
  await stopExamples()
  rmSync(temporary, { recursive: true, force: true })
  await Promise.all([server.stop(), serverOfShared.stop()])
})

type Environment = Record<string, string | undefined>

async function environment(more: Environment = {}): Promise<Environment> {
  return {
    PORT: String(await freePort()),
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(server.port),
    SESSION_SECRET,
    JWT_SECRET,
    ...more,
  }
}

async function start(more: Environment = {}, path = APP): Promise<RunningExample> {
  return startExample(path, await environment(more))
}

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly csrfToken: string
}

/** A person's browser, with what its page keeps in mind. */
class Person {
  readonly browser: WebClient
  csrfToken = ''
  readonly #headers: Record<string, string>

  constructor(browser: WebClient, headers: Record<string, string> = {}) {
    this.browser = browser
    this.#headers = headers
  }

  async open(): Promise<this> {
    const answer = await this.browser.get('/auth/csrf', { headers: this.#headers })
    this.csrfToken = (JSON.parse(answer.body) as Tokens).csrfToken
    return this
  }

  async post(path: string, body: unknown = {}, method = 'POST'): Promise<WebAnswer> {
    const headers = { ...this.#headers, 'csrf-token': this.csrfToken }
    return this.browser.post(path, body, { method, headers })
  }

  async signIn(who: object = ADA): Promise<Tokens> {
    const answer = await this.post('/auth/login', who)
    expect([answer.status, answer.body]).toEqual([200, expect.any(String)])
    const tokens = JSON.parse(answer.body) as Tokens
    this.csrfToken = tokens.csrfToken
    return tokens
  }

  async profile(): Promise<[number, unknown]> {
    return toldBy(await this.browser.get('/user/profile', { headers: this.#headers }))
  }
}

function toldBy({ status, body }: WebAnswer): [number, unknown] {
  return [status, JSON.parse(body)]
}

async function visitor(app: RunningExample, headers?: Record<string, string>): Promise<Person> {
  return new Person(app.newClient(), headers).open()
}

async function registered(app: RunningExample, who: object = ADA): Promise<Person> {
  const person = await visitor(app)
  expect((await person.post('/auth/register', who)).status).toBe(201)
  return person
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const PROFILE = [200, { username: 'ada', displayName: 'ada' }]

describe('the layered application', () => {
  it('S0-19: has exactly the files of the source document, and how to run them', () => {
    const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== '.env')
      .map((entry) => relative(FOLDER, join(entry.parentPath, entry.name)))
    expect(files.toSorted()).toEqual([
      '.env.example',
      'README.md',
      'app.js',
      'config/index.js',
      'controllers/authController.js',
      'controllers/userController.js',
      'middlewares/authMiddleware.js',
      'middlewares/csrfProtection.js',
      'middlewares/rateLimiter.js',
      'models/userModel.js',
      'package.json',
      'routes/auth.js',
      'routes/user.js',
      'services/authService.js',
      'services/userService.js',
      'utils/jwtUtil.js',
      'utils/redisClient.js',
    ])
    const { dependencies } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8'))
    expect(dependencies).toHaveProperty('sojourn')
    for (const original of ['express-session', 'connect-redis', 'csurf', 'jsonwebtoken']) {
      expect(dependencies).not.toHaveProperty(original)
    }
  })

  it('S0-20: register, sign in, look, change, refresh, sign out: two groups of routes', async () => {
    const app = shared
    const person = await registered(app)
    expect((await person.post('/auth/register', ADA)).status).toBe(409)
    expect((await person.profile())[0]).toBe(401)
    expect((await person.post('/auth/login', { ...ADA, password: 'wrong horse' })).status).toBe(401)
    const before = person.browser.jar.get('connect.sid')
    const tokens = await person.signIn()
    expect(person.browser.jar.get('connect.sid')).not.toBe(before)
    expect(await person.profile()).toEqual(PROFILE)

    const phone = app.newClient()
    expect(toldBy(await phone.get('/user/profile', bearer(tokens.accessToken)))).toEqual(PROFILE)
    const renamed = await person.post('/user/profile', { displayName: 'Ada L.' }, 'PATCH')
    expect(toldBy(renamed)).toEqual([200, { username: 'ada', displayName: 'Ada L.' }])
    // An access token alone is no cookie: no other page can send it, so it needs no CSRF token.
    const byPhone = { method: 'PATCH', ...bearer(tokens.accessToken) }
    expect((await phone.post('/user/profile', { displayName: 'A.' }, byPhone)).status).toBe(200)

    const { refreshToken } = tokens
    const next = JSON.parse((await phone.post('/auth/refresh', { refreshToken })).body) as Tokens
    expect((await phone.get('/user/profile', bearer(next.accessToken))).status).toBe(200)

    const out = await person.post('/auth/logout')
    expect(toldBy(out)).toEqual([200, { message: 'Signed out' }])
    expect((await person.profile())[0]).toBe(401)
    for (const { accessToken } of [tokens, next]) {
      expect((await phone.get('/user/profile', bearer(accessToken))).status).toBe(401)
    }
    const late = await phone.post('/auth/refresh', { refreshToken: next.refreshToken })
    expect(late.status).toBe(401)
  })

  it('a copied cookie and the access token are dead when the sign-out has been answered', async () => {
    const app = shared
    const person = await registered(app, named('bob'))
    const tokens = await person.signIn(named('bob'))
    const thief = app.newClient()
    for (const [name, value] of person.browser.jar) thief.jar.set(name, value)
    expect((await thief.get('/user/profile')).status).toBe(200)
    await person.post('/auth/logout')
    expect((await thief.get('/user/profile')).status).toBe(401)
    thief.jar.clear()
    expect((await thief.get('/user/profile', bearer(tokens.accessToken))).status).toBe(401)
  })

  it('signing out by an access token ends the tokens of that sign-in', async () => {
    const app = shared
    const eve = await registered(app, named('eve'))
    const { accessToken, refreshToken } = await eve.signIn(named('eve'))
    const phone = app.newClient()
    expect((await phone.post('/auth/logout', {}, bearer(accessToken))).status).toBe(200)
    expect((await phone.get('/user/profile', bearer(accessToken))).status).toBe(401)
    expect((await phone.post('/auth/refresh', { refreshToken })).status).toBe(401)
  })

  it('S0-10: req.csrfToken() and EBADCSRFTOKEN: without, with a wrong, with an old token, from another site', async () => {
    const app = shared
    const person = await registered(app, named('dan'))
    const early = person.csrfToken
    await person.signIn(named('dan'))
    const rename = async (headers: Record<string, string>): Promise<[number, unknown]> =>
      toldBy(
        await person.browser.post(
          '/user/profile',
          { displayName: 'x' },
          { method: 'PATCH', headers },
        ),
      )
    const refused = (reason: string) => [
      403,
      { error: expect.any(String), code: 'EBADCSRFTOKEN', reason },
    ]
    const good = { 'csrf-token': person.csrfToken }
    expect(await rename({})).toEqual(refused('token_missing'))
    expect(await rename({ 'csrf-token': 'wrong' })).toEqual(refused('token_invalid'))
    expect(await rename({ 'csrf-token': early })).toEqual(refused('token_invalid'))
    const stranger = await visitor(app)
    expect(await rename({ 'csrf-token': stranger.csrfToken })).toEqual(refused('token_invalid'))
    for (const site of ['cross-site', 'same-site']) {
      expect(await rename({ ...good, 'sec-fetch-site': site })).toEqual(refused('cross_origin'))
    }
    expect(await rename({ ...good, origin: 'https://evil.example' })).toEqual(
      refused('cross_origin'),
    )
    expect((await person.profile())[1]).toEqual({ username: 'dan', displayName: 'dan' })
    expect((await rename({ ...good, 'sec-fetch-site': 'same-origin' }))[0]).toBe(200)
    // The sign-in itself, too: nobody can be signed in as somebody else by a page of theirs.
    expect((await stranger.browser.post('/auth/login', ADA)).status).toBe(403)
  })

  it('looking at the form for a CSRF token costs no record in Redis', async () => {
    const app = await start()
    for (let count = 0; count < 10; count += 1) await visitor(app)
    expect(await server.cli('keys', '*')).toBe('')
  })

  it('counts tries in Redis, for all processes together, and says when to come back', async () => {
    const [one, other] = [await start(), await start()]
    const people = [await visitor(one), await visitor(other)]
    const answers: number[] = []
    for (let count = 0; count < 12; count += 1) {
      const answer = await people[count % 2]?.post('/auth/login')
      answers.push(answer?.status ?? 0)
      if (answer?.status === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(800)
    }
    expect(answers).toEqual([...Array<number>(10).fill(401), 429, 429])
    expect((await (await visitor(one)).profile())[0]).toBe(401)
    // A new window is a new beginning.
    await server.cli('del', 'limit:sign-in:127.0.0.1')
    expect((await people[0]?.post('/auth/login'))?.status).toBe(401)
    expect(Number(await server.cli('pttl', 'limit:sign-in:127.0.0.1'))).toBeGreaterThan(890_000)
  })

  it('keeps sessions and people when the process ends, and serves them in several', async () => {
    const first = await start()
    const person = await registered(first)
    const tokens = await person.signIn()
    const second = await start()
    const moved = second.newClient()
    for (const [name, value] of person.browser.jar) moved.jar.set(name, value)
    await first.stop()
    expect(toldBy(await moved.get('/user/profile'))).toEqual(PROFILE)
    // Its issuer is another port: those tokens are for the process that was.
    expect((await second.newClient().get('/user/profile', bearer(tokens.accessToken))).status).toBe(
      401,
    )
    const out = new Person(moved)
    await out.open()
    expect((await out.post('/auth/logout')).status).toBe(200)
    expect((await moved.get('/user/profile')).status).toBe(401)
  })

  it('without Redis and without secrets it says what to set, and runs in memory', async () => {
    const nothing = {
      REDIS_HOST: undefined,
      SESSION_SECRET: undefined,
      JWT_SECRET: 'your_jwt_secret',
    }
    const app = await start(nothing)
    for (const name of ['REDIS_HOST', 'SESSION_SECRET', 'JWT_SECRET']) {
      expect(app.output()).toContain(`${name} `)
    }
    const person = await registered(app)
    const tokens = await person.signIn()
    expect(await person.profile()).toEqual(PROFILE)
    await person.post('/auth/logout')
    expect((await app.newClient().get('/user/profile', bearer(tokens.accessToken))).status).toBe(
      401,
    )
  })
})

describe('its secrets', () => {
  it('S0-25: SESSION_SECRET signs the cookie; a new one in front of the old signs nobody out', async () => {
    const app = await start()
    const person = await registered(app)
    await person.signIn()
    const { id, signature } = cookieOf(person.browser)
    const mac = createHmac('sha256', SESSION_SECRET).update(id).digest('base64').replace(/=+$/, '')
    expect(signature).toBe(mac)
    await app.stop()

    const rotated = await start({ SESSION_SECRET: `${'n'.repeat(32)},${SESSION_SECRET}` })
    const moved = rotated.newClient()
    for (const [name, value] of person.browser.jar) moved.jar.set(name, value)
    expect((await moved.get('/user/profile')).status).toBe(200)
    await rotated.stop()

    const replaced = await start({ SESSION_SECRET: 'n'.repeat(32) })
    const late = replaced.newClient()
    for (const [name, value] of person.browser.jar) late.jar.set(name, value)
    expect((await late.get('/user/profile')).status).toBe(401)
    // What it does is said where it is set: it signs, it does not encrypt.
    for (const name of ['README.md', '.env.example']) {
      expect(readFileSync(join(FOLDER, name), 'utf8')).toMatch(/signs?[\s\S]{0,60}not encrypt/i)
    }
  })

  it('access tokens are JWTs that JWT_SECRET signs, and whose signature counts', async () => {
    const app = shared
    const person = await registered(app, named('fay'))
    const { accessToken } = await person.signIn(named('fay'))
    const claims = jwt.verify(accessToken, JWT_SECRET, { algorithms: ['HS256'] }) as jwt.JwtPayload
    expect(claims).toMatchObject({ sub: 'fay', iss: `http://localhost:${String(app.port)}` })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeLessThanOrEqual(900)
    const [head = '', body = ''] = accessToken.split('.')
    const forged = [
      jwt.sign({ ...claims }, 'another secret that is long enough', { header: decode(head) }),
      `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${body}.`,
    ]
    for (const token of forged) {
      expect((await app.newClient().get('/user/profile', bearer(token))).status).toBe(401)
    }
  })

  it.each([
    ['no session secret', { SESSION_SECRET: undefined }, 'SESSION_SECRET'],
    ['the sample for sessions', { SESSION_SECRET: 'your_session_secret' }, 'SESSION_SECRET'],
    ['the sample for tokens', { JWT_SECRET: 'your_jwt_secret' }, 'JWT_SECRET'],
    ['one of 31 characters', { JWT_SECRET: JWT_SECRET.slice(0, 31) }, 'JWT_SECRET'],
    [
      'a good one with a sample behind it',
      { SESSION_SECRET: `${SESSION_SECRET},your_session_secret` },
      'SESSION_SECRET',
    ],
    ['the same twice', { JWT_SECRET: SESSION_SECRET }, 'must differ'],
    ['no Redis', { REDIS_HOST: undefined }, 'REDIS_HOST'],
    ['the sample for Redis', { REDIS_HOST: 'your_redis_host' }, 'REDIS_HOST'],
  ])('production refuses to start with %s, and names it', async (_what, more, name) => {
    const production = await environment({ NODE_ENV: 'production', ...more })
    const { exitCode, output } = await refusedExample(APP, production)
    expect(exitCode).toBe(1)
    expect(output).toContain(name)
    for (const secret of [SESSION_SECRET, JWT_SECRET.slice(0, 31)])
      expect(output).not.toContain(secret)
  })

  it('a mode that is neither is a typing error, not a quiet way out of production', async () => {
    const { exitCode, output } = await refusedExample(
      APP,
      await environment({ NODE_ENV: 'Production' }),
    )
    expect([exitCode, output]).toEqual([1, expect.stringContaining('NODE_ENV')])
  })
})

describe('in production', () => {
  const PRODUCTION = { NODE_ENV: 'production', TRUST_PROXY: 'loopback' }
  const HTTPS = { 'x-forwarded-proto': 'https' }

  it('S0-14: HTTPS is enforced there, and only there', async () => {
    expect((await shared.newClient().get('/user/profile')).status).toBe(401)
    const app = await start({ ...PRODUCTION, PUBLIC_HOST: 'app.example' })
    const secure = await app.client.get('/auth/csrf', { headers: HTTPS })
    expect([secure.status, secure.headers['strict-transport-security']]).toEqual([
      200,
      expect.stringMatching(/^max-age=31536000/),
    ])
    const moved = await app
      .newClient()
      .get('/user/profile?a=1', { headers: { host: 'evil.example' } })
    expect([moved.status, moved.headers.location]).toEqual([
      308,
      'https://app.example/user/profile?a=1',
    ])
    const posted = await app.newClient().post('/auth/login', ADA)
    expect(toldBy(posted)).toEqual([403, { error: 'HTTPS only' }])
    for (const answer of [moved, posted]) expect(answer.cookies).toEqual([])
  })

  it('the redirect goes to the configured host whatever the request says, or nowhere', async () => {
    const app = await start({ ...PRODUCTION, PUBLIC_HOST: 'app.example' })
    for (const path of ['//evil.example/', 'http://evil.example/', '/\\evil.example']) {
      const { headers } = await app.newClient().get(path)
      expect(new URL(headers.location ?? '').host).toBe('app.example')
    }
    await app.stop()
    const hostless = await start(PRODUCTION)
    const answer = await hostless.client.get('/auth/csrf')
    expect([answer.status, answer.headers.location, answer.cookies]).toEqual([403, undefined, []])
  })

  it('believes nobody about TLS who was not named', async () => {
    const app = await start({ NODE_ENV: 'production' })
    const answer = await app.client.get('/auth/csrf', { headers: HTTPS })
    expect([answer.status, answer.cookies]).toEqual([403, []])
  })

  it('S0-15: its cookies are HttpOnly and Secure, and the whole walk works behind a proxy', async () => {
    const app = await start({ ...PRODUCTION, PUBLIC_HOST: 'app.example' })
    const headers = { ...HTTPS, host: 'app.example', origin: 'https://app.example' }
    const person = await visitor(app, headers)
    expect((await person.post('/auth/register', ADA)).status).toBe(201)
    const answer = await person.post('/auth/login', ADA)
    expect(answer.status).toBe(200)
    expect(answer.cookies.map((line) => line.split('=')[0])).toContain('connect.sid')
    for (const line of answer.cookies) {
      expect(line).toContain('; HttpOnly')
      expect(line).toContain('; Secure')
    }
    expect(await person.profile()).toEqual(PROFILE)
    const { accessToken, csrfToken } = JSON.parse(answer.body) as Tokens
    expect(jwt.decode(accessToken)).toMatchObject({ iss: 'https://app.example' })
    person.csrfToken = csrfToken
    expect((await person.post('/auth/logout')).status).toBe(200)
  })
})

describe('its imports', () => {
  const ORIGINALS = {
    middleware: ["from 'sojourn/express-session'", "from 'express-session'"],
    store: ["from 'sojourn/connect-redis'", "from 'connect-redis'"],
    csrf: ["from 'sojourn/csurf'", "from 'csurf'"],
  } as const
  const REGENERATE =
    'await new Promise((resolve, reject) => req.session.regenerate((error) => (error ? reject(error) : resolve())))'

  /** The application with some of the originals in it, as it was before they were swapped. */
  function copyWith(...originals: (keyof typeof ORIGINALS)[]): string {
    const folder = join(temporary, originals.length === 0 ? 'swapped' : originals.join('-'))
    cpSync(FOLDER, folder, { recursive: true })
    const change = (file: string, from: string, to: string): void => {
      const path = join(folder, file)
      const text = readFileSync(path, 'utf8')
      expect(text).toContain(from)
      writeFileSync(path, text.replace(from, to))
    }
    for (const one of originals) {
      const [from, to] = ORIGINALS[one]
      change(one === 'csrf' ? 'middlewares/csrfProtection.js' : 'app.js', from, to)
    }
    // What express-session has no word for.
    const signIn = 'await req.session.login(username, { keep: false })'
    change('controllers/authController.js', signIn, REGENERATE)
    return relative(join(ROOT, 'examples'), join(folder, 'app.js'))
  }

  it('S0-18: with express-session and connect-redis in it, swapping either or both, and back, signs nobody out', async () => {
    const paths = [
      copyWith('middleware', 'store', 'csrf'),
      copyWith('store', 'csrf'),
      copyWith('middleware', 'csrf'),
      copyWith('csrf'),
      copyWith(),
      copyWith('middleware', 'store', 'csrf'),
    ]
    let jar: ReadonlyMap<string, string> = new Map()
    let csrfToken = ''
    for (const [step, path] of paths.entries()) {
      const app = await start({}, path)
      const person = new Person(app.newClient())
      for (const [name, value] of jar) person.browser.jar.set(name, value)
      person.csrfToken = csrfToken
      if (step === 0) {
        await person.open()
        expect((await person.post('/auth/register', ADA)).status).toBe(201)
        await person.signIn()
      }
      expect([step, ...(await person.profile())]).toEqual([step, ...PROFILE])
      // The form that was open since the last step can still be sent.
      const renamed = await person.post('/user/profile', { displayName: 'ada' }, 'PATCH')
      expect([step, renamed.status]).toEqual([step, 200])
      await person.open()
      expect((await person.post('/user/profile', { displayName: 'ada' }, 'PATCH')).status).toBe(200)
      jar = person.browser.jar
      csrfToken = person.csrfToken
      if (step === paths.length - 1) {
        expect((await person.post('/auth/logout')).status).toBe(200)
        expect((await person.profile())[0]).toBe(401)
      }
      await app.stop()
    }
  })
})

function cookieOf(browser: WebClient): { id: string; signature: string } {
  const raw = decodeURIComponent(browser.jar.get('connect.sid') ?? '')
  const [, id = '', signature = ''] = /^s:(.+)\.([^.]+)$/.exec(raw) ?? []
  return { id, signature }
}

function decode(part: string): jwt.JwtHeader {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as jwt.JwtHeader
}
