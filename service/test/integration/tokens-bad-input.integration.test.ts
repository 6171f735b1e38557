/** Headers and tokens that nobody should send, sent to the service: each row of the catalogue by its answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Client, RequestFacts } from '../support/client.js'
import { BY_HTTPS, production } from '../support/https.js'
import { speak } from '../support/raw.js'
import { startService, type Service } from '../support/service.js'
import {
  basic,
  bearing,
  beside,
  flip,
  freshSecret,
  open,
  refresh,
  register,
  seal,
  signIn,
  signingKey,
  type Pair,
} from '../support/tokens.js'

const MINUTE = 60_000
const KEY = signingKey()
const CLIENT_SECRET = freshSecret()
const GATEWAY = { Authorization: basic('gateway', CLIENT_SECRET) }

let service: Service
/** Somebody without cookies. */
let phone: Client
/** Her session stays alive through all of this. */
let ada: Client
let pair: Pair

beforeAll(async () => {
  service = await startService(
    { JWT_SECRET: KEY, OAUTH_CLIENTS: `gateway:${CLIENT_SECRET}` },
    { movingClock: true },
  )
  phone = service.client()
  ada = service.client()
  pair = await register(ada, 'ada')
})
afterAll(async () => service[Symbol.asyncDispose]())

const present = (token: string, path = '/dashboard'): Promise<Answer> =>
  phone.get(path, bearing(token))

const authorized = (authorization: string, facts: RequestFacts = {}): Promise<Answer> =>
  phone.get('/dashboard', { ...facts, headers: { Authorization: authorization }, cookie: '' })

function expectProblem(answer: Answer, status: number, code: string, message: string): void {
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(answer.json()).toMatchObject({ status, code, message, error: expect.any(String) })
  expect(answer.status).toBe(status)
  expect(answer.cookies).toEqual([])
}

