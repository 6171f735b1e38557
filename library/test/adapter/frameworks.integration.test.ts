import type { IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WebAnswer, WebClient } from '../support/web.js'
import { EXPRESS_4, EXPRESS_5 } from './suite/express.js'
import { FASTIFY } from './suite/fastify.js'
import { FETCH } from './suite/fetch.js'
import { HONO } from './suite/hono.js'
import { KOA } from './suite/koa.js'
import type { Framework } from './suite/routes.js'
import { play, type Mood, type Play } from './suite/scene.js'

const FRAMEWORKS: readonly Framework[] = [EXPRESS_4, EXPRESS_5, FASTIFY, KOA, HONO, FETCH]
const plays = new Map<string, Play>()
/** Others, whose clocks are moved. */
const asked = new Map<string, Play>()

beforeAll(async () => {
  for (const framework of FRAMEWORKS) {
    plays.set(framework.name, await play(framework))
    asked.set(framework.name, await play(framework))
  }
})
afterAll(async () => {
  await Promise.all([...plays.values(), ...asked.values()].map((one) => one.close()))
})

const playOf = ({ name }: Framework): Play => plays.get(name) as Play
const jsonOf = ({ body }: WebAnswer): unknown => JSON.parse(body)

describe.each(FRAMEWORKS)('$name', (framework) => {
  it('signs in, knows the person again, and signs out', async () => {
    const { sojourn } = playOf(framework)
    const client = playOf(framework).visitor()
    const login = await client.post('/login?as=alice')
    expect(login.status).toBe(200)
    expect(login.cookies).toHaveLength(1)
    expect(login.headers['cache-control']).toContain('no-store')
    expect(jsonOf(await client.get('/me'))).toEqual({ subject: 'alice', unknown: false })
    const { id } = jsonOf(login) as { id: string }
    const stolen = client.cookie
    const logout = await client.post('/logout')
    expect(jsonOf(logout)).toEqual({ ended: true })
    expect(client.jar.size).toBe(0)
    const { sessions } = await sojourn.list('alice')
    expect(sessions.map((session) => session.id)).not.toContain(id)
    const again = await playOf(framework)
      .visitor()
      .get('/me', { headers: { cookie: stolen } })
    expect(again.status).toBe(401)
  })

  it('gives whoever signs in a new id, and keeps the data', async () => {
    const client = playOf(framework).visitor()
    await client.get('/set?name=before')
    const guest = client.cookie
    await client.post('/login?as=bob')
    expect(client.cookie).not.toBe(guest)
    expect(jsonOf(await client.get('/get'))).toEqual({ name: 'before' })
    const old = await playOf(framework)
      .visitor()
      .get('/me', { headers: { cookie: guest } })
    expect(old.status).toBe(401)
    expect(jsonOf(old)).toMatchObject({ code: 'session_rotated' })
  })

  it('asks the store nothing and sets no cookie where the session is not used', async () => {
    const { calls } = playOf(framework)
    const client = await playOf(framework).signedIn()
    const before = client.cookie
    const answer = await client.get('/plain')
    expect(jsonOf(answer)).toEqual({ plain: true })
    expect(answer.cookies).toEqual([])
    expect(answer.headers['vary']).toBeUndefined()
    expect(answer.headers['cache-control']).toBeUndefined()
    expect(calls).toEqual([])
    expect(client.cookie).toBe(before)
  })

  it('asks the store nothing for a visitor without a cookie, and makes no guest of one who only looks', async () => {
    const { calls } = playOf(framework)
    calls.length = 0
    const answer = await playOf(framework).visitor().get('/get')
    expect(jsonOf(answer)).toEqual({ name: null })
    expect(answer.cookies).toEqual([])
    expect(answer.headers['vary']).toContain('Cookie')
    expect(calls).toEqual([])
  })

  it('keeps what is written, of guests and of people', async () => {
    const guest = playOf(framework).visitor()
    const set = await guest.get('/set?name=ada')
    expect(set.cookies).toHaveLength(1)
    expect(set.cookies[0]).toContain('-guest=')
    expect(jsonOf(await guest.get('/get'))).toEqual({ name: 'ada' })
    const person = await playOf(framework).signedIn()
    expect((await person.get('/set?name=grace')).cookies).toEqual([])
    expect(jsonOf(await person.get('/get'))).toEqual({ name: 'grace' })
  })

  it('loses no step where requests of one session run side by side', async () => {
    const client = await playOf(framework).signedIn()
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.get('/count')))
    const counts = answers.map((answer) => (jsonOf(answer) as { count: number }).count)
    expect(counts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('sees a revocation with the next request, and says why to its holder alone', async () => {
    const client = await playOf(framework).signedIn('carol')
    const { sessions } = await playOf(framework).sojourn.list('carol')
    await playOf(framework).sojourn.revoke(sessions[0]?.id ?? '', { reason: 'revoked_admin' })
    for (const path of ['/me', '/fresh']) {
      const refused = await client.get(path)
      expect(refused.status).toBe(401)
      expect(jsonOf(refused)).toMatchObject({ code: 'session_ended', reason: 'revoked_admin' })
      expect(refused.headers['www-authenticate']).toContain('reason="revoked_admin"')
    }
  })

  it('asks the store again on a route that says so, whatever the near cache knows', async () => {
    const cached = await play(framework, { cache: { maxStaleness: '1m' } })
    const client = await cached.signedIn()
    await client.get('/me')
    cached.calls.length = 0
    await client.get('/me')
    expect(cached.calls).not.toContain('read')
    await client.get('/fresh')
    expect(cached.calls).toContain('read')
    await cached.close()
  })

  it('lets nothing be written on a route that only reads', async () => {
    const client = await playOf(framework).signedIn()
    const answer = await client.get('/read-only')
    expect(jsonOf(answer)).toEqual({ outcome: 'ERR_SESSION_READ_ONLY' })
  })

  it('answers 500 where a handler throws', async () => {
    const client = await playOf(framework).signedIn()
    const answer = await client.get('/throws')
    expect(answer.status).toBe(500)
    expect(answer.cookies).toEqual([])
    // What was set is saved where the framework answers, and lost where the error goes past the adapter.
    const kept = framework === FETCH ? null : 'thrown'
    expect(jsonOf(await client.get('/get'))).toEqual({ name: kept })
  })

  it('answers HEAD with the head of GET', async () => {
    const client = await playOf(framework).signedIn()
    const answer = await client.send('/me', { method: 'HEAD' })
    expect(answer.status).toBe(200)
    expect(answer.body).toBe('')
    expect(answer.headers['vary']).toContain('Cookie')
    const refused = await playOf(framework).visitor().send('/me', { method: 'HEAD' })
    expect(refused.status).toBe(401)
    expect(refused.body).toBe('')
  })

  it('sends the cookie of a new session with a redirect', async () => {
    const client = playOf(framework).visitor()
    const answer = await client.get('/redirect')
    expect(answer.status).toBe(303)
    expect(answer.headers['location']).toMatch(/\/get$/)
    expect(answer.cookies).toHaveLength(1)
    expect(jsonOf(await client.get('/get'))).toEqual({ name: 'redirected' })
  })

  it('saves at once what is written behind the head of a streamed answer', async () => {
    const client = await playOf(framework).signedIn()
    expect((await client.get('/stream')).body).toBe('one saved')
    expect(jsonOf(await client.get('/late'))).toEqual({ late: true })
    expect(jsonOf(await client.get('/get'))).toEqual({ name: 'streamed' })
  })

  it('refuses a sign-in behind the head, whose cookie could not be sent', async () => {
    const answer = await playOf(framework).visitor().get('/late-guest')
    expect(answer.body).toBe('one ERR_HEADERS_SENT')
    expect(answer.cookies).toEqual([])
  })

  it('takes a token of this session for a form, and none of another', async () => {
    const client = await playOf(framework).signedIn()
    const { token } = jsonOf(await client.get('/form')) as { token: string }
    expect((await client.post('/form')).status).toBe(403)
    const byHeader = await client.post('/form', {}, { headers: { 'x-csrf-token': token } })
    expect(jsonOf(byHeader)).toEqual({ done: true })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const field = new URLSearchParams({ _csrf: token }).toString()
    const byField = { method: 'POST', headers: form, body: field }
    expect(jsonOf(await client.send('/form', byField))).toEqual({ done: true })
    const other = await playOf(framework).signedIn('mallory')
    expect((await other.send('/form', byField)).status).toBe(403)
  })

  it('gives a visitor without a session a token and its cookie, and no record', async () => {
    const { calls } = playOf(framework)
    calls.length = 0
    const client = playOf(framework).visitor()
    const page = await client.get('/form')
    expect(page.cookies).toHaveLength(1)
    expect(calls).toEqual([])
    const { token } = jsonOf(page) as { token: string }
    const answer = await client.post('/form', {}, { headers: { 'x-csrf-token': token } })
    expect(jsonOf(answer)).toEqual({ done: true })
  })

  it('exchanges refresh tokens, takes the access token as bearer, and ends both by one revocation', async () => {
    const client = await playOf(framework).signedIn('dora')
    const issued = jsonOf(await client.post('/tokens')) as Pair
    const bearer = playOf(framework).visitor()
    const first = await bearer.get('/auth', authorized(issued))
    expect(jsonOf(first)).toEqual({ subject: 'dora', unknown: false })
    const { refreshToken } = issued
    const renewed = await bearer.post('/token/refresh', { refreshToken })
    expect(renewed.status).toBe(200)
    const next = jsonOf(renewed) as Pair
    const basic = `Basic ${Buffer.from('api:s3cret').toString('base64')}`
    const asClient = { headers: { authorization: basic } }
    const seen = await bearer.post('/token/introspect', { token: next.accessToken }, asClient)
    expect(jsonOf(seen)).toMatchObject({ active: true, sub: 'dora' })
    const revoked = await bearer.post('/token/revoke', { token: next.refreshToken }, asClient)
    expect([revoked.status, revoked.body]).toEqual([200, ''])
    expect((await bearer.get('/auth', authorized(next))).status).toBe(401)
    expect((await client.get('/me')).status).toBe(401)
    const ended = await bearer.get('/ended?since=0', asClient)
    expect((jsonOf(ended) as { sessions: unknown[] }).sessions.length).toBeGreaterThan(0)
    expect((jsonOf(await bearer.get('/jwks')) as { keys: unknown[] }).keys).toHaveLength(1)
  })

  it('lets so many requests through and no more', async () => {
    const limited = await play(framework)
    const client = limited.visitor()
    const statuses: number[] = []
    for (let at = 0; at < 3; at += 1) statuses.push((await client.get('/limited')).status)
    expect(statuses).toEqual([200, 200, 429])
    await limited.close()
  })

  it('holds an answer until the session is durable', async () => {
    const { sojourn } = playOf(framework)
    const client = await playOf(framework).signedIn('eve')
    const seen: unknown[] = []
    for (let at = 0; at < 5; at += 1) {
      await client.send(`/set?name=${String(at)}`, {
        onHead: () => seen.push(at),
      })
      expect(jsonOf(await client.get('/get'))).toEqual({ name: String(at) })
    }
    expect((await sojourn.list('eve')).sessions).toHaveLength(1)
  })

  it('tells pages from other answers with their security headers, errors included', async () => {
    const client = playOf(framework).visitor()
    const page = await client.get('/page')
    const [, nonce = ''] = /nonce="([^"]+)"/.exec(page.body) ?? []
    expect(nonce).not.toBe('')
    expect(page.headers['content-security-policy']).toContain(`'nonce-${nonce}'`)
    const api = await client.get('/api')
    expect(api.headers['content-security-policy']).toContain("default-src 'none'")
    const headers = { origin: 'https://shop.example' }
    const error = await client.get('/api/throws', { headers })
    expect(error.status).toBe(500)
    if (framework === FETCH) return
    expect(error.headers['x-content-type-options']).toBe('nosniff')
    expect(error.headers['access-control-allow-origin']).toBe('https://shop.example')
  })
})

