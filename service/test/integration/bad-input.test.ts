/** What nobody should send, sent to a service in production: each row of the catalogue by its answer. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessionTokens } from '../../../library/src/credential/session-token.js'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import type { Answer, Client, RequestFacts } from '../support/client.js'
import { BY_HTTPS, production } from '../support/https.js'
import { percentile } from '../support/load.js'
import { speak } from '../support/raw.js'
import { startService, type Service } from '../support/service.js'

const PASSWORD = 'correct horse battery 9'
const JSON_TYPE = { 'Content-Type': 'application/json' }
const VECTORS = new URL(
  '../../../library/test/vectors/jsontestsuite/test_parsing.json',
  import.meta.url,
)

const environment = production()
let service: Service
let redis: RedisServer
/** Signed in, with one cookie called `name`, whose value is `token`. */
let ada: Client
let name: string
let token: string
let slowBody: Promise<string>

beforeAll(async () => {
  redis = await startRedis()
  // All of it comes from one network; what is refused there too often has a test file of its own.
  const limits = { MAX_LOGIN_ATTEMPTS: '1000', RATE_LIMIT: '100000' }
  service = await startService({ ...environment, ...limits, REDIS_URL: redis.url })
  ada = somebody()
  await ada.post('/register', { username: 'ada', password: PASSWORD })
  ;[[name, token] = ['', '']] = [...ada.jar]
  // Asked for now, because its answer takes ten seconds.
  slowBody = speak(
    service.port,
    'POST /login HTTP/1.1\r\nHost: app.example\r\nX-Forwarded-Proto: https\r\n' +
      'Content-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n',
    14_000,
  )
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await redis.stop()
})

const somebody = (headers: Readonly<Record<string, string>> = {}): Client =>
  service.client({ headers: { ...BY_HTTPS, ...headers } })

/** Asks for the dashboard with this Cookie header. */
const withCookie = (cookie: string, path = '/dashboard'): Promise<Answer> =>
  somebody().get(path, { cookie })

function expectProblem(answer: Answer, status: number, code: string, message: string): void {
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(answer.json()).toMatchObject({ status, code, message, error: expect.any(String) })
  expect(answer.status).toBe(status)
  expect(answer.cookies).toEqual([])
}

/** How often Redis has looked at a record: each call for a session does. Heartbeats and pulses do not. */
async function storeCalls(): Promise<number> {
  const stats = await redis.cli('info', 'commandstats')
  const calls = [...stats.matchAll(/cmdstat_(?:hgetall|hmget):calls=(\d+)/g)]
  return calls.reduce((sum, [, count]) => sum + Number(count), 0)
}

const MALFORMED = [401, 'session_invalid', 'The session cookie is malformed.'] as const
const MISSING = [401, 'session_missing', 'No session. Please sign in.'] as const

