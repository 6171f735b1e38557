/** The CSRF guard in front of the service's own routes and in its pages, for clients that send neither Sec-Fetch-Site nor Origin. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Express } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recording } from '../../../library/test/support/sojourn.js'
import { listen, type RunningServer } from '../../../library/test/support/web.js'
import { createMemoryStore } from '../../../library/src/store/memory.js'
import { createApp } from '../../src/app.js'
import { loadConfig } from '../../src/config/index.js'
import { createLogger } from '../../src/log/index.js'
import { openParts, type OpenedParts } from '../../src/open-parts.js'
import { Client, type Answer } from '../support/client.js'

const PASSWORD = 'correct horse battery 9'
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const PAGE = { Accept: 'text/html' }
const WRITES = new Set(['create', 'change', 'rotate', 'end', 'endAll', 'changeSubject'])

let dataDir: string
let opened: OpenedParts
let app: Express
let server: RunningServer
/** Names of the store's verbs, as they were called. */
const calls: string[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sojourn-csrf-'))
  const config = loadConfig({ NODE_ENV: 'test', DATA_DIR: dataDir, PORT: '0' })
  const store = recording(createMemoryStore(), calls)
  const log = createLogger({ level: 'silent' })
  opened = await openParts(config, log, { store, close: () => Promise.resolve() })
  app = createApp(opened.parts)
  server = await listen(app)
}, 60_000)
afterAll(async () => {
  await server.close()
  await opened.close()
  await rm(dataDir, { recursive: true, force: true })
})

let count = 0
function someone(): { readonly username: string; readonly password: string } {
  count += 1
  return { username: `person-${String(count)}`, password: PASSWORD }
}

const visitor = (): Client => new Client(`http://127.0.0.1:${String(server.port)}`)

async function member(): Promise<Client> {
  const client = visitor()
  expect((await client.post('/register', someone())).status).toBe(201)
  return client
}

/** How browsers of before 2020 send a form: they say nothing of the page it was on. */
function submit(who: Client, path: string, fields: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams(fields).toString()
  return who.request('POST', path, { headers: { ...PAGE, ...FORM }, body })
}

/** The forms of a page: where each leads, and the token it carries. */
function formsOf({ text }: Answer): readonly { action: string; token: string | undefined }[] {
  return [...text.matchAll(/<form method="post" action="([^"]+)"[^>]*>(.*?)<\/form>/gs)].map(
    ([, action = '', inside = '']) => ({
      action,
      token: /<input type="hidden" name="_csrf" value="([\w.]+)"/.exec(inside)?.[1],
    }),
  )
}

async function tokenOn(who: Client, path: string): Promise<string> {
  const [form] = formsOf(await who.page(path))
  return form?.token ?? `no token on ${path}`
}

interface RoutePlace {
  readonly path: string
  readonly methods: readonly string[]
}

/** Every route there is, as the routers have it. */
function routes(): RoutePlace[] {
  const { stack } = app.router as unknown as { stack: { handle: { stack?: any[] } }[] }
  const byPath = new Map<string, Set<string>>()
  for (const { route } of stack.flatMap(({ handle }) => handle.stack ?? [])) {
    if (route === undefined) continue
    const known = byPath.get(route.path) ?? new Set()
    for (const layer of route.stack) known.add(layer.method.toUpperCase())
    byPath.set(route.path, known)
  }
  return [...byPath].map(([path, methods]) => ({ path, methods: [...methods] }))
}

const mutating = (): RoutePlace[] =>
  routes().filter(({ methods }) => methods.some((method) => method !== 'GET'))

const CODE = (answer: Answer): string =>
  /json/.test(answer.headers['content-type'] ?? '') ? String(answer.json().code) : '-'

describe('GET /csrf', () => {
  it('answers a token and where to put it, and nobody keeps the answer', async () => {
    const client = await member()
    const answer = await client.get('/csrf')
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store'])
    expect(answer.cookies).toEqual([])
    const { token, ...rest } = answer.json<{ token: string }>()
    expect(rest).toEqual({ header: 'X-CSRF-Token', field: '_csrf' })
    const headers = { ...FORM, 'X-CSRF-Token': token }
    expect((await client.request('POST', '/session/extend', { headers })).status).toBe(200)
    expect((await submit(client, '/session/extend', { _csrf: token })).status).toBe(200)
    const bare = await submit(client, '/session/extend', {})
    expect(bare.status).toBe(403)
  })

  it('behaviour 10c: gives a visitor a cookie, and creates no record', async () => {
    calls.splice(0)
    const client = visitor()
    for (const path of ['/csrf', '/login', '/register', '/csrf']) await client.page(path)
    expect([...client.jar.keys()]).toEqual(['csrf-seed'])
    expect(calls).toEqual([])
    // A browser that says where its requests come from needs none.
    const modern = { 'Sec-Fetch-Site': 'none' }
    const page = await visitor().page('/login', { headers: modern })
    expect([page.cookies, formsOf(page)]).toEqual([[], [{ action: '/login', token: undefined }]])
  })
})