describe('an Authorization header', () => {
  it('header-01: without a token says so', async () => {
    for (const header of ['Bearer', 'Bearer ', 'bearer']) {
      const answer = await authorized(header)
      expectProblem(answer, 401, 'token_missing', 'Authorization header has no token.')
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="sojourn"')
    }
  })

  it('header-02: that is no b64token is malformed', async () => {
    const words = [
      'bearer  x  y',
      'Bearer a b',
      'Bearer "x"',
      'Bearer x,y',
      'Bearer =',
      'Bearer \u00e9',
    ]
    for (const header of [...words, `Bearer ${pair.accessToken} ${pair.accessToken}`]) {
      const answer = await authorized(header)
      expectProblem(answer, 400, 'invalid_request', 'Authorization header is malformed.')
      const atRefresh = await phone.post('/refresh', undefined, {
        headers: { Authorization: header },
        cookie: '',
      })
      expectProblem(atRefresh, 400, 'invalid_request', 'Authorization header is malformed.')
    }
  })

  it('header-03: of another scheme is told which ones there are', async () => {
    for (const header of ['Basic dXNlcjpwYXNz', 'Digest username="x"', 'Negotiate abc']) {
      const answer = await authorized(header)
      expectProblem(answer, 401, 'scheme_unsupported', 'Use a Bearer or DPoP token.')
      expect(answer.headers['www-authenticate']).toBe(
        'Cookie realm="sojourn", Bearer realm="sojourn"',
      )
    }
    // With a cookie that says who this is, the password of a proxy in front disturbs nobody.
    const beside = { Authorization: 'Basic dXNlcjpwYXNz' }
    expect((await ada.get('/dashboard', { headers: beside })).status).toBe(200)
  })

  it('header-04: sent twice is refused, whichever of the two is good', async () => {
    const good = `Authorization: Bearer ${pair.accessToken}`
    for (const [method, path] of [
      ['GET', '/dashboard'],
      ['GET', '/public'],
      ['POST', '/refresh'],
    ] as const) {
      for (const [one, other] of [
        [good, good],
        [good, 'Authorization: Bearer x'],
        ['authorization: Basic dXNlcjpwYXNz', good],
      ] as const) {
        const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n`
        const text = await speak(
          service.port,
          `${head}${one}\r\n${other}\r\nConnection: close\r\n\r\n`,
        )
        expect(text).toMatch(/^HTTP\/1\.1 400 /)
        expect(text).toContain('"code":"header_duplicate"')
        expect(text).toContain('"message":"The Authorization header was sent twice."')
        expect(text.toLowerCase()).not.toContain('set-cookie')
      }
    }
  })

  it('header-05: beside a token in the body and in the address is one token too many', async () => {
    const message = 'The token was sent in more than one place.'
    const { refreshToken: token } = pair
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const header = { Authorization: `Bearer ${token}` }
    const body = new URLSearchParams({ refresh_token: token }).toString()
    const inAddress = `/refresh?refresh_token=${token}`
    const everywhere = { headers: { ...form, ...header }, body, cookie: '' }
    expectProblem(
      await phone.request('POST', inAddress, everywhere),
      400,
      'invalid_request',
      message,
    )
    expectProblem(
      await phone.request('POST', '/refresh', everywhere),
      400,
      'invalid_request',
      message,
    )
    const bearer = { headers: { Authorization: `Bearer ${pair.accessToken}` }, cookie: '' }
    const access = await phone.get(`/dashboard?access_token=${pair.accessToken}`, bearer)
    expectProblem(access, 400, 'invalid_request', message)
    // None of that has harmed the family.
    expect((await present(pair.accessToken)).status).toBe(200)
  })
})

/** How each of these tokens is wrong, with the code that says so. */
function attacks(): readonly (readonly [name: string, token: string, code: string])[] {
  const { header, claims } = open(pair.accessToken)
  const [head = '', body = '', signature = ''] = pair.accessToken.split('.')
  const now = Math.floor(Date.now() / 1000)
  const made = (more: object, extra: object = {}): string =>
    seal({ ...header, ...extra }, { ...claims, ...more }, KEY)
  const unsigned = (alg: string): string => {
    const text = Buffer.from(JSON.stringify({ ...header, alg })).toString('base64url')
    return `${text}.${body}.`
  }
  const other = signingKey()
  const zeros = Buffer.alloc(64).toString('base64url')
  const twice = `{"sub":"root",${JSON.stringify(claims).slice(1)}`
  const none = ['none', 'None', 'NONE', 'nOnE', '', 'none '].map(
    (alg) => [`alg ${alg}`, unsigned(alg), 'token_malformed'] as const,
  )
  return [
    ...none,
    [
      'HS256 with the public key',
      seal({ ...header, alg: 'HS256' }, claims, freshSecret()),
      'alg_not_allowed',
    ],
    [
      'ES256 by another key',
      seal({ ...header, alg: 'ES256' }, claims, signingKey('ec')),
      'alg_not_allowed',
    ],
    ['crit', made({}, { crit: ['exp'] }), 'crit_unsupported'],
    ['b64', made({}, { b64: false }), 'header_unsupported'],
    ['zip', made({}, { zip: 'DEF' }), 'header_unsupported'],
    ['embedded key', made({}, { jwk: { kty: 'OKP' } }), 'header_unsupported'],
    ['jku', made({}, { jku: 'http://127.0.0.1:1/keys' }), 'header_unsupported'],
    ['x5u', made({}, { x5u: 'http://127.0.0.1:1/cert' }), 'header_unsupported'],
    ['kid of a path', made({}, { kid: '../../../dev/null' }), 'kid_unknown'],
    ['kid of SQL', made({}, { kid: "x' UNION SELECT 'a" }), 'kid_unknown'],
    ['kid of __proto__', made({}, { kid: '__proto__' }), 'kid_unknown'],
    ['no kid', seal({ alg: header['alg'], typ: 'at+jwt' }, claims, KEY), 'kid_unknown'],
    ['typ JWT', made({}, { typ: 'JWT' }), 'typ_mismatch'],
    ['no typ', seal({ alg: header['alg'], kid: header['kid'] }, claims, KEY), 'typ_mismatch'],
    ['an id token', made({ nonce: 'x' }, { typ: 'JWT' }), 'typ_mismatch'],
    ['logout token', made({}, { typ: 'logout+jwt' }), 'typ_mismatch'],
    ['another key', seal(header, claims, other), 'signature_invalid'],
    [
      'altered claims',
      `${head}.${Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url')}.${signature}`,
      'signature_invalid',
    ],
    ['altered signature', flip(pair.accessToken), 'signature_invalid'],
    ['a signature of zeros', `${head}.${body}.${zeros}`, 'signature_invalid'],
    ['no signature', `${head}.${body}.`, 'token_malformed'],
    ['alg none, signed', seal({ ...header, alg: 'none' }, claims, KEY), 'alg_not_allowed'],
    ['two segments', `${head}.${body}`, 'token_malformed'],
    ['four segments', `${pair.accessToken}.x`, 'token_malformed'],
    ['five segments', `${head}.x.y.${body}.z`, 'token_malformed'],
    ['a character that is not base64url', `${head}.${body}.${signature}~`, 'token_malformed'],
    ['duplicate members', seal(header, twice, KEY), 'claims_invalid'],
    ['exp as text', made({ exp: String(now + 60) }), 'claims_invalid'],
    ['exp in milliseconds', made({ exp: (now + 60) * 1000 }), 'claims_invalid'],
    [
      'exp without end',
      seal(header, JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e400'), KEY),
      'claims_invalid',
    ],
    ['no exp', made({ exp: undefined }), 'claims_invalid'],
    ['no sid', made({ sid: undefined }), 'claims_invalid'],
    ['claims that are a list', seal(header, [claims], KEY), 'claims_invalid'],
    ['another audience', made({ aud: 'https://other.example' }), 'audience_mismatch'],
    ['another issuer', made({ iss: 'https://other.example' }), 'issuer_mismatch'],
    ['over', made({ iat: now - 900, exp: now - 60 }), 'token_expired'],
    ['not yet', made({ nbf: now + 600 }), 'token_not_yet_valid'],
  ]
}

describe('an access token that is bad', () => {
  it('jwt-01: is refused with a challenge; outside production its code says why', async () => {
    for (const [name, token, code] of attacks()) {
      for (const path of ['/dashboard', '/session', '/sessions']) {
        const answer = await present(token, path)
        expect([name, answer.status, answer.json().code]).toEqual([name, 401, code])
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer .*error="invalid_token"/)
        expect(answer.cookies).toEqual([])
      }
      const open = await present(token, '/public')
      expect([name, open.status, open.json().authenticated]).toEqual([name, 200, false])
    }
    expect((await present(pair.accessToken)).status).toBe(200)
  })

  it('jwt-01: in production the body does not say which of these it was, in development it does', async () => {
    const answers: Record<string, Answer[]> = { production: [], development: [] }
    for (const mode of ['production', 'development'] as const) {
      const isPublic = mode === 'production'
      const environment = isPublic ? { ...production(), JWT_SECRET: KEY } : { NODE_ENV: mode }
      await using other = await startService(environment)
      const client = other.client(isPublic ? { headers: BY_HTTPS } : {})
      for (const [, token] of attacks())
        answers[mode]?.push(await client.get('/dashboard', bearing(token)))
      answers[mode]?.push(await client.get('/dashboard', bearing(pair.accessToken)))
      answers[mode]?.push(await client.get('/dashboard', bearing(pair.refreshToken)))
    }
    const told = (answer: Answer): string =>
      answer.text + String(answer.headers['www-authenticate'])
    const statuses = answers['production']?.map(({ status }) => status)
    expect(statuses).toEqual(statuses?.map(() => 401))
    expect(new Set(answers['production']?.map(told)).size).toBe(1)
    expect(answers['production']?.[0]?.json()).toMatchObject({ code: 'invalid_token' })
    const codes = new Set(answers['development']?.map((answer) => answer.json().code as string))
    expect(codes.size).toBeGreaterThan(5)
    expect(codes).not.toContain('invalid_token')
  })

  it('because it is over 8192 bytes, is told to be too large where the head of the request still fits', async () => {
    for (const size of [8_193, 12_000]) {
      const answer = await present(`eyJ${'A'.repeat(size - 3)}`)
      expectProblem(answer, 401, 'token_too_large', 'The token is larger than 8192 bytes.')
    }
  })

  it('jwt-03: because it is a refresh token, is told from one that is malformed', async () => {
    const answer = await present(pair.refreshToken)
    expectProblem(answer, 401, 'typ_mismatch', 'This is not an access token.')
  })

  it('jwt-11, jwt-12: because its session is over, or the password was changed, says so', async () => {
    const ways: Record<string, (client: Client, tokens: Pair) => Promise<Answer>> = {
      logout: (client) => client.post('/logout'),
      password: async (client) => {
        const other = service.client()
        await signIn(other, 'eve')
        const body = {
          currentPassword: 'correct horse battery 9',
          newPassword: 'correct horse battery 9',
        }
        expect(client.cookie).not.toBe(other.cookie)
        return other.post('/password', body)
      },
    }
    await register(service.client(), 'eve')
    for (const [name, end] of Object.entries(ways)) {
      const client = service.client()
      const tokens = await signIn(client, 'eve')
      expect((await present(tokens.accessToken)).status).toBe(200)
      expect((await end(client, tokens)).status, name).toBe(200)
      expectProblem(
        await present(tokens.accessToken),
        401,
        'session_ended',
        'The session has ended.',
      )
    }
  })

  it('jwt-13: because its key is retired, is of an unknown key', async () => {
    const dataDir = service.dataDir
    const tokens = await register(service.client(), 'kay')
    const shared = {
      JWT_SECRET: freshSecret(),
      JWT_ISSUER: open(tokens.accessToken).claims['iss'] as string,
    }
    await using before = await startService(shared, {})
    const old = await register(before.client(), 'kay')
    expect((await before.client().get('/dashboard', bearing(old.accessToken))).status).toBe(200)
    // Both are good while the older one is still listed, behind the one that signs now.
    const young = freshSecret()
    await before.restart({ ...shared, JWT_SECRET: `${young},${shared.JWT_SECRET}` }, 'SIGKILL')
    const now = await signIn(before.client(), 'kay')
    for (const { accessToken } of [old, now]) {
      expect((await before.client().get('/dashboard', bearing(accessToken))).status).toBe(200)
    }
    await before.restart({ ...shared, JWT_SECRET: young }, 'SIGKILL')
    const refused = await before.client().get('/dashboard', bearing(old.accessToken))
    expectProblem(refused, 401, 'kid_unknown', 'The token was signed with an unknown key.')
    expect((await before.client().get('/dashboard', bearing(now.accessToken))).status).toBe(200)
    expect(dataDir).not.toBe(before.dataDir)
  })
})

describe('a refresh token', () => {
  const GRANT = 'invalid_grant'
  const USED = 'The refresh token was already used. Sign in again.'

  it('jwt-04: is not what an access token is, and its family lives on', async () => {
    const tokens = await signIn(service.client(), 'ada')
    for (const facts of [bearing(tokens.accessToken), { cookie: '' }]) {
      const body = 'headers' in facts ? undefined : { refreshToken: tokens.accessToken }
      const answer = await phone.post('/refresh', body, facts)
      expectProblem(answer, 400, GRANT, 'This is not a refresh token.')
    }
    expect((await present(tokens.accessToken)).status).toBe(200)
    expect((await refresh(phone, tokens.refreshToken)).status).toBe(200)
  })

  it('jwt-05: that was used before, with its grace over, ends the family and is told in the log once', async () => {
    const client = service.client()
    const tokens = await signIn(client, 'ada')
    const next = (await refresh(phone, tokens.refreshToken)).json<Pair>()
    await service.advance(11_000)
    const reused = await refresh(phone, tokens.refreshToken)
    expectProblem(reused, 400, GRANT, USED)
    expect(reused.json().reason).toBe('refresh_reuse')
    expectProblem(await refresh(phone, next.refreshToken), 400, GRANT, USED)
    for (const { accessToken } of [tokens, next]) {
      expect((await present(accessToken)).json()).toMatchObject({
        code: 'session_ended',
        reason: 'refresh_reuse',
      })
    }
    expect((await client.get('/dashboard')).status).toBe(401)
    const told = service.log().filter(({ event }) => event === 'refresh.reused')
    expect(told.map(({ subject }) => typeof subject)).toEqual(['string'])
  })

  it('jwt-06: used fifty times in parallel gives one successor', async () => {
    const tokens = await signIn(service.client(), 'ada')
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => refresh(phone, tokens.refreshToken)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    const successors = new Set(answers.map((answer) => answer.json<Pair>().refreshToken))
    expect(successors.size).toBe(1)
    expect(successors).not.toContain(tokens.refreshToken)
    expect((await refresh(phone, [...successors][0] ?? '')).status).toBe(200)
  })

  it('jwt-07: two generations old was used already, however quick', async () => {
    const tokens = await signIn(service.client(), 'ada')
    const second = (await refresh(phone, tokens.refreshToken)).json<Pair>()
    expect((await refresh(phone, second.refreshToken)).status).toBe(200)
    expectProblem(await refresh(phone, tokens.refreshToken), 400, GRANT, USED)
  })

  it('jwt-08: is not valid for another client', async () => {
    const { refreshToken } = await signIn(service.client(), 'ada')
    const answer = await phone.post(
      '/refresh',
      { refreshToken, client_id: 'tablet' },
      { cookie: '' },
    )
    expectProblem(answer, 400, GRANT, 'The refresh token is not valid here.')
    expect((await refresh(phone, refreshToken)).status).toBe(200)
  })

  it('jwt-09: of somebody disabled is not valid', async () => {
    const client = service.client()
    const tokens = await register(client, 'dis')
    const { id } = (await client.get('/profile')).json().user as { id: string }
    await beside(service, (sojourn) => sojourn.disable(id))
    const answer = await refresh(phone, tokens.refreshToken)
    expectProblem(answer, 400, GRANT, 'The refresh token is not valid.')
    await beside(service, (sojourn) => sojourn.enable(id))
    expect((await refresh(phone, tokens.refreshToken)).status).toBe(400)
    expect((await present(tokens.accessToken)).status).toBe(401)
  })

  it('jwt-10: that was guessed behind a true beginning is not valid, and harms nobody', async () => {
    const tokens = await signIn(service.client(), 'ada')
    const [, bucket, id] = tokens.refreshToken.split('.')
    const guess = `rt.${bucket}.${id}.${freshSecret().slice(0, 43)}.1.${freshSecret().slice(0, 22)}`
    const others = [1, 3, 4, 5].map((at) =>
      tokens.refreshToken
        .split('.')
        .map((part, index) => (index === at ? (part.length > 1 ? flip(part) : '2') : part))
        .join('.'),
    )
    for (const token of [guess, ...others, 'rt.x', 'x', 'A'.repeat(8_000)]) {
      expectProblem(await refresh(phone, token), 400, GRANT, 'The refresh token is not valid.')
    }
    expect((await present(tokens.accessToken)).status).toBe(200)
    expect((await refresh(phone, tokens.refreshToken)).status).toBe(200)
  })
})

describe('the endpoints of OAuth', () => {
  const ask = (path: string, token: string, headers: Record<string, string> = GATEWAY) =>
    phone.request('POST', path, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ token }).toString(),
      cookie: '',
    })
  const garbage = ['garbage', 'a.b.c', 'rt.AA.x', 'x'.repeat(9_000), '\u0000', '%00']

  it('jwt-14: revoking garbage is done at once', async () => {
    for (const token of garbage) {
      const answer = await ask('/oauth/revoke', token)
      expect([answer.status, answer.text]).toEqual([200, ''])
    }
  })

  it('jwt-15: revoking is for clients that say who they are', async () => {
    const tokens = await signIn(service.client(), 'ada')
    const wrong = [
      {},
      { Authorization: basic('gateway', freshSecret()) },
      { Authorization: basic('nobody', CLIENT_SECRET) },
      { Authorization: `Bearer ${tokens.accessToken}` },
      { Authorization: 'Basic %%%' },
    ]
    for (const headers of wrong) {
      const answer = await ask('/oauth/revoke', tokens.refreshToken, headers)
      expectProblem(answer, 401, 'invalid_client', 'Client authentication failed.')
      expect(answer.headers['www-authenticate']).toMatch(/^Basic /)
    }
    expect((await refresh(phone, tokens.refreshToken)).status).toBe(200)
  })

  it('jwt-16: introspection says of everything that is not good exactly that', async () => {
    const client = service.client()
    const [spent, old] = [await signIn(client, 'ada'), await signIn(service.client(), 'ada')]
    await refresh(phone, spent.refreshToken)
    await service.advance(16 * MINUTE)
    // The clock of tokens is the store's, as last heard.
    expect((await ada.get('/dashboard')).status).toBe(200)
    const tokens = [...garbage, spent.refreshToken, old.accessToken, flip(old.refreshToken)]
    for (const token of tokens) {
      const answer = await ask('/oauth/introspect', token)
      expect([answer.status, answer.text]).toEqual([200, '{"active":false}'])
    }
    const good = await ask('/oauth/introspect', old.refreshToken)
    expect(good.json()).toMatchObject({ active: true, token_type: 'refresh_token' })
  })
})

describe('a credential in an address', () => {
  it('S4-17: is refused on every route, and never gets into the log', async () => {
    const { accessToken, refreshToken } = await signIn(ada, 'ada')
    const cookie = ada.cookie.split('=')[1] ?? ''
    const hidden = [accessToken, refreshToken, cookie]
    const queries = [
      `access_token=${accessToken}`,
      `refresh_token=${refreshToken}`,
      `refreshToken=${refreshToken}`,
      `token=${accessToken}`,
      `t=${accessToken}`,
      `a=b&x=${refreshToken}`,
      `sid=${cookie}`,
      `id_token=abc`,
      `jwt=abc`,
    ]
    for (const path of ['/dashboard', '/public', '/', '/refresh', '/health', '/nowhere']) {
      for (const query of queries) {
        for (const jar of ['', ada.cookie]) {
          const method = path === '/refresh' ? 'POST' : 'GET'
          const answer = await phone.request(method, `${path}?${query}`, { cookie: jar })
          if (path === '/health') continue
          const message = answer.json<{ message: string }>().message
          expectProblem(answer, 400, 'credential_in_url', message)
          for (const secret of hidden) expect(answer.text).not.toContain(secret)
        }
      }
    }
    // A path that nobody serves is logged as well.
    for (const secret of hidden) await phone.get(`/nowhere/${secret}`)
    await phone.get('/dashboard', { headers: { Referer: `http://x/?t=${accessToken}` } })
    const output = service.output()
    expect(output.includes('/nowhere')).toBe(true)
    const logged = hidden.flatMap((secret) => [secret, secret.slice(-22)])
    // No `toContain`: a failure would print the whole log.
    expect(logged.map((secret) => output.includes(secret))).toEqual(logged.map(() => false))
  })
})

describe('a cookie and a token', () => {
  it('of one session are fine; of two are refused, in whatever way they come', async () => {
    const message = 'Two different credentials were sent in one request.'
    const one = service.client()
    const two = service.client()
    const [first, second] = [await signIn(one, 'ada'), await signIn(two, 'ada')]
    const both = (client: Client, token: string, path = '/dashboard') =>
      client.get(path, { headers: { Authorization: `Bearer ${token}` } })
    expect((await both(one, first.accessToken)).status).toBe(200)
    for (const path of ['/dashboard', '/session', '/public', '/']) {
      expectProblem(await both(one, second.accessToken, path), 400, 'credentials_conflict', message)
    }
    const late = await one.post('/logout', undefined, {
      headers: { Authorization: `Bearer ${second.accessToken}` },
    })
    expectProblem(late, 400, 'credentials_conflict', message)
    expect((await one.get('/dashboard')).status).toBe(200)
    expect((await two.get('/dashboard')).status).toBe(200)
  })
})