describe('cookies', () => {
  it('cookie-01: an empty one is none', async () => {
    expectProblem(await withCookie(`${name}=`), ...MISSING)
  })

  it('cookie-02, cookie-03, cookie-14, behaviour 22b: what cannot be ours is malformed, without a store call', async () => {
    const foreign = createSessionTokens(['somebody else’s secret of 32 bytes'], 32).mint('AA').token
    const wrong = [
      ...['%%%', 'x', '"', `"${token}"`, 's:abc.def', 'j:{"a":1}', 'A'.repeat(4_000), foreign],
      ...[token.slice(0, -1), `${token}A`, token.slice(1), `A${token}`],
      ...[
        `${token}%00`,
        `${token}%0d%0aX: y`,
        token.replace('.', '%2e'),
        `${token.slice(0, -1)}%41`,
      ],
    ]
    // The last end is looked at once more within a second: it might have been lost.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    const before = await storeCalls()
    for (const value of wrong) {
      expectProblem(await withCookie(`${name}=${value}`), ...MALFORMED)
      const open = await withCookie(`${name}=${value}`, '/public')
      expect([open.status, open.json().authenticated]).toEqual([200, false])
    }
    expect(await storeCalls()).toBe(before)
    expect((await ada.get('/dashboard')).status).toBe(200)
    expect(await storeCalls()).toBeGreaterThan(before)
  })

  it('cookie-04: one of ours that is unknown has ended; in public it is told from a malformed one by nothing', async () => {
    const tokens = createSessionTokens([environment['SESSION_SECRET'] ?? ''], 32)
    const unknown = (): string => `${name}=${tokens.mint('AA').token}`
    const gone = 'The session does not exist or has ended.'
    expectProblem(await withCookie(unknown()), 401, 'session_unknown', gone)
    const times: Record<'unknown' | 'malformed', number[]> = { unknown: [], malformed: [] }
    for (let round = 0; round < 20; round += 1) {
      const answers = {
        unknown: await withCookie(unknown(), '/public'),
        malformed: await withCookie(`${name}=${token.slice(1)}`, '/public'),
      }
      expect(answers.unknown.text).toBe(answers.malformed.text)
      expect(comparable(answers.unknown)).toEqual(comparable(answers.malformed))
      times.unknown.push(answers.unknown.milliseconds)
      times.malformed.push(answers.malformed.milliseconds)
    }
    expectAlike(times.unknown, times.malformed)
  })

  it('cookie-06: two of one name are refused', async () => {
    const both = await withCookie(`${name}=${token}; ${name}=evil`)
    const message = 'Two session cookies with the same name were sent.'
    expectProblem(both, 400, 'cookie_duplicate', message)
  })

  it('cookie-07, cookie-08, cookie-09: other names do nothing, however like ours they look', async () => {
    const others = [
      `${name.toLowerCase()}=evil`,
      `${name.toUpperCase()}=evil`,
      // U+00A0 and U+2000 in UTF-8, and U+00A0 as one byte.
      `\u00c2\u00a0${name}=evil`,
      `\u00e2\u0080\u0080${name}=evil`,
      `\u00a0${name}=evil`,
      '__proto__=x; constructor=y; toString=z; hasOwnProperty=a',
    ]
    for (const other of others) {
      expect((await withCookie(`${other}; ${name}=${token}`)).status).toBe(200)
      expect((await withCookie(`${name}=${token}; ${other}`)).status).toBe(200)
      expectProblem(await withCookie(other.replace('evil', token)), ...MISSING)
    }
  })

  it('cookie-10: there is no quoting that hides a semicolon', async () => {
    expectProblem(await withCookie(`$Version=1; ${name}="a; b"`), ...MALFORMED)
  })

  it('cookie-11: 15 KB of them are refused unread', async () => {
    const message = 'The Cookie header is larger than 8192 bytes.'
    const large = `${name}=${token}; x=${'y'.repeat(15_000)}`
    expectProblem(await withCookie(large), 400, 'header_too_large', message)
  })

  it('cookie-12: 20 KB of them are too much for Node, and the service stays', async () => {
    expect((await withCookie(`x=${'y'.repeat(20_000)}`)).status).toBe(431)
    expect((await ada.get('/dashboard')).status).toBe(200)
  })

  it('cookie-13: 300 of them are refused', async () => {
    const many = Array.from({ length: 300 }, (_, index) => `c${index}=1`).join('; ')
    const answer = await withCookie(`${many}; ${name}=${token}`)
    expectProblem(answer, 400, 'cookie_too_many', 'More than 100 cookies were sent.')
  })

  it('cookie-21: what a guest had before the sign-in gets nobody in', async () => {
    const client = somebody()
    await client.get('/')
    const guest = client.cookie
    await client.post('/login', { username: 'ada', password: PASSWORD })
    const message = 'The session does not exist or has ended.'
    expectProblem(await withCookie(guest), 401, 'session_rotated', message)
    expect((await client.get('/dashboard')).status).toBe(200)
  })
})