describe('pages', () => {
  it('carry the token in every form, so that a browser that says nothing of itself can use them', async () => {
    const client = visitor()
    const person = someone()
    const register = await tokenOn(client, '/register')
    const arrived = await submit(client, '/register', { ...person, _csrf: register })
    expect([arrived.status, arrived.headers.location]).toEqual([303, '/dashboard'])
    for (const path of [
      ...['/', '/dashboard', '/profile', '/sessions', '/security', '/reauthenticate', '/logout'],
      '/nowhere',
    ]) {
      const forms = formsOf(await client.page(path))
      expect(forms.length, path).toBeGreaterThan(0)
      for (const { action, token } of forms) expect([path, action, token]).not.toContain(undefined)
    }
    const _csrf = await tokenOn(client, '/security')
    const again = await submit(client, '/reauthenticate', { password: 'wrong', _csrf })
    expect([again.status, formsOf(again).map(({ token }) => token?.length)]).toEqual([
      401,
      [44, 44],
    ])
    const [, form] = formsOf(again)
    const proven = await submit(client, '/reauthenticate', {
      password: PASSWORD,
      _csrf: form?.token ?? '',
    })
    expect(proven.status).toBe(303)
    expect((await submit(client, '/logout', { _csrf })).status).toBe(303)
    const wrong = await submit(client, '/login', {
      ...person,
      password: 'wrong',
      _csrf: await tokenOn(client, '/login'),
    })
    expect(wrong.status).toBe(401)
    const last = formsOf(wrong)[0]?.token ?? ''
    expect((await submit(client, '/login', { ...person, _csrf: last })).status).toBe(303)
  })

  it('GHSA-2ccf-ffrj-m4qw: a token of before the sign-in is refused after it, with or without a guest’s session', async () => {
    for (const before of ['/login', '/']) {
      const client = visitor()
      if (before === '/') await client.page('/')
      const person = someone()
      const _csrf = await tokenOn(client, '/register')
      expect((await submit(client, '/register', { ...person, _csrf })).status).toBe(303)
      const answer = await submit(client, '/logout', { _csrf })
      expect([before, answer.status]).toEqual([before, 403])
      expect(answer.text).toContain('csrf_invalid')
      expect((await client.get('/session')).status).toBe(200)
      const now = await tokenOn(client, '/dashboard')
      expect((await submit(client, '/logout', { _csrf: now })).status).toBe(303)
    }
  })

  it('do not let anybody be signed in as somebody else by a form that says nothing of itself', async () => {
    const attacker = visitor()
    const mallory = someone()
    await visitor().post('/register', mallory)
    const _csrf = await tokenOn(attacker, '/login')
    const victim = visitor()
    const bare = await submit(victim, '/login', mallory)
    expect([bare.status, bare.cookies]).toEqual([403, []])
    expect((await submit(victim, '/login', { ...mallory, _csrf })).status).toBe(403)
    expect((await submit(victim, '/register', { ...someone(), _csrf })).status).toBe(403)
    await victim.page('/login')
    expect((await submit(victim, '/login', { ...mallory, _csrf })).status).toBe(403)
    expect([...victim.jar.keys()]).toEqual(['csrf-seed'])
    // Scripts that send JSON go on without.
    expect((await visitor().post('/login', mallory)).status).toBe(200)
  })
})

/** Nobody is an administrator here: there is no console then, whoever asks. */
const isHidden = (path: string, status: number): boolean =>
  path.startsWith('/admin') && status === 404

