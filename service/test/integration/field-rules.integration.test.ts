/** Every field of every route by its rule, with values that no honest client sends: one service for all of it. */
import { readdirSync, readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Client } from '../support/client.js'
import { speak } from '../support/raw.js'
import { startService, type Service } from '../support/service.js'

const ADMIN_TOKEN = randomBytes(32).toString('base64url')
const CLIENT_SECRET = randomBytes(32).toString('base64url')
const PASSWORD = 'correct horse battery 9'
const JSON_TYPE = { 'Content-Type': 'application/json' }
const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' }
const AS_ADMIN = { Authorization: `Bearer ${ADMIN_TOKEN}` }
const AS_GATEWAY = {
  Authorization: `Basic ${Buffer.from(`api:${CLIENT_SECRET}`).toString('base64')}`,
}

let service: Service
let ada: Client
let refreshToken: string
let accessToken: string
let adaId: string

beforeAll(async () => {
  service = await startService({
    ADMIN_TOKEN,
    OAUTH_CLIENTS: `api:${CLIENT_SECRET}`,
    MAX_LOGIN_ATTEMPTS: '100000',
    LOG_LEVEL: 'warn',
  })
  ada = service.client()
  const registered = await ada.post('/register', { username: 'ada', password: PASSWORD })
  const { tokens, user } = registered.json<{ tokens: Tokens; user: { id: string } }>()
  ;({ refreshToken, accessToken } = tokens)
  adaId = user.id
})
afterAll(() => service[Symbol.asyncDispose]())

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}

/** What a route takes: a good body, and the kind of each of its fields. */
interface BodyRule {
  readonly path: string
  readonly method?: 'POST' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly good: Readonly<Record<string, unknown>>
  readonly text?: readonly string[]
  readonly flags?: readonly string[]
  readonly lists?: readonly string[]
  /** Fields that nobody knows are let through (RFC 6749 section 3.2). */
  readonly isOpen?: true
}

const ID = `AA.${'x'.repeat(22)}`
const CREDENTIALS = { username: 'eve', password: PASSWORD }
const admin = (path: string, method: 'POST' | 'DELETE' = 'POST'): BodyRule => {
  return { path, method, headers: AS_ADMIN, good: {}, text: ['returnTo'] }
}