interface Pair {
  readonly accessToken: string
  readonly refreshToken: string
}

const authorized = ({ accessToken }: Pair) => ({
  headers: { authorization: `Bearer ${accessToken}` },
})

/** What belongs to the connection, or is the framework's own habit, is no part of an answer. */
const HABITS = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])

function answerOf({ status, headers, body }: WebAnswer): object {
  const told: IncomingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers)) if (!HABITS.has(name)) told[name] = value
  // What the application answers itself, each framework describes in its own words.
  if (status === 200 && body !== '') return { status, body }
  // Of no body, Hono on Node says that it is text, and Node says that it has no bytes.
  if (body === '') {
    delete told['content-type']
    delete told['content-length']
  }
  return { status, headers: told, body }
}

/** Questions whose answer has to be the same, to the letter, whatever the framework. */
const QUESTIONS: readonly (readonly [
  number,
  string,
  (client: WebClient, at: Play) => Promise<WebAnswer>,
])[] = [
  [401, 'nobody at a guarded route', (client) => client.get('/me')],
  [401, 'nobody where access tokens count', (client) => client.get('/auth')],
  [401, 'a forged cookie', async (_client, at) => (await forger(at)).get('/me')],
  [
    401,
    'a bad access token',
    (client) => client.get('/auth', bearer('eyJhbGciOiJFUzI1NiJ9.e30.AAAA')),
  ],
  [401, 'a refresh token as bearer', (client) => client.get('/auth', bearer('rt.aa.bb.cc'))],
  [400, 'two people at once', (client) => client.get('/anybody', twice())],
  [400, 'a token in the address', (client) => client.get('/me?access_token=abc')],
  [
    401,
    'an idle session that is over',
    async (_client, at) => {
      const late = await at.signedIn('frank')
      at.clock.advance('30d')
      return late.get('/me')
    },
  ],
  [
    401,
    'a sign-in that is not recent',
    async (_client, at) => {
      const late = await at.signedIn('frank')
      at.clock.advance('6m')
      return late.get('/recent')
    },
  ],
  [
    403,
    'a page of another site',
    (client) => client.post('/origin', {}, { headers: { 'sec-fetch-site': 'cross-site' } }),
  ],
  [
    403,
    'a form without a token',
    async (_client, at) => (await at.signedIn()).post('/form', { _csrf: 'x' }),
  ],
  [403, 'plain http where a program asks', (client) => client.get('/https')],
  [
    308,
    'plain http where a page is opened',
    (client) => client.get('/https?next=%2F', { headers: { accept: 'text/html' } }),
  ],
  [
    204,
    'a preflight',
    (client) =>
      client.send('/cors', {
        method: 'OPTIONS',
        headers: { origin: 'https://shop.example', 'access-control-request-method': 'GET' },
      }),
  ],
  [
    403,
    'a preflight of another origin',
    (client) =>
      client.send('/cors', {
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
      }),
  ],
  [
    401,
    'nobody from a named origin',
    (client) => client.get('/cors', { headers: { origin: 'https://shop.example' } }),
  ],
  [
    403,
    'an image in a page of another site',
    (client) =>
      client.get('/embedded', {
        headers: {
          'sec-fetch-site': 'cross-site',
          'sec-fetch-dest': 'image',
          'sec-fetch-mode': 'no-cors',
        },
      }),
  ],
  [
    429,
    'too many requests',
    async (client) => {
      await client.get('/limited')
      await client.get('/limited')
      return client.get('/limited')
    },
  ],
  [401, 'no refresh token', (client) => client.post('/token/refresh', {})],
  [
    400,
    'a bad refresh token',
    (client) => client.post('/token/refresh', { refresh_token: 'x', grant_type: 'refresh_token' }),
  ],
  [
    400,
    'a refresh token in two places',
    (client) => client.post('/token/refresh', { refreshToken: 'x', refresh_token: 'x' }),
  ],
  [
    401,
    'a client without its secret',
    (client) => client.post('/token/introspect', { token: 'x' }),
  ],
  [
    200,
    'a token nobody knows',
    (client) =>
      client.post('/token/introspect', { token: 'x', client_id: 'api', client_secret: 's3cret' }),
  ],
  [
    200,
    'a revocation by a form',
    (client) =>
      client.send('/token/revoke', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'token=x&client_id=api&client_secret=s3cret',
      }),
  ],
]

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

