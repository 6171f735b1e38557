/** What other programs ask a service about tokens: keys, metadata, whether one is good, which ones have ended. */
import { createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Client } from '../support/client.js'
import { startService, type Service } from '../support/service.js'
import {
  basic,
  bearing,
  freshSecret,
  open,
  refresh,
  register,
  signIn,
  type Pair,
} from '../support/tokens.js'

const SECRETS = [freshSecret(), freshSecret()] as const
const CLIENTS = [`gateway:${SECRETS[0]}`, `gateway:${SECRETS[1]}`, `cms~1:${SECRETS[0]}`].join(',')

let service: Service
let client: Client

beforeAll(async () => {
  service = await startService({ OAUTH_CLIENTS: CLIENTS, PUBLIC_URL: 'http://localhost:3999' })
  client = service.client()
  await register(service.client(), 'ada')
})
afterAll(async () => service[Symbol.asyncDispose]())

const GATEWAY = { Authorization: basic('gateway', SECRETS[0]) }

const fresh = (): Promise<Pair> => signIn(service.client(), 'ada')

const form = (
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  client.request('POST', path, {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
    cookie: '',
  })

describe('keys and metadata', () => {
  it('keys are public, may be cached, hold nothing private and verify a token', async () => {
    const answer = await client.get('/.well-known/jwks.json')
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/jwk-set+json')
    expect(answer.headers['cache-control']).toBe('public, max-age=600')
    expect(answer.headers['vary'] ?? '').not.toMatch(/cookie/i)
    expect(answer.cookies).toEqual([])
    const { keys } = answer.json<{ keys: (JsonWebKey & { kid: string })[] }>()
    for (const key of keys) {
      expect(Object.keys(key)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(?:d|p|q|dp|dq|qi|oth|k)$/)]),
      )
      expect(key).toMatchObject({ use: 'sig', alg: 'EdDSA', kty: 'OKP' })
    }
    const { accessToken } = await fresh()
    const [head = '', body = '', signature = ''] = accessToken.split('.')
    const key = keys.find(({ kid }) => kid === open(accessToken).header['kid'])
    const data = Buffer.from(`${head}.${body}`)
    const text = Buffer.from(signature, 'base64url')
    expect(verify(null, data, createPublicKey({ key: key ?? {}, format: 'jwk' }), text)).toBe(true)
  })

  it('with a session at hand the answer is the same: it is nobody’s own', async () => {
    const person = service.client()
    await signIn(person, 'ada')
    const [own, others] = await Promise.all([
      person.get('/.well-known/jwks.json'),
      client.get('/.well-known/jwks.json'),
    ])
    expect(own.text).toBe(others.text)
    expect(own.headers['cache-control']).toBe('public, max-age=600')
  })

  it('metadata names the endpoints by their public addresses, and each of them is there', async () => {
    const answer = await client.get('/.well-known/oauth-authorization-server')
    expect(answer.headers['cache-control']).toBe('public, max-age=600')
    const found = answer.json<Record<string, unknown>>()
    expect(found['issuer']).toBe('http://localhost:3999')
    const places = Object.entries(found).filter(([name]) => /_(?:uri|endpoint)$/.test(name))
    expect(places.map(([name]) => name).sort()).toEqual([
      'introspection_endpoint',
      'jwks_uri',
      'revocation_endpoint',
      'revocations_uri',
      'token_endpoint',
    ])
    for (const [name, place] of places) {
      const { origin, pathname } = new URL(String(place))
      expect(origin).toBe('http://localhost:3999')
      const method = name.endsWith('endpoint') ? 'POST' : 'GET'
      expect([name, (await client.request(method, pathname)).status]).not.toEqual([name, 404])
    }
  })
})

