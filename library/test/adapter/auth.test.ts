import express5 from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { createExpressAdapter, type AuthOptions } from '../../src/adapter/express.js'
import type { TokenOptions } from '../../src/options.js'
import { createSojourn } from '../../src/sojourn.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { createManualClock } from '../../src/testing/manual-clock.js'
import { SECRET, TOKENS } from '../support/sojourn.js'
import { listen, WebClient, type RunningServer, type WebAnswer } from '../support/web.js'

const CREATE = [
  ['Express 4', express4],
  ['Express 5', express5],
] as const
const CLIENTS = new Map([['gateway', ['the secret of the gateway']]])
const GATEWAY = {
  authorization: `Basic ${Buffer.from('gateway:the secret of the gateway').toString('base64')}`,
}

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

type Pair = Record<'accessToken' | 'refreshToken', string>

/** An application that signs in whoever asks, with a route for each set of rules. */
async function start(
  create: typeof express5,
  rules: Readonly<Record<string, AuthOptions>> = {},
  tokens: Partial<TokenOptions> = {},
) {
  const clock = createManualClock()
  const sojourn = createSojourn({
    secrets: SECRET,
    store: createMemoryStore({ clock }),
    clock,
    idle: '12h',
    absolute: '30d',
    tokens: { ...TOKENS, ...tokens },
  })
  const web = createExpressAdapter(sojourn)
  const app = create()
  app.use(web.sessions, create.json({ limit: '1mb' }), create.urlencoded({ extended: false }))
  app.post(
    '/login',
    web.handler(async (request, response) => {
      const { acr, ...issue } = request.body as {
        acr?: string
        audience?: string[]
        scope?: string[]
      }
      await request.session.signIn('alice', {
        methods: ['pwd'],
        ...(acr === undefined ? {} : { acr }),
      })
      response.json(await request.session.issueTokens(issue))
    }),
  )
  const who = web.handler((request, response) => {
    response.json({ subject: request.session.subject ?? null, state: request.session.state })
  })
  app.get('/me', web.requireAuth(), who)
  app.get('/maybe', web.optionalAuth(), who)
  for (const [path, rule] of Object.entries(rules)) app.get(path, web.requireAuth(rule), who)
  const { tokenRoutes } = web
  app.post('/auth/refresh', tokenRoutes.refresh)
  app.post('/introspect', tokenRoutes.introspect(CLIENTS))
  app.post('/revoke', tokenRoutes.revoke(CLIENTS))
  app.get('/revocations', tokenRoutes.revocations(CLIENTS))
  app.get('/jwks', tokenRoutes.jwks)
  const server = await listen(app)
  running.push(server)
  const login = async (body: object = {}, client = new WebClient(server)): Promise<Pair> =>
    JSON.parse((await client.post('/login', body)).body) as Pair
  /** Asks with a token and no cookie. */
  const ask = async (path: string, token?: string): Promise<WebAnswer> =>
    new WebClient(server).get(path, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })
  return { server, sojourn, clock, login, ask, client: () => new WebClient(server) }
}

const challenge = (answer: WebAnswer): string => String(answer.headers['www-authenticate'])
const codeOf = (answer: WebAnswer): unknown => (JSON.parse(answer.body) as { code?: string }).code

