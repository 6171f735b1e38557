/** Changing one import while people have forms open, with old and new processes side by side, and back again. */
import { MemoryStore } from 'express-session'
import { createRequire } from 'node:module'
import { afterEach, describe, expect, it } from 'vitest'
import { listen, type RunningServer, WebClient } from '../../support/web.js'
import {
  client,
  closeAll,
  parseCookies,
  realCsurf,
  serve,
  SESSIONS,
  sessionsInCookies,
  sojournCsurf,
  tokenFor,
} from './apps.js'

afterEach(closeAll)

type Pair = { readonly old: RunningServer; readonly now: RunningServer }

async function pair(before: () => any[], options: Record<string, unknown> = {}): Promise<Pair> {
  const routes = (app: any): void => {
    app.post('/login', (request: any, response: any) =>
      request.session.regenerate(() => {
        request.session.user = 'ada'
        response.send('in')
      }),
    )
  }
  return {
    old: await serve({ csurf: realCsurf, before: before(), options, routes }),
    now: await serve({ csurf: sojournCsurf, before: before(), options, routes }),
  }
}

/** The same browser, at the other process. */
function at(server: RunningServer, browser: WebClient): WebClient {
  const moved = client(server)
  for (const [name, value] of browser.jar) moved.jar.set(name, value)
  return moved
}

const MODES: Record<string, () => Promise<Pair>> = {
  'express-session, the session shared': async () => {
    const store = new MemoryStore()
    return pair(() => [SESSIONS['express-session']?.({ store })])
  },
  'the middleware changed, too': async () => {
    const store = new MemoryStore()
    return {
      old: await serve({
        csurf: realCsurf,
        before: [SESSIONS['express-session']?.({ store })],
      }),
      now: await serve({
        csurf: sojournCsurf,
        before: [SESSIONS['sojourn/express-session']?.({ store })],
      }),
    }
  },
  'a session that rests in its cookie': async () => pair(() => [sessionsInCookies()]),
  'a cookie': async () => pair(() => [parseCookies()], { cookie: true }),
  'a signed cookie': async () => pair(() => [parseCookies()], { cookie: { signed: true } }),
}

for (const [mode, start] of Object.entries(MODES)) {
  describe(mode, () => {
    it('a form that csurf rendered can be sent to ours', async () => {
      const { old, now } = await start()
      const browser = client(old)
      const token = await tokenFor(browser)
      const moved = at(now, browser)
      expect((await moved.post('/x', { _csrf: token })).status).toBe(200)
      expect((await moved.post('/x', { _csrf: `${token}x` })).status).toBe(403)
      expect((await moved.post('/x', { _csrf: token.replace('-', '') })).status).toBe(403)
      expect((await moved.post('/x', { _csrf: await tokenFor(client(old)) })).status).toBe(403)
    })

    it('a form that ours rendered for such a session can be sent to csurf, and back', async () => {
      const { old, now } = await start()
      const browser = client(old)
      await tokenFor(browser)
      const moved = at(now, browser)
      const token = await tokenFor(moved)
      expect((await moved.post('/x', { _csrf: token })).status).toBe(200)
      expect((await at(old, moved).post('/x', { _csrf: token })).status).toBe(200)
      expect((await at(old, moved).post('/x', { _csrf: `${token}x` })).status).toBe(403)
    })
  })
}

describe('the end of the upgrade', () => {
  it('csurf’s tokens can be turned off', async () => {
    const store = new MemoryStore()
    const before = [SESSIONS['express-session']?.({ store })]
    const old = await serve({ csurf: realCsurf, before })
    const options = { acceptCsurfTokens: false }
    const now = await serve({ csurf: sojournCsurf, before, options })
    const browser = client(old)
    const token = await tokenFor(browser)
    const moved = at(now, browser)
    expect((await moved.post('/x', { _csrf: token })).status).toBe(403)
    const ours = await tokenFor(moved)
    expect(ours).not.toContain('-')
    expect((await moved.post('/x', { _csrf: ours })).status).toBe(200)
  })

  it('a sign-in ends csurf’s secret, and with it the forms of before', async () => {
    const store = new MemoryStore()
    const { old, now } = await pair(() => [SESSIONS['express-session']?.({ store })])
    const browser = client(old)
    const token = await tokenFor(browser)
    const moved = at(now, browser)
    expect((await moved.post('/login', { _csrf: token })).status).toBe(200)
    expect((await moved.post('/x', { _csrf: token })).status).toBe(403)
  })

  it('a token of another session is not saved by csurf’s part of it', async () => {
    // Passport's keepSessionInfo and the like carry csurf's secret from one session into the next.
    const shared: Record<string, unknown> = { csrfSecret: 'carried-over-by-mistake' }
    let count = 0
    const sessions = (request: any, _response: unknown, next: () => void): void => {
      const id = request.headers['x-id'] ?? `the-id-of-session-number-${String((count += 1))}`
      request.sessionID = id
      request.session = { ...shared, id }
      next()
    }
    const server = await serve({ csurf: sojournCsurf, before: [sessions] })
    const browser = client(server)
    const as = (id: string): Record<string, string> => ({ 'x-id': id, cookie: `sid=${id}` })
    const answer = await browser.get('/token', { headers: as('the-first-session-of-all') })
    const post = async (id: string): Promise<number> =>
      (await browser.post('/x', { _csrf: answer.body }, { headers: as(id) })).status
    expect(answer.body).toContain('-')
    expect([
      await post('the-first-session-of-all'),
      await post('the-second-session-of-all'),
    ]).toEqual([200, 403])
    const short = await browser.get('/token', { headers: as('one') })
    const postShort = async (id: string): Promise<number> =>
      (await browser.post('/x', { _csrf: short.body }, { headers: as(id) })).status
    expect([await postShort('one'), await postShort('two')]).toEqual([200, 403])
  })
})

describe('without Express', () => {
  it('runs on bare http: a session is any object, and nothing else is asked for', async () => {
    const bag: Record<string, unknown> = {}
    const protect = sojournCsurf()
    const server = await listen((request: any, response: any) => {
      request.session = bag
      protect(request, response, (error?: any) => {
        response.statusCode = error === undefined ? 200 : error.status
        response.end(request.csrfToken())
      })
    })
    const browser = new WebClient({ port: server.port })
    const token = (await browser.get('/')).body
    expect((await browser.post('/', {}, { headers: { 'x-xsrf-token': token } })).status).toBe(200)
    expect((await browser.post('/')).status).toBe(403)
    await server.close()
  })

  it('is one function under every way of importing it', async () => {
    const module = await import('../../../src/compat/csurf/index.js')
    expect(module.default).toBe(module.csurf)
    expect((module as Record<string, unknown>)['module.exports']).toBe(module.csurf)
    expect(createRequire(import.meta.url)('csurf')).toBeTypeOf(typeof module.default)
  })
})