/** A token that is none, twice: `header_duplicate` wherever the header can be seen twice. */
const twice = () => ({ headers: { authorization: ['Bearer a', 'Bearer b'] as unknown as string } })

/** Somebody whose cookie has the right name and form, and a secret that nobody was given. */
async function forger(at: Play): Promise<WebClient> {
  const client = await at.signedIn()
  for (const [name, value] of client.jar) {
    client.jar.set(
      name,
      value.replace(/[^.]+$/, (secret) => [...secret].toReversed().join('')),
    )
  }
  return client
}

describe('all frameworks give the same answer, to the letter, to', () => {
  it.each(QUESTIONS)('%i for %s', async (status, _what, ask) => {
    const answers = new Map<string, object>()
    for (const [name, at] of asked) answers.set(name, answerOf(await ask(at.visitor(), at)))
    const [reference] = answers.values()
    expect(reference).toMatchObject({ status })
    for (const [name, answer] of answers)
      expect({ name, ...answer }).toEqual({ name, ...reference })
  })

  it.each(['throws', 'silent'] as const)('people while the store %s', async (mood: Mood) => {
    const answers = new Map<string, object[]>()
    for (const framework of FRAMEWORKS)
      answers.set(framework.name, await askWithout(framework, mood))
    const [reference] = answers.values()
    expect(reference?.map((answer) => (answer as { status: number }).status)).toEqual([
      503, 503, 503, 503, 503, 200,
    ])
    for (const [name, answer] of answers) expect([name, answer]).toEqual([name, reference])
  })
})

async function askWithout(framework: Framework, mood: Mood): Promise<object[]> {
  const at = await play(framework)
  const client = await at.signedIn()
  const { refreshToken } = jsonOf(await client.post('/tokens')) as Pair
  at.mood = mood
  const before = client.cookie
  const answers = [
    await client.get('/me'),
    await client.get('/fresh'),
    await client.get('/set?name=lost'),
    await client.get('/own-headers'),
    await at.visitor().post('/token/refresh', { refreshToken }),
    await client.get('/optional'),
  ]
  for (const answer of answers) {
    expect(answer.cookies).toEqual([])
    if (answer.status === 503) expect(answer.headers['retry-after']).toBe('1')
  }
  expect(client.cookie).toBe(before)
  at.mood = 'well'
  await at.close()
  return answers.map(answerOf)
}