describe.each(CREATE)('on %s', (_name, create) => {
  it('requireAuth lets in whoever presents a session, by cookie or by token, and asks everybody else for either', async () => {
    const { login, ask, client } = await start(create)
    const person = client()
    const { accessToken } = await login({}, person)
    expect((await person.get('/me')).status).toBe(200)
    expect(JSON.parse((await ask('/me', accessToken)).body)).toEqual({
      subject: 'alice',
      state: 'active',
    })
    const nobody = await ask('/me')
    expect([nobody.status, codeOf(nobody)]).toEqual([401, 'session_missing'])
    expect(challenge(nobody)).toBe('Cookie realm="sojourn", Bearer realm="sojourn"')
    const wrong = await ask('/me', `${accessToken}x`)
    expect(wrong.status).toBe(401)
    expect(challenge(wrong)).toMatch(
      /^Bearer realm="sojourn", error="invalid_token", error_description="/,
    )
    expect(wrong.headers['set-cookie']).toBeUndefined()
  })

  it('optionalAuth lets everybody in but two people at once, and says who came', async () => {
    const { login, ask, client } = await start(create)
    const [one, two] = [client(), client()]
    const { accessToken } = await login({}, one)
    await login({}, two)
    const seen = async (answer: Promise<WebAnswer>): Promise<unknown> =>
      (JSON.parse((await answer).body) as { subject?: string }).subject
    expect(await seen(ask('/maybe'))).toBeNull()
    expect(await seen(ask('/maybe', accessToken))).toBe('alice')
    expect(await seen(ask('/maybe', 'a.b.c'))).toBeNull()
    const headers = { authorization: `Bearer ${accessToken}` }
    expect(await seen(one.get('/maybe', { headers }))).toBe('alice')
    const conflict = await two.get('/maybe', { headers })
    expect([conflict.status, codeOf(conflict)]).toEqual([400, 'credentials_conflict'])
    expect(conflict.headers['set-cookie']).toBeUndefined()
  })

  it('ASVS 10.3.4: a sign-in that is too old or not sure enough is answered with the challenge of RFC 9470, by token and by cookie', async () => {
    const { login, ask, clock, client } = await start(create, {
      '/recent': { maxAge: '5m' },
      '/strong': { acr: ['phr', 'phrh'] },
      '/both': { acr: 'phr', maxAge: '5m' },
    })
    const person = client()
    const weak = await login({}, person)
    const strong = await login({ acr: 'phr' })
    expect((await ask('/recent', weak.accessToken)).status).toBe(200)
    expect((await ask('/strong', strong.accessToken)).status).toBe(200)
    expect((await ask('/both', strong.accessToken)).status).toBe(200)
    const level = await ask('/strong', weak.accessToken)
    expect([level.status, codeOf(level)]).toEqual([401, 'reauthentication_required'])
    expect(challenge(level)).toBe(
      'Bearer realm="sojourn", error="insufficient_user_authentication", ' +
        'error_description="Please sign in in a stronger way.", acr_values="phr phrh"',
    )
    clock.advance(301_000)
    for (const token of [weak.accessToken, strong.accessToken]) {
      const old = await ask('/recent', token)
      expect([old.status, codeOf(old)]).toEqual([401, 'reauthentication_required'])
      expect(challenge(old)).toBe(
        'Bearer realm="sojourn", error="insufficient_user_authentication", ' +
          'error_description="Please confirm that it is you.", max_age="300"',
      )
    }
    const byCookie = await person.get('/recent')
    expect(byCookie.status).toBe(401)
    expect(challenge(byCookie)).toContain(
      'Cookie realm="sojourn", error="insufficient_user_authentication", max_age="300"',
    )
    // Somebody who is not there at all is asked to sign in, not to do it better.
    expect(challenge(await ask('/strong'))).not.toContain('insufficient')
  })

  it('ASVS 10.3.1, ASVS 9.2.4: a token that names another audience is refused, here and at a route that wants one of its own', async () => {
    const { login, ask } = await start(
      create,
      {
        '/reports': { audience: 'https://reports.example' },
        '/api': { audience: 'https://api.example' },
      },
      {
        audience: ['https://api.example', 'https://reports.example'],
        otherAudiences: ['https://mail.example'],
      },
    )
    const both = await login()
    const api = await login({ audience: ['https://api.example'] })
    const mail = await login({ audience: ['https://mail.example'] })
    expect((await ask('/reports', both.accessToken)).status).toBe(200)
    expect((await ask('/api', api.accessToken)).status).toBe(200)
    for (const [path, { accessToken }] of [
      ['/reports', api],
      ['/me', mail],
      ['/api', mail],
    ] as const) {
      const answer = await ask(path, accessToken)
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 401, 'audience_mismatch'])
      expect(challenge(answer)).toMatch(/^Bearer .*error="invalid_token"/)
    }
    expect(() => createSojourn({ secrets: SECRET, tokens: { issuer: 'x', audience: [] } })).toThrow(
      /tokens\.audience/,
    )
    expect(() =>
      createSojourn({ secrets: SECRET, tokens: { issuer: 'x' } as TokenOptions }),
    ).toThrow(/tokens\.audience/)
  })

  it('a token that allows too little is refused with what would be enough (RFC 6750 section 3.1)', async () => {
    const { login, ask } = await start(create, { '/write': { scope: ['read', 'write'] } })
    const enough = await login({ scope: ['write', 'read', 'more'] })
    const little = await login({ scope: ['read'] })
    expect((await ask('/write', enough.accessToken)).status).toBe(200)
    const answer = await ask('/write', little.accessToken)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'insufficient_scope'])
    expect(challenge(answer)).toBe(
      'Bearer realm="sojourn", error="insufficient_scope", ' +
        'error_description="The token does not allow this.", scope="read write"',
    )
  })

  it('S4-02: the claims and lifetimes of the recipe can be had', async () => {
    const { login } = await start(
      create,
      {},
      {
        accessLifetime: '1h',
        refresh: { lifetime: '7d' },
        allowedClaims: ['userId', 'role', 'type'],
        claims: ({ subject }) => ({ userId: subject, role: 'admin', type: 'access', more: 1 }),
      },
    )
    const { accessToken, refreshToken } = await login()
    const claims = JSON.parse(
      Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString(),
    ) as Record<string, unknown>
    expect(claims).toMatchObject({ userId: 'alice', role: 'admin', type: 'access' })
    expect(claims).not.toHaveProperty('more')
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(3_600)
    expect(refreshToken).toMatch(/^rt\./)
  })

  it('a token in the address is refused wherever a guard stands', async () => {
    const { login, ask } = await start(create)
    const { accessToken, refreshToken } = await login()
    for (const query of [`access_token=${accessToken}`, `q=${accessToken}`, `q=${refreshToken}`]) {
      for (const path of ['/me', '/maybe']) {
        const answer = await ask(`${path}?${query}`)
        expect([answer.status, codeOf(answer)]).toEqual([400, 'credential_in_url'])
        expect(answer.body).not.toContain(accessToken.slice(-20))
      }
    }
    expect((await ask('/me?q=rt.hello&page=2', accessToken)).status).toBe(200)
  })

  it('the token routes exchange, look up, revoke and publish', async () => {
    const { login, ask, client } = await start(create)
    const pair = await login()
    const exchanged = await client().post('/auth/refresh', { refreshToken: pair.refreshToken })
    const next = JSON.parse(exchanged.body) as Pair
    expect(Object.keys(next).sort()).toEqual([
      'accessToken',
      'expiresIn',
      'refreshToken',
      'tokenType',
    ])
    expect(exchanged.headers['cache-control']).toBe('no-store')
    const told = await client().post(
      '/introspect',
      { token: next.accessToken },
      { headers: GATEWAY },
    )
    expect(JSON.parse(told.body)).toMatchObject({ active: true, sub: 'alice' })
    const denied = await client().post('/introspect', { token: next.accessToken })
    expect([denied.status, codeOf(denied)]).toEqual([401, 'invalid_client'])
    const keys = await client().get('/jwks')
    expect(keys.headers['cache-control']).toBe('public, max-age=600')
    expect(keys.body).not.toContain('"d"')
    const revoked = await client().post(
      '/revoke',
      { token: pair.refreshToken },
      { headers: GATEWAY },
    )
    expect([revoked.status, revoked.body]).toEqual([200, ''])
    expect(codeOf(await ask('/me', next.accessToken))).toBe('session_ended')
    const news = await client().get('/revocations', { headers: GATEWAY })
    const { sessions } = JSON.parse(news.body) as { sessions: { id: string }[] }
    expect(sessions).toHaveLength(1)
  })

  it('the refresh route wants one token, in one place, of one session', async () => {
    const { login, client } = await start(create)
    const [one, two] = [await login(), await login()]
    const cookieOf = (pair: Pair, name: string): Record<string, string> => ({
      cookie: `${name}-refresh=${pair.refreshToken}`,
    })
    const person = client()
    await login({}, person)
    const [name = ''] = [...person.jar.keys()]
    const post = async (
      body: object,
      headers: Record<string, string> = {},
    ): Promise<readonly [number, unknown]> => {
      const answer = await client().post('/auth/refresh', body, { headers })
      expect(answer.headers['set-cookie']).toBeUndefined()
      if (answer.status === 401) expect(answer.headers).toHaveProperty('www-authenticate')
      return [answer.status, codeOf(answer)]
    }
    const bearer = { authorization: `Bearer ${one.refreshToken}` }
    const { refreshToken } = one
    expect(await post({ refreshToken }, bearer)).toEqual([400, 'invalid_request'])
    expect(await post({ refreshToken, refresh_token: refreshToken })).toEqual([
      400,
      'invalid_request',
    ])
    expect(await post({ refreshToken }, cookieOf(two, name))).toEqual([400, 'credentials_conflict'])
    expect(await post({}, { authorization: 'Bearer a b' })).toEqual([400, 'invalid_request'])
    expect(await post({}, { authorization: 'Bearer' })).toEqual([401, 'token_missing'])
    expect(await post({}, { authorization: 'Basic eDp5' })).toEqual([401, 'scheme_unsupported'])
    expect(await post({})).toEqual([401, 'token_missing'])
    expect(await post({ refreshToken: 7 })).toEqual([401, 'token_missing'])
    // None of it was exchanged. A proxy's password disturbs nobody, nor does the same session's cookie.
    expect((await post({ refreshToken }, { authorization: 'Basic eDp5' }))[0]).toBe(200)
    expect((await post({ refreshToken }, cookieOf(one, name)))[0]).toBe(200)
  })

  it('behaviour 37b: claims are what the list allows, and more of them than fit is a fault with its name, not a larger token', async () => {
    const { login, client } = await start(
      create,
      {},
      {
        allowedClaims: ['note'],
        claims: ({ scope }) => ({
          note: 'x'.repeat(scope.includes('much') ? 2_000 : 900),
          other: 1,
        }),
      },
    )
    const { accessToken } = await login()
    expect(accessToken.length).toBeLessThan(2_000)
    const refused = await client().post('/login', { scope: ['much'] })
    expect(refused.status).toBe(500)
    expect(refused.body).not.toContain('xxxxxxxxxx')
  })
})