describe('addresses', () => {
  it('query-04: a limit is a whole number from 1 to 100', async () => {
    for (const limit of ['-1', '0', '1e9', 'NaN', '10abc', '[]', '101', '1.5', '', '+1', '0x10']) {
      const answer = await ada.get(`/sessions?limit=${encodeURIComponent(limit)}`)
      const message = 'limit must be a whole number from 1 to 100.'
      expectProblem(answer, 400, 'field_invalid', message)
    }
    expect((await ada.get('/sessions?limit=1')).status).toBe(200)
  })

  it('query-05: a cursor that is garbage, tampered with or somebody else’s is refused', async () => {
    const grace = somebody()
    await grace.post('/register', { username: 'grace', password: PASSWORD })
    for (let round = 0; round < 2; round += 1) {
      await somebody().post('/login', { username: 'grace', password: PASSWORD })
    }
    const first = await grace.get('/sessions?limit=1')
    const next = /<([^>]+)>; rel="next"/.exec(String(first.headers['link']))?.[1] ?? ''
    expect((await grace.get(next)).json()).toHaveLength(1)
    const cursor = new URL(next, 'http://x').searchParams.get('cursor') ?? ''
    const middle = Math.floor(cursor.length / 2)
    const changed = cursor[middle] === 'A' ? 'B' : 'A'
    const tampered = cursor.slice(0, middle) + changed + cursor.slice(middle + 1)
    const message = 'cursor is not valid.'
    for (const wrong of [
      'x',
      '%',
      '../..',
      `${cursor}A`,
      cursor.slice(1),
      tampered,
      '1'.repeat(5_000),
    ]) {
      const answer = await grace.get(`/sessions?cursor=${encodeURIComponent(wrong)}`)
      expectProblem(answer, 400, 'field_invalid', message)
    }
    expectProblem(await ada.get(next), 400, 'field_invalid', message)
  })

  it('query-06: each parameter may be given once, and has no structure', async () => {
    const different = Array.from({ length: 500 }, (_, index) => `p${index}`).join('&')
    const many = 'a&'.repeat(5_000)
    for (const query of ['a=1&a=2', 'a[]=1&a[b]=2', 'a=1&%61=2', different, many]) {
      for (const path of ['/sessions', '/', '/login', '/nowhere']) {
        const answer = await ada.get(`${path}?${query}`)
        expectProblem(answer, 400, 'query_invalid', 'Each parameter may be given once.')
      }
    }
  })

  it('query-10, CVE-2026-126357: a path is what it is: no other spelling leads to the same route', async () => {
    const paths = [
      '/sessions/%2e%2e%2fadmin',
      '//sessions',
      '/sessions/;x',
      '/sessions/',
      '/Sessions',
    ]
    const more = ['/dashboard/', '/DASHBOARD', '/%64ashboard', '/./dashboard', '/x/../dashboard']
    for (const path of [...paths, ...more]) {
      for (const client of [ada, somebody()]) {
        const answer = await client.get(path)
        expect([path, answer.status]).toEqual([path, 404])
        expectProblem(answer, 404, 'not_found', 'Not found.')
      }
    }
  })
})