describe('the routes of the service', () => {
  it('ASVS 3.5.2: no request that a page can send without asking first gets through as anything but a form of our own', async () => {
    const client = await member()
    const { id } = (await client.get('/session')).json<{ id: string }>()
    const json = '{"a":1,"password":"x","token":"x"}'
    const tricks: [Record<string, string>, string][] = [
      [{ 'Content-Type': 'text/plain' }, json],
      [{ 'Content-Type': 'text/plain; application/json' }, json],
      [{ 'Content-Type': 'text/plain;charset=utf-8' }, json],
      [{ 'Content-Type': 'application/json, text/plain' }, json],
      [{ 'Content-Type': 'application/json; charset=utf-7' }, json],
      [{ 'Content-Type': 'application/json; charset=utf-16' }, json],
      [{ 'Content-Type': 'application/json+form' }, json],
      [FORM, `${encodeURIComponent(json)}=`],
      [{ 'Content-Type': `${FORM['Content-Type']}; charset=utf-8` }, 'a=1&password=x&token=x'],
      [{ 'Content-Type': 'multipart/form-data; boundary=x' }, `--x\r\n\r\n${json}\r\n--x--`],
      [{ 'Content-Type': 'application/octet-stream' }, json],
      [{ 'Content-Type': 'text/plain', 'X-HTTP-Method-Override': 'PATCH' }, json],
      [{ 'Content-Type': '' }, json],
      [{}, json],
    ]
    const posts = mutating().filter(({ methods }) => methods.includes('POST'))
    expect(posts.length).toBeGreaterThan(10)
    await opened.parts.sojourn.settled()
    calls.splice(0)
    for (const { path } of posts) {
      for (const [headers, body] of tricks) {
        const facts = { headers, body }
        const answer = await client.request('POST', path.replace(/:(?:id|kid)/, id), facts)
        // A route of the machines' own may ask for its own credential first.
        expect([path, headers, answer.status]).toEqual([
          path,
          headers,
          expect.toSatisfy((status) => status === 403 || status === 415 || isHidden(path, status)),
        ])
        expect(answer.cookies).toEqual([])
      }
    }
    expect(calls.filter((verb) => WRITES.has(verb))).toEqual([])
    expect((await client.get('/session')).json()).toMatchObject({ id, data: {} })
  })

  it('ASVS 3.5.3: GET, HEAD and OPTIONS change nothing on any route that can', async () => {
    const client = await member()
    const { id } = (await client.get('/session')).json<{ id: string }>()
    // What is to be said once has been said: the first page that says it takes it out of the session.
    await client.get('/dashboard', { headers: PAGE })
    await opened.parts.sojourn.settled()
    calls.splice(0)
    for (const { path, methods } of mutating()) {
      const place = path.replace(/:(?:id|kid)/, id)
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        for (const headers of [{}, PAGE, { 'Sec-Fetch-Site': 'cross-site', ...PAGE }]) {
          const { status, headers: answered } = await client.request(method, place, { headers })
          const seen = [method, path, status]
          if (method === 'OPTIONS') {
            expect(seen).toEqual([method, path, 204])
            expect(answered.allow?.split(', ')).toEqual(expect.arrayContaining([...methods]))
          } else if (!methods.includes('GET')) expect(seen).toEqual([method, path, 405])
          else if (!isHidden(path, status)) expect([200, 303, 401, 403]).toContain(status)
        }
      }
    }
    await opened.parts.sojourn.settled()
    expect(calls.filter((verb) => WRITES.has(verb))).toEqual([])
    expect((await client.get('/session')).json()).toMatchObject({ id, data: {} })
  })

  it('header-17, header-18: say which check failed, under one code', async () => {
    const client = await member()
    const other = await member()
    const token = (await client.get('/csrf')).json<{ token: string }>().token
    const foreign = (await other.get('/csrf')).json<{ token: string }>().token
    const guest = (await visitor().get('/csrf')).json<{ token: string }>().token
    const rows: [string | readonly string[] | undefined, string][] = [
      [undefined, 'token_missing'],
      [foreign, 'token_of_another_session'],
      [guest, 'token_of_another_session'],
      [token.slice(0, -1), 'token_malformed'],
      [token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A'), 'token_of_another_session'],
      [[token, token], 'token_repeated'],
    ]
    for (const [header, check] of rows) {
      const headers = { ...FORM, ...(header === undefined ? {} : { 'X-CSRF-Token': header }) }
      const answer = await client.request('POST', '/logout', { headers })
      expect([answer.status, CODE(answer)]).toEqual([403, 'csrf_invalid'])
      const detail = 'The CSRF token is missing or wrong.'
      expect(answer.json()).toMatchObject({ check, detail })
    }
    const headers = { ...FORM, 'X-CSRF-Token': token }
    expect((await client.request('POST', '/logout', { headers })).status).toBe(200)
  })
})