describe('clients of the endpoints', () => {
  const endpoints = ['/oauth/introspect', '/oauth/revoke'] as const

  it('ASVS 10.4.10: authenticate by Basic or in the body, with any of their secrets; nobody else gets an answer', async () => {
    const { refreshToken: token } = await fresh()
    for (const path of endpoints) {
      for (const secret of SECRETS) {
        const garbage = { token: 'garbage' }
        const body = { client_id: 'gateway', client_secret: secret }
        expect(
          (await form(path, garbage, { Authorization: basic('gateway', secret) })).status,
        ).toBe(200)
        expect((await form(path, { ...garbage, ...body })).status).toBe(200)
        expect((await client.post(path, { ...garbage, ...body }, { cookie: '' })).status).toBe(200)
      }
      expect(
        (await form(path, { token: 'x' }, { Authorization: basic('cms%7E1', SECRETS[0]) })).status,
      ).toBe(200)
      const bad: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
        [{}, {}],
        [{ client_id: 'gateway' }, {}],
        [{ client_id: 'gateway', client_secret: '' }, {}],
        [{ client_id: 'gateway', client_secret: 'x' }, {}],
        [{ client_id: 'nobody', client_secret: SECRETS[0] }, {}],
        [{ client_id: '__proto__', client_secret: SECRETS[0] }, {}],
        [{ client_id: 'cms~1', client_secret: SECRETS[1] }, {}],
        [{}, { Authorization: basic('gateway', '') }],
        [{}, { Authorization: basic('gateway', SECRETS[0].slice(0, -1)) }],
        [{}, { Authorization: basic('', SECRETS[0]) }],
        [{}, { Authorization: basic('gateway:', SECRETS[0]) }],
        [{}, { Authorization: basic('cms~1', SECRETS[1]) }],
        [{}, { Authorization: 'Basic' }],
        [{}, { Authorization: 'Basic !!!' }],
        [{}, { Authorization: `Bearer ${SECRETS[0]}` }],
        [{}, { Authorization: basic('%', '%E0%A4') }],
        // In two ways at once (RFC 6749 section 2.3).
        [{ client_id: 'gateway', client_secret: SECRETS[0] }, GATEWAY],
      ]
      for (const [fields, headers] of bad) {
        const answer = await form(path, { token, ...fields }, headers)
        expect([path, fields, headers, answer.status]).toEqual([path, fields, headers, 401])
        expect(answer.json()).toMatchObject({ code: 'invalid_client', error: 'invalid_client' })
        expect(answer.headers['www-authenticate']).toBe('Basic realm="sojourn", charset="UTF-8"')
        expect(answer.text).not.toContain(SECRETS[0].slice(0, 12))
      }
    }
    for (const headers of [{}, { Authorization: basic('gateway', 'x') }]) {
      expect((await client.get('/oauth/revocations', { headers, cookie: '' })).status).toBe(401)
    }
    expect((await refresh(client, token)).status).toBe(200)
  })

  it('a service without clients answers none', async () => {
    await using other = await startService()
    for (const path of endpoints) {
      const answer = await other.client().post(path, { token: 'x' }, { headers: GATEWAY })
      expect([path, answer.status]).toEqual([path, 401])
    }
    const found = await other.client().get('/oauth/revocations', { headers: GATEWAY })
    expect(found.status).toBe(401)
  })

  it('introspection tells of a good token what RFC 7662 wants, and keeps nothing', async () => {
    const pair = await fresh()
    const { claims } = open(pair.accessToken)
    const access = await form('/oauth/introspect', { token: pair.accessToken }, GATEWAY)
    expect(access.headers['cache-control']).toBe('no-store')
    expect(access.json()).toMatchObject({
      active: true,
      token_type: 'Bearer',
      ...Object.fromEntries(
        ['iss', 'sub', 'sid', 'exp', 'iat', 'jti'].map((name) => [name, claims[name]]),
      ),
    })
    const hint = { token: pair.refreshToken, token_type_hint: 'access_token' }
    const byHint = await form('/oauth/introspect', hint, GATEWAY)
    expect(byHint.json()).toMatchObject({ active: true, token_type: 'refresh_token' })
    // Asking exchanged nothing.
    expect((await refresh(client, pair.refreshToken)).status).toBe(200)
  })

  it('S3-04: revoking ends the session with every credential of it, whichever token of it is at hand', async () => {
    const spent = async (): Promise<readonly [Pair, string]> => {
      const pair = await fresh()
      await refresh(client, pair.refreshToken)
      return [pair, pair.refreshToken]
    }
    const ways: Record<string, () => Promise<readonly [Pair, string]>> = {
      access: async () => fresh().then((pair) => [pair, pair.accessToken] as const),
      refresh: async () => fresh().then((pair) => [pair, pair.refreshToken] as const),
      spent,
    }
    for (const [name, make] of Object.entries(ways)) {
      const [pair, token] = await make()
      const answer = await form('/oauth/revoke', { token }, GATEWAY)
      expect([name, answer.status, answer.text]).toEqual([name, 200, ''])
      expect((await client.get('/dashboard', bearing(pair.accessToken))).status).toBe(401)
      expect((await refresh(client, pair.refreshToken)).status).toBe(400)
      const told = await form('/oauth/introspect', { token: pair.accessToken }, GATEWAY)
      expect(told.text).toBe('{"active":false}')
    }
  })
})