describe('JSON bodies', () => {
  const sent = (
    body: string | Buffer,
    path = '/login',
    facts: RequestFacts = {},
  ): Promise<Answer> => somebody().request('POST', path, { headers: JSON_TYPE, body, ...facts })

  it('json-01: what is not JSON is refused', async () => {
    expectProblem(await sent('{'), 400, 'body_malformed', 'The request body is not valid JSON.')
  })

  it('json-02: what is no object is refused', async () => {
    for (const body of ['[]', '"x"', '1', 'null', 'true']) {
      const message = 'The request body must be a JSON object.'
      expectProblem(await sent(body), 400, 'body_malformed', message)
    }
  })

  it('json-03: every text that JSONTestSuite wants refused is refused', async () => {
    const { files } = JSON.parse(readFileSync(VECTORS, 'utf8')) as { files: Record<string, string> }
    const wrong = Object.entries(files).filter(([name]) => name.startsWith('n_'))
    expect(wrong).toHaveLength(188)
    const client = somebody()
    for (const [name, base64] of wrong) {
      const body = Buffer.from(base64, 'base64')
      const answer = await client.request('POST', '/login', { headers: JSON_TYPE, body })
      const isLarge = body.length > 16_384
      expect([name, answer.status]).toEqual([name, isLarge ? 413 : 400])
      if (!isLarge) expect(answer.json()).toMatchObject({ code: 'body_malformed' })
    }
  })

  it('json-04: a field that is given twice is refused', async () => {
    const answer = await sent('{"username":"a","username":"b"}')
    expectProblem(answer, 400, 'body_malformed', 'The field username is given twice.')
  })

  it('json-05: what is nested too deeply is refused', async () => {
    const deep = '{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000)
    for (const body of [`{"a":${'['.repeat(10_000)}`.slice(0, 16_000), deep.slice(0, 16_384)]) {
      const message = 'The request body is nested too deeply.'
      expectProblem(await sent(body), 400, 'body_malformed', message)
    }
  })

  it('json-06, json-11: more than 16 KB is refused, a password of 1 MB too, and none is hashed', async () => {
    for (const length of [17 * 1024, 1024 * 1024]) {
      const answer = await sent(JSON.stringify({ username: 'ada', password: 'x'.repeat(length) }))
      const message = 'The request body is larger than 16 KB.'
      expectProblem(answer, 413, 'body_too_large', message)
      // A hash takes 19 MB and some 25 ms of the processor; who is refused here was not even looked up.
      expect(answer.json()).not.toHaveProperty('error', 'Invalid credentials')
    }
  })

  it('json-08, json-16: a username is a string', async () => {
    for (const username of [undefined, null, 1, ['ada'], { $ne: null }, true]) {
      const body = JSON.stringify({ username, password: PASSWORD })
      for (const path of ['/login', '/register']) {
        const message = 'username must be a string.'
        expectProblem(await sent(body, path), 400, 'field_invalid', message)
      }
    }
  })

  it('json-09: a username has 1 to 254 visible characters', async () => {
    for (const username of ['', '   ', 'x'.repeat(300), 'a\u0000b', 'a\u202eb']) {
      const body = JSON.stringify({ username, password: PASSWORD })
      for (const path of ['/login', '/register']) {
        const message = 'username must be 1 to 254 visible characters.'
        expectProblem(await sent(body, path), 400, 'field_invalid', message)
      }
    }
  })

  it('json-12: a password that shares its first 72 bytes is another one', async () => {
    const password = 'p'.repeat(72)
    await somebody().post('/register', { username: 'long', password: `${password}1` })
    const wrong = 'Wrong user name or password.'
    for (const other of [password, `${password}2`]) {
      const answer = await somebody().post('/login', { username: 'long', password: other })
      expectProblem(answer, 401, 'credentials_invalid', wrong)
    }
    const right = await somebody().post('/login', { username: 'long', password: `${password}1` })
    expect(right.status).toBe(200)
  })

  it('json-13: nothing tells an unknown person from a wrong password, nor the time it takes', async () => {
    const client = somebody()
    const times: Record<string, number[]> = { known: [], unknown: [] }
    const heard: Record<string, unknown> = {}
    await client.post('/login', { username: 'nobody', password: 'wrong' })
    for (let round = 0; round < 15; round += 1) {
      // Somebody else each time: later failures of one person wait, and those of nobody do too.
      await somebody().post('/register', { username: `known-${round}`, password: PASSWORD })
      for (const kind of ['known', 'unknown']) {
        const username = `${kind}-${round}`
        const answer = await client.post('/login', { username, password: 'wrong password' })
        expectProblem(answer, 401, 'credentials_invalid', 'Wrong user name or password.')
        times[kind]?.push(answer.milliseconds)
        heard[kind] = [answer.status, comparable(answer), answer.text]
      }
    }
    expect(heard['unknown']).toEqual(heard['known'])
    expectAlike(times['known'] ?? [], times['unknown'] ?? [])
  })

  it('json-14: __proto__ and constructor are fields that nobody knows', async () => {
    for (const field of ['__proto__', 'constructor']) {
      const value = field === 'constructor' ? '{"prototype":{"admin":true}}' : '{"admin":true}'
      for (const path of ['/login', '/register']) {
        const answer = await sent(`{"username":"ada","password":"x","${field}":${value}}`, path)
        expectProblem(answer, 400, 'field_unknown', `Unknown field ${field}.`)
      }
    }
  })

  it('json-15: fields that nobody asked for are refused', async () => {
    for (const field of ['role', 'userId', 'sid', 'createdAt']) {
      const body = { username: 'eve', password: PASSWORD, [field]: 'admin' }
      for (const path of ['/login', '/register']) {
        const answer = await somebody().post(path, body)
        expectProblem(answer, 400, 'field_unknown', `Unknown field ${field}.`)
      }
    }
  })

  it('ASVS 15.3.3: what a client may not set, it cannot set by saying so', async () => {
    const client = somebody()
    for (const path of ['/login', '/register', '/password', '/reauthenticate']) {
      const body = { password: PASSWORD, role: 'admin' }
      expect((await client.post(path, body)).status).toBeGreaterThanOrEqual(400)
    }
    await client.post('/register', { username: 'eve', password: PASSWORD })
    const before = (await client.get('/session')).json()
    const evil = {
      role: 'admin',
      userId: 'ada',
      subject: 'ada',
      id: 'x',
      createdAt: 0,
      expiresAt: 9e15,
    }
    const after = (await client.patch('/session', evil)).json()
    expect(after.data).toEqual(evil)
    const facts = ({ data: _, serverTime: __, ...rest }: Record<string, unknown>) => rest
    expect(facts((await client.get('/session')).json())).toEqual(facts(before))
    const polluted = { headers: JSON_TYPE, body: '{"__proto__":{"role":"admin"}}' }
    expect((await client.request('PATCH', '/session', polluted)).status).toBe(400)
    expect((await client.get('/dashboard')).json().user.username).toBe('eve')
  })

  it('json-19: the name of a device has at most 64 characters; what is markup in it is shown as text', async () => {
    const { id } = (await ada.get('/session')).json<{ id: string }>()
    const device = async (): Promise<object> =>
      (await ada.get('/sessions'))
        .json<{ id: string; device: object }[]>()
        .find((one) => one.id === id)?.device ?? {}
    const before = await device()
    const markup = '<script>alert(1)</script>'
    for (const name of ['x'.repeat(10_240), '<b>'.repeat(3_000), markup.repeat(3)]) {
      const answer = await ada.patch(`/sessions/${id}`, { name })
      expectProblem(answer, 400, 'field_invalid', 'name must be at most 64 characters.')
      const body = new URLSearchParams({ name }).toString()
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
      const byForm = await ada.request('POST', `/sessions/${id}/name`, { headers, body })
      expect(byForm.status).toBe(body.length > 16_384 ? 413 : 400)
    }
    for (const name of ['a\u202eb', '\u0000', ' ', '\u200b']) {
      expect((await ada.patch(`/sessions/${id}`, { name })).json()).toMatchObject({
        status: 400,
        field: 'name',
      })
    }
    expect(await device()).toEqual(before)
    expect((await ada.patch(`/sessions/${id}`, { name: markup })).status).toBe(200)
    expect(await device()).toMatchObject({ ...before, name: markup })
    const page = (await ada.page('/sessions')).text
    expect(page).toContain('&lt;script>alert(1)&lt;/script>')
    expect(page).not.toContain(markup)
    // Nobody else names it, and an empty name takes it away.
    const mallory = somebody()
    await mallory.post('/register', { username: 'namer', password: PASSWORD })
    const other = await mallory.patch(`/sessions/${id}`, { name: 'mine' })
    expectProblem(other, 404, 'session_unknown', 'No such session.')
    expect((await ada.patch(`/sessions/${id}`, { name: '' })).status).toBe(200)
    expect(await device()).toEqual(before)
  })

  it('json-20: the session of another person is none', async () => {
    const mallory = somebody()
    await mallory.post('/register', { username: 'mallory', password: PASSWORD })
    const { id } = (await ada.get('/session')).json<{ id: string }>()
    const answer = await mallory.delete(`/sessions/${id}`)
    expectProblem(answer, 404, 'session_unknown', 'No such session.')
    expect((await ada.get('/dashboard')).status).toBe(200)
  })

  it('json-07: a body that never comes is waited for ten seconds', async () => {
    const answer = await slowBody
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({
      code: 'timeout',
      message: 'The request took too long.',
    })
    expect((await ada.get('/dashboard')).status).toBe(200)
  })
})