const BODIES: readonly BodyRule[] = [
  {
    path: '/register',
    good: CREDENTIALS,
    text: ['username', 'email', 'password', 'returnTo', 'deliver'],
    flags: ['remember'],
  },
  {
    path: '/login',
    good: CREDENTIALS,
    text: ['username', 'email', 'password', 'returnTo', 'deliver'],
    flags: ['remember'],
  },
  { path: '/reauthenticate', good: { password: 'x' }, text: ['password', 'returnTo'] },
  {
    path: '/password',
    good: { currentPassword: 'x', newPassword: 'y' },
    text: ['currentPassword', 'newPassword', 'returnTo'],
  },
  { path: '/logout-all', good: {}, text: ['returnTo'] },
  { path: '/sessions/revoke-others', good: {}, text: ['returnTo'] },
  { path: `/sessions/${ID}/end`, good: {}, text: ['returnTo'] },
  { path: `/sessions/${ID}`, method: 'DELETE', good: {}, text: ['returnTo'] },
  { path: `/sessions/${ID}`, method: 'PATCH', good: { name: 'x' }, text: ['name', 'returnTo'] },
  { path: `/sessions/${ID}/name`, good: { name: 'x' }, text: ['name', 'returnTo'] },
  { path: '/session/extend', good: {}, text: ['returnTo'] },
  { path: '/session', method: 'PATCH', good: {} },
  {
    path: '/refresh',
    good: {},
    text: ['refreshToken', 'refresh_token', 'grant_type', 'client_id'],
    isOpen: true,
  },
  {
    path: '/auth/refresh',
    good: {},
    text: ['refreshToken', 'refresh_token', 'grant_type', 'client_id'],
    isOpen: true,
  },
  ...['/oauth/introspect', '/oauth/revoke'].map((path): BodyRule => {
    const text = ['token', 'token_type_hint', 'client_id', 'client_secret']
    return { path, headers: AS_GATEWAY, good: { token: 'x' }, text, isOpen: true }
  }),
  admin('/admin/users/nobody/end-sessions'),
  admin('/admin/users/nobody/disable'),
  admin('/admin/users/nobody/enable'),
  admin('/admin/users/nobody/unlock'),
  admin(`/admin/sessions/${ID}`, 'DELETE'),
  { path: '/admin/sessions/revoke', headers: AS_ADMIN, good: { ids: [ID] }, lists: ['ids'] },
  { ...admin('/admin/end-all-sessions'), text: ['confirm'] },
  admin(`/admin/sessions/${ID}/end`),
  { ...admin('/admin/users/nobody/role'), good: { role: 'user' }, text: ['role'] },
  { ...admin('/admin/users/nobody/impersonate'), good: { reason: 'ticket' }, text: ['reason'] },
  { ...admin('/admin/limits/clear'), good: { person: 'x' }, text: ['person', 'address'] },
  { ...admin('/admin/keys/rotate'), text: ['algorithm'], flags: ['now', 'dryRun'] },
  { ...admin('/admin/keys/nothing/retire'), text: [], flags: ['now', 'dryRun'] },
  { path: '/impersonation/stop', good: {}, text: ['returnTo'] },
  ...['confirm', 'deny'].map((answer): BodyRule => {
    return { path: `/security/new-sign-ins/x/${answer}`, good: {}, text: ['returnTo'] }
  }),
  // Last: without a body it would sign her out.
  { path: '/logout', good: {}, text: ['returnTo'] },
]

const STRANGE: readonly unknown[] = [
  [],
  ['a'],
  [['a']],
  {},
  { a: 'b' },
  { toString: 'x' },
  0,
  1,
  -1,
  1.5,
  1e300,
]
const NO_TEXT: readonly unknown[] = [...STRANGE, true, false, null]
const NO_FLAG: readonly unknown[] = [...STRANGE, 'true', 'on', '', null]
const NO_LIST: readonly unknown[] = [{}, { a: 'b' }, { length: 1 }, 0, 1, true, false, null]
const NO_ENTRY: readonly unknown[] = [[1], [null], [['a']], [{}], [true], ['a', 1]]

const send = (rule: BodyRule, body: unknown): Promise<Answer> =>
  ada.request(rule.method ?? 'POST', rule.path, {
    headers: { ...JSON_TYPE, ...rule.headers },
    body: JSON.stringify(body),
  })

