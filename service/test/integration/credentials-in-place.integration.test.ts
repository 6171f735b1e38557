/** Credentials are taken from where they belong, handed to whom they belong, and judged here alone. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Client } from '../support/client.js'
import { BY_HTTPS, production } from '../support/https.js'
import { speak } from '../support/raw.js'
import { startService, type Service } from '../support/service.js'
import {
  basic,
  bearing,
  flip,
  freshSecret,
  open,
  seal,
  signingKey,
  type Pair,
} from '../support/tokens.js'

const PASSWORD = 'correct horse battery 9'
const LOGIN = { username: 'ada', password: PASSWORD }
const CLIENT_SECRET = freshSecret()
/** What every browser of these years sends along. */
const PAGE_OF_OURS = { ...BY_HTTPS, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors' }

let service: Service
const answers: Answer[] = []

beforeAll(async () => {
  service = await startService({ ...production(), OAUTH_CLIENTS: `gateway:${CLIENT_SECRET}` })
})
afterAll(() => service[Symbol.asyncDispose]())

/** A browser on a page of the service; what it is answered is looked at in the end. */
const browser = (): Client =>
  service.client({ headers: PAGE_OF_OURS, onAnswer: (answer) => answers.push(answer) })
/** A program: it has no cookies but those it keeps itself. */
const program = (): Client => service.client({ headers: BY_HTTPS })

async function arrive(client: Client, path = '/login'): Promise<Answer> {
  const answer = await client.post(path, LOGIN)
  expect([200, 201]).toContain(answer.status)
  return answer
}

function expectProblem(answer: Answer, status: number, code: string, message: string): void {
  expect(answer.json()).toMatchObject({ status, code, message })
  expect(answer.status).toBe(status)
  expect(answer.cookies).toEqual([])
}

const MISSING = [401, 'session_missing', 'No session. Please sign in.'] as const
const TOKEN = /eyJ[\w-]+\.[\w-]+\.[\w-]+|rt\.[\w-]{2}\.[\w-]{22}\.[\w-]{22,}/

describe('a browser', () => {
  it('ASVS 10.1.1, ASVS 14.3.1: has cookies alone: no answer to it holds a token in its body, from registering to signing out, where it is told to forget all', async () => {
    const client = browser()
    await arrive(client, '/register')
    const gets = ['/', '/public', '/dashboard', '/profile', '/session', '/sessions', '/csrf']
    for (const path of gets) {
      await client.get(path)
      await client.page(path)
    }
    for (const path of ['/security', '/reauthenticate', '/logout', '/login', '/register']) {
      await client.page(path)
    }
    await client.patch('/session', { cart: ['book'] })
    await client.post('/session/extend')
    await client.post('/reauthenticate', { password: PASSWORD })
    await client.post('/password', { currentPassword: PASSWORD, newPassword: PASSWORD })
    await client.post('/sessions/revoke-others')
    const refreshed = await client.post('/auth/refresh')
    expect(refreshed.status).toBe(200)
    const held = [...client.jar.values()]
    expect(held.length).toBeGreaterThan(1)
    await client.post('/auth/refresh')
    await client.post('/refresh')
    await client.post('/login', LOGIN)
    await client.post('/login', { ...LOGIN, password: 'not it' })
    const cookies = [...held, ...client.jar.values()]
    const out = await client.post('/logout')
    expect(out.status).toBe(200)
    expect(out.headers['clear-site-data']).toBe('"cookies", "storage"')
    expect(client.jar.size).toBe(0)
    const again = browser()
    await arrive(again)
    const page = await again.form('/logout')
    expect([page.status, page.headers['clear-site-data']]).toEqual([303, '"cookies", "storage"'])
    expect(again.jar.size).toBe(0)

    expect(answers.length).toBeGreaterThan(30)
    expect(answers.filter(({ text }) => TOKEN.test(text)).map(({ text }) => text)).toEqual([])
    // Nor what its cookies hold, under whatever name.
    for (const value of cookies)
      expect(answers.every(({ text }) => !text.includes(value))).toBe(true)
    // The pattern finds what it is for: a program is given tokens.
    expect((await arrive(program())).text).toMatch(TOKEN)
  })
})

describe('whoever comes', () => {
  it('ASVS 7.2.1: is judged here alone: what a client makes of its own state never gets a 200', async () => {
    const client = browser()
    await arrive(client)
    const answer = await arrive(program())
    const { accessToken, refreshToken } = answer.json<{ tokens: Pair }>().tokens
    const [name = '', value = ''] = [...client.jar].find(([, text]) => text.length > 60) ?? []
    const { header, claims } = open(accessToken)
    const [head = '', , signature = ''] = accessToken.split('.')
    const payload = (more: object): string =>
      Buffer.from(JSON.stringify({ ...claims, ...more })).toString('base64url')
    const own = signingKey()
    const tokens = [
      flip(accessToken),
      `${head}.${payload({ sub: 'root' })}.${signature}`,
      `${head}.${payload({ exp: 9e9 })}.${signature}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload({})}.`,
      seal(header, { ...claims, role: 'admin' }, own),
      seal({ ...header, alg: 'HS256' }, claims, freshSecret()),
      refreshToken,
      value,
    ]
    for (const token of tokens) {
      for (const path of ['/dashboard', '/profile', '/session', '/sessions']) {
        const refused = await program().get(path, bearing(token))
        expect([path, refused.status]).toEqual([path, 401])
      }
      const asked = await program().post(
        '/oauth/introspect',
        { token },
        {
          headers: { Authorization: basic('gateway', CLIENT_SECRET) },
        },
      )
      if (token !== refreshToken) expect(asked.text).toBe('{"active":false}')
    }
    const [id = '', ...rest] = value.split(/(?<=\.[^.]+)\./)
    const cookies = [
      `${name}=${flip(value)}`,
      `${name}=${id}.${'A'.repeat(rest.join('.').length)}`,
      `${name}=${value}x`,
      `${name}=${value.slice(0, -1)}`,
      `${name}=${refreshToken}`,
      `${name}=${accessToken}`,
      'isAuthenticated=true; user=ada; role=admin; authenticated=1',
    ]
    for (const cookie of cookies) {
      for (const path of ['/dashboard', '/profile', '/session', '/sessions']) {
        expect([path, (await program().get(path, { cookie })).status]).toEqual([path, 401])
      }
    }
    const claimed = { 'X-User': 'ada', 'X-Authenticated': 'true', 'X-User-Id': 'ada' }
    const byHeader = await program().get('/dashboard', { headers: claimed })
    expectProblem(byHeader, ...MISSING)
    // What browsers load asks and shows, and decides nothing: all of it is in a folder of its own, without a guard in it.
    const text = readFileSync(new URL('../../../library/package.json', import.meta.url), 'utf8')
    const manifest = JSON.parse(text) as { exports: Record<string, unknown>; browser?: unknown }
    expect(manifest.browser).toBeUndefined()
    const forBrowsers = Object.entries(manifest.exports).filter(([entry]) =>
      /browser|client/.test(entry),
    )
    for (const [, file] of forBrowsers) expect(file).toMatch(/^\.\/dist\/browser\//)
    const folder = new URL('../../../library/src/browser/', import.meta.url)
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts'))) {
      const imports = readFileSync(new URL(name, folder), 'utf8').match(/from '\.\.\/.*'/g)
      expect([name, imports]).toEqual([name, null])
    }
    expect(text).not.toMatch(/"browser":/)
    expect((await client.get('/dashboard')).status).toBe(200)
  })

  it('header-34: with Last-Event-ID or Upgrade, and without a session, is told to sign in, and gets that answer at once', async () => {
    const resumed = { 'Last-Event-ID': '42', Accept: 'text/event-stream' }
    expectProblem(await program().get('/session', { headers: resumed }), ...MISSING)
    const lines = Object.entries(BY_HTTPS).map(([name, value]) => `${name}: ${value}\r\n`)
    const socket = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    const upgrades = ['websocket', 'h2c', 'x'].flatMap((protocol) =>
      ['', 'Last-Event-ID: 42\r\n'].map(async (more) => {
        const startedAt = performance.now()
        const text = await speak(
          service.port,
          `GET /session HTTP/1.1\r\n${lines.join('')}Connection: Upgrade\r\nUpgrade: ${protocol}\r\n${socket}${more}\r\n`,
          1_000,
        )
        expect(text).toMatch(/^HTTP\/1\.1 401 /)
        const { status, code, message } = JSON.parse(/\{.*\}/.exec(text)?.[0] ?? '{}') as Problem
        expect([status, code, message]).toEqual([...MISSING])
        // The connection is kept for more: a second of it is how long this test listens.
        expect(performance.now() - startedAt).toBeLessThan(1_900)
      }),
    )
    await Promise.all(upgrades)
  })

  it('cookie-22: with a cookie and an Authorization header of two sessions is refused with 400, by the code of our contract: credentials_conflict', async () => {
    const one = browser()
    await arrive(one)
    const { accessToken } = (await arrive(program())).json<{ tokens: Pair }>().tokens
    const message = 'Two different credentials were sent in one request.'
    const both = { headers: { Authorization: `Bearer ${accessToken}` } }
    for (const path of ['/dashboard', '/session', '/public', '/']) {
      expectProblem(await one.get(path, both), 400, 'credentials_conflict', message)
    }
    expect((await one.get('/dashboard')).status).toBe(200)
    expect((await program().get('/dashboard', bearing(accessToken))).status).toBe(200)
  })
})

interface Problem {
  readonly status: number
  readonly code: string
  readonly message: string
}

describe('a credential in an address', () => {
  it('ASVS 14.2.1, query-01, cookie-18: is refused on every route with 400, on behalf of nobody, and never logged', async () => {
    const client = browser()
    await arrive(client)
    const { accessToken, refreshToken } = (await arrive(program())).json<{ tokens: Pair }>().tokens
    const [, sid = ''] = [...client.jar].find(([, text]) => /^[\w-]{2}\./.test(text)) ?? []
    expect(sid).not.toBe('')
    const inUrl = 'Tokens are not accepted in the URL.'
    const sidInUrl = 'Session identifiers are not accepted in the URL.'
    const queries = [
      [`access_token=${accessToken}`, inUrl],
      [`refresh_token=${refreshToken}`, inUrl],
      ['access_token=x', inUrl],
      [`jwt=${accessToken}`, inUrl],
      [`x=${refreshToken}`, inUrl],
      [`sid=${sid}`, sidInUrl],
      [`a=b&connect.sid=${encodeURIComponent(sid)}`, sidInUrl],
      [`x=${sid}`, sidInUrl],
    ] as const
    const routes = ['/', '/public', '/dashboard', '/profile', '/session', '/sessions', '/csrf']
    for (const path of [...routes, '/login', '/register', '/signed-out', '/nowhere']) {
      for (const [query, message] of queries) {
        for (const who of [client, program()]) {
          expectProblem(await who.get(`${path}?${query}`), 400, 'credential_in_url', message)
        }
      }
    }
    for (const path of ['/login', '/refresh', '/logout', '/session/extend']) {
      for (const [query, message] of queries) {
        const answer = await client.post(`${path}?${query}`, {})
        expectProblem(answer, 400, 'credential_in_url', message)
      }
    }
    // Elsewhere than in its cookie an identifier counts for nothing.
    for (const headers of [{ 'X-Session-Id': sid }, { 'X-Sid': sid }, { Sid: sid }]) {
      expectProblem(await program().get('/session', { headers }), ...MISSING)
    }
    const inBody = await program().patch('/session', { sid })
    expectProblem(inBody, ...MISSING)

    const output = service.output()
    expect(output).toContain('"path"')
    const secrets = [accessToken, refreshToken, sid].flatMap((text) => [text, text.slice(-22)])
    expect(secrets.map((text) => output.includes(text))).toEqual(secrets.map(() => false))
    expect((await client.get('/dashboard')).status).toBe(200)
  })
})