describe('headers', () => {
  const login = (headers: RequestFacts['headers']): Promise<Answer> => {
    const body = JSON.stringify({ username: 'ada', password: PASSWORD })
    return service.client().request('POST', '/login', { headers: headers ?? {}, body })
  }
  const { Origin: _, ...plain } = BY_HTTPS
  const refused = [403, 'cross_origin', 'Cross-origin request refused.'] as const

  it('header-11: the origin of a sandbox is not ours', async () => {
    expectProblem(await login({ ...plain, ...JSON_TYPE, Origin: 'null' }), ...refused)
  })

  it('header-12: an origin is compared whole', async () => {
    const others = ['https://app.example.evil.com', 'https://evilapp.example', 'http://app.example']
    const more = ['https://app.example:8443', 'https://app.example/', 'https://APP.example']
    for (const Origin of [...others, ...more]) {
      expectProblem(await login({ ...plain, ...JSON_TYPE, Origin }), ...refused)
    }
    expect((await login({ ...BY_HTTPS, ...JSON_TYPE })).status).toBe(200)
  })

  it('header-13: two origins are none of ours', async () => {
    const Origin = ['https://app.example', 'https://evil.example']
    expectProblem(await login({ ...plain, ...JSON_TYPE, Origin }), ...refused)
    expectProblem(
      await login({ ...plain, ...JSON_TYPE, Origin: [...Origin].reverse() }),
      ...refused,
    )
  })

  it('header-14, header-15, header-16: what a browser says of the sender counts, and in doubt against it', async () => {
    const senders = [
      { 'Sec-Fetch-Site': 'same-origin, cross-site' },
      { 'Sec-Fetch-Site': ['same-origin', 'cross-site'] },
      { 'Sec-Fetch-Site': 'none', Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': 'same-site', Origin: 'https://other.app.example' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'whatever' },
    ]
    for (const sender of senders) {
      expectProblem(await login({ ...plain, ...JSON_TYPE, ...sender }), ...refused)
    }
  })

  it('header-28: a body says that it is JSON', async () => {
    for (const type of [{ 'Content-Type': 'text/plain' }, {}]) {
      expectProblem(
        await login({ ...BY_HTTPS, ...type }),
        415,
        'media_type',
        'Send application/json.',
      )
    }
  })

  it('header-29: JSON is UTF-8', async () => {
    const type = { 'Content-Type': 'application/json; charset=utf-16' }
    const answer = await login({ ...BY_HTTPS, ...type })
    expectProblem(answer, 415, 'media_type', 'Only UTF-8 JSON is accepted.')
  })

  it('header-32, ASVS 13.4.4: a method that a path does not have is refused, with those it has', async () => {
    const refusal = [405, 'method_not_allowed', 'Method not allowed.'] as const
    for (const [method, path, allow] of [
      ['TRACE', '/login', 'GET, HEAD, POST'],
      ['PROPFIND', '/dashboard', 'GET, HEAD'],
      ['DELETE', '/session', 'GET, HEAD, PATCH'],
      ['GET', '/logout-all', 'POST'],
      ['PUT', '/sessions/AA.0123456789012345678901', 'DELETE, PATCH'],
      ['POST', '/metrics', 'GET, HEAD'],
    ] as const) {
      const answer = await ada.request(method, path)
      expectProblem(answer, ...refusal)
      expect([path, answer.headers.allow]).toEqual([path, allow])
    }
    const asked = await ada.request('OPTIONS', '/session')
    expect([asked.status, asked.headers.allow, asked.text]).toEqual([204, 'GET, HEAD, PATCH', ''])
    // Node gives these to no handler.
    for (const line of ['CONNECT app.example:443', 'post /login', 'NONSENSE /login']) {
      const answer = await speak(service.port, `${line} HTTP/1.1\r\nHost: app.example\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n[^]*\r\nAllow: GET, HEAD, POST/)
      const [, code, message] = refusal
      expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ code, message })
    }
    expect((await ada.get('/dashboard')).status).toBe(200)
  })

  it('a malformed request after a good one never ends up inside its answer', async () => {
    const good = 'GET /health HTTP/1.1\r\nHost: app.example\r\n\r\n'
    const heard = await speak(service.port, `${good}nonsense\r\n\r\n`)
    expect(heard.match(/HTTP\/1\.1 \d+/g)?.length).toBeLessThanOrEqual(2)
    expect((await ada.get('/dashboard')).status).toBe(200)
  })
})

/** The head of an answer, but for what differs by chance. */
function comparable({ headers }: Answer): Record<string, unknown> {
  const { date: _, ...rest } = headers
  return rest
}

/** Nothing can be told from the time: a hash of a password would be 25 ms more, a look at a disk 5. */
function expectAlike(one: readonly number[], other: readonly number[]): void {
  const [first, second] = [percentile(one, 0.5), percentile(other, 0.5)]
  expect(Math.abs(first - second)).toBeLessThan(5 + Math.max(first, second) / 4)
}