/** What is said of a request that is not well made: a stable code, a sentence, no trace of where it was found. */
function expectRefused(answer: Answer, what: unknown, codes: RegExp): void {
  const { code, message, status } = answer.json<{ code: string; message: string; status: number }>()
  expect([what, answer.status, status]).toEqual([what, 400, 400])
  expect([what, codes.test(code), code]).toEqual([what, true, code])
  expect(message).toMatch(/^[^]{3,600}\.$/)
  expect(answer.text).not.toMatch(/node:|\.js|Zod|at \w+ \(/)
  expect(answer.cookies).toEqual([])
}

/** Every route that changes something, as the sources name them. */
function countChangingRoutes(): number {
  const folder = fileURLToPath(new URL('../../src/route/', import.meta.url))
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    .reduce(
      (sum, text) => sum + (text.match(/router\.(?:post|put|patch|delete)\(/g)?.length ?? 0),
      0,
    )
}

describe('the fields of a body', () => {
  it('ASVS 15.3.5: of every route have one type each: with a list, an object, a number, true, false or null in its place the answer is 400', async () => {
    expect(BODIES.length, 'a route that this table does not know').toBe(countChangingRoutes())
    for (const rule of BODIES) {
      const cases = [
        ...(rule.text ?? []).flatMap((field) => NO_TEXT.map((value) => ({ field, value }))),
        ...(rule.flags ?? []).flatMap((field) => NO_FLAG.map((value) => ({ field, value }))),
        ...(rule.lists ?? []).flatMap((field) =>
          [...NO_LIST, ...NO_ENTRY].map((value) => ({ field, value })),
        ),
      ]
      for (const { field, value } of cases) {
        const answer = await send(rule, { ...rule.good, [field]: value })
        const what = `${rule.path} ${field}=${JSON.stringify(value)}`
        expectRefused(answer, what, /^field_invalid$/)
      }
    }
    expect((await ada.get('/dashboard')).status).toBe(200)
  })

  it('are those that the route names, in an object: anything else is refused', async () => {
    for (const rule of BODIES) {
      for (const body of [[], [rule.good], 'x', 1, true, null]) {
        expectRefused(await send(rule, body), `${rule.path} ${JSON.stringify(body)}`, /^body_/)
      }
      if (rule.isOpen || rule.path === '/session') continue
      const answer = await send(rule, { ...rule.good, surprise: 'x' })
      expectRefused(answer, `${rule.path} surprise`, /^field_unknown$/)
    }
    // What a session holds belongs to the application: any JSON, under keys that follow a rule.
    for (const key of ['', '~', '~csrf', 'views', 'x'.repeat(129)]) {
      const answer = await ada.patch('/session', { [key]: 1 })
      expectRefused(answer, `key ${key}`, /^field_invalid$/)
    }
    expect((await ada.get('/dashboard')).status).toBe(200)
  })
})

/** What each reading route takes after the `?`. */
const QUERIES: readonly {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly bad: Readonly<Record<string, readonly string[]>>
}[] = [
  { path: '/sessions', bad: { limit: badLimits(), cursor: ['', 'x', '0', '../x', '%00', '{}'] } },
  {
    path: '/admin/users',
    headers: AS_ADMIN,
    bad: { limit: badLimits(), cursor: ['x', `${'x'.repeat(22)}!`], q: ['x'.repeat(255)] },
  },
  {
    path: '/admin/users/:id/sessions',
    headers: AS_ADMIN,
    bad: { limit: badLimits() },
  },
  {
    path: '/admin/audit',
    headers: AS_ADMIN,
    bad: {
      limit: badLimits(),
      cursor: ['x', '0', '../x'],
      event: ['x', '__proto__', 'SIGNIN.FAILED', 'signin.failed%0a'],
      since: ['x', '-1d', '1', '1e3s', '7%20days', '9'.repeat(400)],
    },
  },
]

function badLimits(): readonly string[] {
  const numbers = ['0', '-1', '101', '1.5', '1e1', '01', '+1', '0x1', '9'.repeat(30), '-0', 'NaN']
  return [...numbers, 'x', '%001', '1%00', '%D9%A1', '%201', 'null', '[]', '{}']
}

describe('input', () => {
  it('ASVS 2.2.1: is held against a rule for each field of a query, too: what is out of range or no such thing is 400, and free text is text', async () => {
    for (const { path: pattern, headers = {}, bad } of QUERIES) {
      const path = pattern.replace(':id', adaId)
      for (const [name, values] of Object.entries(bad)) {
        for (const value of values) {
          const answer = await ada.get(`${path}?${name}=${value}`, { headers })
          expectRefused(answer, `${path}?${name}=${value}`, /^(?:field_invalid|cursor_invalid)$/)
        }
      }
      const good = await ada.get(`${path}?limit=100`, { headers })
      expect([path, good.status]).toEqual([path, 200])
    }
    // Bounds of bodies, from the outside.
    const many = { ids: Array.from({ length: 101 }, () => ID) }
    const revoke = BODIES.find(({ path }) => path === '/admin/sessions/revoke') as BodyRule
    expectRefused(await send(revoke, many), '101 ids', /^(?:field_invalid|too_many)/)
    const [registration] = BODIES as [BodyRule]
    for (const username of ['', ' ', 'x'.repeat(255), '\u0000', 'a\u202eb', '\u200b']) {
      const answer = await send(registration, { ...CREDENTIALS, username })
      expectRefused(answer, `username ${username}`, /^field_invalid$/)
    }
    for (const password of ['', 'x'.repeat(5), 'x'.repeat(100_000)]) {
      const answer = await send(registration, { username: 'mallory', password })
      expect([password.length, answer.status < 500, answer.status >= 400]).toEqual([
        password.length,
        true,
        true,
      ])
    }
    // What is free text may be anything, and leads nowhere.
    for (const text of [
      '%00',
      "'--",
      '%7B%7B7*7%7D%7D',
      '//evil.example',
      'javascript:1',
      '%C0%AF',
    ]) {
      for (const path of ['/login?returnTo=', '/login?reason=', '/signed-out?reason=', '/?x=']) {
        const answer = await service.client().page(`${path}${text}`)
        expect([path, text, answer.status]).toEqual([path, text, 200])
        expect(answer.text).not.toContain('evil.example"')
      }
    }
    expect(service.log().filter(({ event }) => event === 'request.failed')).toEqual([])
  })

  it('ASVS 15.3.7: is never given twice: parameters, fields, headers, cookies and tokens that come more than once are 400', async () => {
    const paths = ['/', '/public', '/dashboard', '/profile', '/session', '/sessions', '/login']
    const people = [...paths, '/register', '/logout', '/signed-out', '/security', '/reauthenticate']
    for (const path of [...people, '/admin/users', '/admin/audit', '/oauth/revocations']) {
      for (const query of ['a=1&a=2', 'a=1&a=1', 'a&a', 'limit=1&limit=2', 'a[]=1', 'a[b]=1']) {
        const answer = await ada.get(`${path}?${query}`, { headers: AS_ADMIN })
        expectRefused(answer, `${path}?${query}`, /^query_invalid$/)
      }
    }
    for (const rule of BODIES) {
      const twice = '{"returnTo":"/a","returnTo":"/b"}'
      const inJson = await ada.request(rule.method ?? 'POST', rule.path, {
        headers: { ...JSON_TYPE, ...rule.headers },
        body: twice,
      })
      expectRefused(inJson, `${rule.path} ${twice}`, /^(?:body_malformed|field_duplicate)$/)
      if (rule.path === '/session' || rule.path === '/admin/sessions/revoke') continue
      const inForm = await ada.request(rule.method ?? 'POST', rule.path, {
        headers: { ...FORM_TYPE, ...rule.headers },
        body: 'returnTo=%2Fa&returnTo=%2Fb',
      })
      expectRefused(inForm, `${rule.path} form`, /^(?:body_malformed|field_duplicate)$/)
    }

    const [name = '', value = ''] = [...ada.jar][0] ?? []
    const doubled: readonly (readonly [string, string])[] = [
      [`Authorization: Bearer ${accessToken}`, `Authorization: Bearer ${accessToken}`],
      [`Authorization: Bearer ${accessToken}`, 'authorization: Basic eDp5'],
      [`Cookie: ${name}=${value}`, `Cookie: ${name}=evil`],
      [`Cookie: ${name}=${value}; ${name}=evil`, 'X-Other: 1'],
      ['Content-Length: 0', 'Content-Length: 0'],
      ['Content-Length: 0', 'Content-Length: 5'],
      ['Host: localhost', 'Host: evil.example'],
      ['Content-Type: application/json', 'Content-Type: application/x-www-form-urlencoded'],
    ]
    for (const [one, other] of doubled) {
      const host = /^host/i.test(one) ? '' : 'Host: localhost\r\n'
      const isBody = one.startsWith('Content-Type')
      const head = isBody ? 'POST /login' : 'GET /dashboard'
      const body = isBody ? '{"username":"ada","password":"x"}' : ''
      const length = isBody ? `Content-Length: ${String(body.length)}\r\n` : ''
      const text = await speak(
        service.port,
        `${head} HTTP/1.1\r\n${host}${length}${one}\r\n${other}\r\nConnection: close\r\n\r\n${body}`,
      )
      expect([one, other, text.slice(0, 12)]).toEqual([one, other, 'HTTP/1.1 400'])
    }

    // A token in a header, a body and an address: in any two of these, too.
    const bearer = { Authorization: `Bearer ${refreshToken}` }
    const inBody = new URLSearchParams({ refresh_token: refreshToken }).toString()
    const inUrl = `/refresh?refresh_token=${refreshToken}`
    const phone = service.client()
    const asked = [
      await phone.request('POST', inUrl, { headers: { ...FORM_TYPE, ...bearer }, body: inBody }),
      await phone.request('POST', '/refresh', {
        headers: { ...FORM_TYPE, ...bearer },
        body: inBody,
      }),
      await phone.request('POST', inUrl, { headers: bearer }),
      await phone.request('POST', inUrl, { headers: FORM_TYPE, body: inBody }),
      await phone.post('/refresh', { refreshToken, refresh_token: refreshToken }),
    ]
    for (const answer of asked) expectRefused(answer, 'tokens', /^(?:invalid_|credential_in_url)/)
    const still = await phone.post('/refresh', { refreshToken })
    expect(still.status).toBe(200)
  })
})

/** The Big List of Naughty Strings, and what is no well-formed text. */
const NAUGHTY: readonly string[] = [
  ...(JSON.parse(
    readFileSync(new URL('../vectors/blns/blns.json', import.meta.url), 'utf8'),
  ) as string[]),
  '\ud800',
  '\udfff x',
  'x \udbff',
  '\udc00\ud800',
]

describe('names', () => {
  it('json-18: 515 naughty strings and lone surrogates, as names and in data: stored as they were or refused, escaped where they are shown, never a 500', async () => {
    expect(NAUGHTY.length).toBeGreaterThanOrEqual(515)
    const data = service.client()
    await data.post('/register', { username: 'data', password: PASSWORD })
    const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
    const keep = async (text: string, client: Client): Promise<void> => {
      const answer = await client.patch('/session', { name: text })
      expect([text, answer.status]).toEqual([text, lone.test(text) ? answer.status : 200])
      expect([200, 400]).toContain(answer.status)
      if (answer.status !== 200) return
      expect(answer.json().data.name).toBe(text)
      expect((await client.get('/session')).json().data.name).toBe(text)
    }
    for (const text of NAUGHTY) await keep(text, data)
    // As names of people, a few at a time: a hash of a password is slow on purpose, and the refused ones cost none.
    const statuses = new Map<number, number>()
    const shown = NAUGHTY.filter((text) => /[<>"'&]/.test(text) && !lone.test(text)).slice(0, 10)
    for (const username of new Set([...shown, ...NAUGHTY.slice(-4), ...NAUGHTY.slice(0, 4)])) {
      const client = service.client()
      const answer = await client.post('/register', { username, password: PASSWORD })
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      expect([username, [201, 400].includes(answer.status)]).toEqual([username, true])
      if (answer.status !== 201) continue
      const { user } = answer.json<{ user: { username: string } }>()
      const page = await client.page('/dashboard')
      expect([username, page.status]).toEqual([username, 200])
      if (/[<>]/.test(user.username)) expect(page.text).not.toContain(user.username)
    }
    expect(statuses.get(201)).toBeGreaterThan(5)
    expect(statuses.get(400)).toBeGreaterThan(0)
    // And every one of them at the door.
    const knock = async (username: string): Promise<void> => {
      const page = await service.client().form('/register', { username, password: '' })
      expect([username, page.status < 500]).toEqual([username, true])
      if (/<[a-z]/i.test(username)) expect(page.text).not.toContain(username)
    }
    for (let at = 0; at < NAUGHTY.length; at += 20) {
      await Promise.all(NAUGHTY.slice(at, at + 20).map(knock))
    }
    expect(service.log().filter(({ event }) => event === 'request.failed')).toEqual([])
  })
})