interface Endings {
  readonly since: number
  readonly now: number
  readonly sessions: readonly { readonly id: string; readonly endedAt: number }[]
  readonly subjects: readonly { readonly subject: string; readonly epoch: number }[]
}

describe('what ended', () => {
  const ask = (query: string): Promise<Answer> =>
    client.get(`/oauth/revocations${query}`, { headers: GATEWAY, cookie: '' })

  it('is told from an instant on; its own instant is where the next question begins', async () => {
    const start = (await ask('')).json<Endings>()
    const pair = await fresh()
    const quiet = (await ask(`?since=${String(start.now)}`)).json<Endings>()
    const { sid } = open(pair.accessToken).claims
    expect(quiet.sessions.map(({ id }) => id)).not.toContain(sid)
    await form('/oauth/revoke', { token: pair.refreshToken }, GATEWAY)
    const news = (await ask(`?since=${String(quiet.now)}`)).json<Endings>()
    expect(news.sessions.map(({ id }) => id)).toContain(sid)
    expect(news.since).toBeLessThanOrEqual(quiet.now)
    const after = (await ask(`?since=${String(news.now + 1)}`)).json<Endings>()
    expect(after.sessions).toEqual([])
  })

  it('a chain of cursors misses none of fifty ends, however they fall', async () => {
    const pairs = await Promise.all(Array.from({ length: 50 }, fresh))
    let { now } = (await ask('')).json<Endings>()
    const heard = new Set<string>()
    let isOver = false
    const ended = (async () => {
      for (const { refreshToken: token } of pairs) await form('/oauth/revoke', { token }, GATEWAY)
      isOver = true
    })()
    for (let isLast = false; !isLast;) {
      isLast = isOver
      const answer = (await ask(`?since=${String(now)}`)).json<Endings>()
      for (const { id } of answer.sessions) heard.add(id)
      now = answer.now
    }
    await ended
    const expected = pairs.map(({ accessToken }) => String(open(accessToken).claims['sid']))
    expect(expected.filter((id) => !heard.has(id))).toEqual([])
  })

  it('a question that waits is answered within a second of the news: of one session, and of all of a person', async () => {
    const eve = await register(service.client(), 'eve')
    const ends: Record<string, (pair: Pair) => Promise<Answer>> = {
      one: ({ refreshToken }) => form('/oauth/revoke', { token: refreshToken }, GATEWAY),
      all: ({ accessToken }) => client.post('/logout-all', undefined, bearing(accessToken)),
    }
    for (const [name, end] of Object.entries(ends)) {
      const pair = name === 'one' ? await fresh() : eve
      const { now } = (await ask('')).json<Endings>()
      const waiting = ask(`?since=${String(now + 1)}&wait=20`)
      await new Promise((resolve) => setTimeout(resolve, 700))
      const before = performance.now()
      expect((await end(pair)).status).toBe(200)
      const news = (await waiting).json<Endings>()
      expect(performance.now() - before).toBeLessThan(1_000)
      const { sid, sub } = open(pair.accessToken).claims
      const told = [
        ...news.sessions.map(({ id }) => id),
        ...news.subjects.map(({ subject }) => subject),
      ]
      expect(told).toContain(name === 'one' ? sid : sub)
    }
  })

  it('a question that waits in vain gets an empty answer with a new instant, when its time is up', async () => {
    const { now } = (await ask('')).json<Endings>()
    const before = performance.now()
    const answer = (await ask(`?since=${String(now + 1)}&wait=1`)).json<Endings>()
    expect(performance.now() - before).toBeGreaterThan(900)
    expect(performance.now() - before).toBeLessThan(2_000)
    expect(answer).toMatchObject({ sessions: [], subjects: [] })
    expect(answer.now).toBeGreaterThan(now)
  })

  it('a question that cannot be meant is refused by the name of its field', async () => {
    for (const query of [
      'since=-1',
      'since=x',
      'since=1e3',
      'since=99999999999999999',
      'wait=31',
      'wait=0.5',
      'wait=',
    ]) {
      const answer = await ask(`?${query}`)
      expect([query, answer.status]).toEqual([query, 400])
      expect(answer.json()).toMatchObject({ code: 'field_invalid', field: query.split('=')[0] })
    }
    expect((await ask('?since=1&since=2')).status).toBe(400)
  })
})
