/** What tokens are bound to: the session under its id, or for visitors without one a cookie of their own. */
import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createToken, isTokenFor } from '../../../src/compat/csurf/token.js'
import type { WebClient } from '../../support/web.js'
import {
  client,
  closeAll,
  serve,
  SESSIONS,
  sessionsInCookies,
  sojournCsurf,
  STORES,
  tokenFor,
} from './apps.js'

afterEach(closeAll)

/** What applications do to their sessions. */
function routes(app: any): void {
  app.get('/write', (request: any, response: any) => {
    request.session.cart = ['apple']
    response.send('written')
  })
  app.get('/look', (request: any, response: any) => response.send(String(request.session.cart)))
  app.get('/form-and-write', (request: any, response: any) => {
    request.session.cart = ['pear']
    response.send(request.csrfToken())
  })
  app.post('/login', (request: any, response: any, next: any) => {
    request.session.regenerate((error: unknown) => {
      if (error) return next(error)
      request.session.user = 'ada'
      response.send('in')
    })
  })
  app.post('/login-with-token', (request: any, response: any, next: any) => {
    const before = request.csrfToken()
    request.session.regenerate((error: unknown) => {
      if (error) return next(error)
      request.session.user = 'ada'
      const after = request.csrfToken()
      response.json({ before, after })
    })
  })
  app.post('/logout', (request: any, response: any) => {
    request.session.destroy(() => response.send('out'))
  })
}

async function post(browser: WebClient, token: string, path = '/x'): Promise<number> {
  return (await browser.post(path, {}, { headers: { 'csrf-token': token } })).status
}

for (const [name, { sessions: middleware, store: newStore }] of Object.entries(STORES)) {
  const sessions = (options: unknown): any => SESSIONS[middleware]?.(options)
  describe(name, () => {
    const start = async (options?: unknown) => {
      const store = newStore()
      const before = [sessions({ store })]
      const server = await serve({ csurf: sojournCsurf, before, routes, options })
      const texts = async (): Promise<string[]> =>
        new Promise((resolve, reject) => {
          store.all((error: Error | null, found: object) => {
            if (error) reject(error)
            else resolve(Object.values(found).map((one) => JSON.stringify(one)))
          })
        })
      const records = async (): Promise<number> => (await texts()).length
      return { server, texts, records, visit: () => client(server) }
    }

    it('looking at pages and taking tokens stores nothing; only an application that writes does', async () => {
      const { visit, records } = await start()
      for (let count = 0; count < 20; count += 1) {
        const browser = visit()
        const token = await tokenFor(browser)
        await browser.get('/look')
        expect(await post(browser, token)).toBe(200)
      }
      expect(await records()).toBe(0)
      const browser = visit()
      await browser.get('/write')
      expect(await records()).toBe(1)
      const token = await tokenFor(browser)
      expect(await post(browser, token)).toBe(200)
      expect(await records()).toBe(1)
    })

    it('a token for a session that is there writes neither to it nor to a cookie', async () => {
      const { visit, texts } = await start()
      const browser = visit()
      await browser.get('/write')
      const before = await texts()
      const answer = await browser.get('/token')
      expect(answer.cookies).toEqual([])
      expect(await texts()).toEqual(before)
      expect(before).toEqual([expect.stringContaining('apple')])
      expect(before[0]).not.toMatch(/csrf/i)
    })

    it('behaviour 15a: a token of one session is none in another, nor in its own after the sign-in', async () => {
      const { visit } = await start()
      const [ada, eve] = [visit(), visit()]
      for (const browser of [ada, eve]) await browser.get('/write')
      const [hers, eves] = [await tokenFor(ada), await tokenFor(eve)]
      expect(await post(ada, eves)).toBe(403)
      expect(await post(eve, hers)).toBe(403)
      expect(await post(ada, hers, '/login')).toBe(200)
      expect(await post(ada, hers)).toBe(403)
      const after = await tokenFor(ada)
      expect(await post(ada, after)).toBe(200)
      expect(await post(ada, after, '/logout')).toBe(200)
      expect(await post(ada, after)).toBe(403)
    })

    it('behaviour 15a: a token of a visitor without session is none after the sign-in, nor are those of before', async () => {
      const { visit } = await start()
      const browser = visit()
      const early = await tokenFor(browser)
      expect(await post(browser, early, '/login')).toBe(200)
      expect(await post(browser, early)).toBe(403)
      const other = visit()
      const first = await tokenFor(other)
      const answer = await other.post('/login-with-token', {}, { headers: { 'csrf-token': first } })
      // The cookie was renewed twice in that answer: the last one is the only one.
      expect(answer.cookies.filter((line) => line.startsWith('csrf-guest='))).toHaveLength(1)
      const { before, after } = JSON.parse(answer.body) as Record<string, string>
      expect(await post(other, first)).toBe(403)
      expect(await post(other, before ?? '')).toBe(403)
      expect(await post(other, after ?? '')).toBe(200)
      expect(await post(other, after ?? '')).toBe(200)
    })

    it('ten tabs are open, each with a form of its own: every one can be sent, in any order, twice', async () => {
      const { visit } = await start()
      const browser = visit()
      await browser.get('/write')
      const tabs = await Promise.all(Array.from({ length: 10 }, async () => tokenFor(browser)))
      expect(new Set(tabs).size).toBe(10)
      for (const token of [...tabs.toReversed(), ...tabs])
        expect(await post(browser, token)).toBe(200)
    })

    it('ten tabs were opened before there was a session: all still fit when one of them began it', async () => {
      const { visit, records } = await start()
      const browser = visit()
      const tabs: string[] = []
      for (let count = 0; count < 10; count += 1) tabs.push(await tokenFor(browser))
      expect(await records()).toBe(0)
      await browser.get('/write')
      expect(await records()).toBe(1)
      for (const token of tabs) expect(await post(browser, token)).toBe(200)
      expect(await post(browser, await tokenFor(browser))).toBe(200)
    })

    it('the answer that carries a token may be the one that begins the session', async () => {
      const { visit } = await start()
      const browser = visit()
      const token = await tokenFor(browser, '/form-and-write')
      expect(await post(browser, token)).toBe(200)
      // Also for a client that keeps the session's cookie alone.
      for (const cookie of [...browser.jar.keys()]) {
        if (cookie !== 'connect.sid') browser.jar.delete(cookie)
      }
      expect([...browser.jar.keys()]).toEqual(['connect.sid'])
      expect(await post(browser, token)).toBe(200)
    })

    it('behaviour 15e: cookies that somebody planted beside a session open nothing, whatever the headers', async () => {
      const { visit } = await start()
      const [attacker, victim, guest] = [visit(), visit(), visit()]
      const theirs = await tokenFor(attacker)
      await victim.get('/write')
      for (const [cookie, value] of attacker.jar) victim.jar.set(cookie, value)
      // They planted a cookie; the victim even looks at a page with it.
      await victim.get('/look')
      expect(await post(victim, theirs)).toBe(403)
      // And before there is a session, browsers say where such a request comes from.
      for (const [cookie, value] of attacker.jar) guest.jar.set(cookie, value)
      for (const headers of [
        { 'sec-fetch-site': 'same-site', origin: 'https://evil.example.com' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'https://evil.example.com' },
      ]) {
        const answer = await guest.post('/x', {}, { headers: { ...headers, 'csrf-token': theirs } })
        expect([answer.status, JSON.parse(answer.body).reason]).toEqual([403, 'cross_origin'])
      }
    })

    it('two cookies of that name: one of them is planted, none counts', async () => {
      const { visit } = await start()
      const [attacker, victim] = [visit(), visit()]
      const theirs = await tokenFor(attacker)
      const hers = await tokenFor(victim)
      const cookie = `${attacker.cookie}; ${victim.cookie}`
      for (const token of [theirs, hers]) {
        const headers = { cookie, 'csrf-token': token }
        const answer = await visit().post('/x', {}, { headers })
        expect(answer.status).toBe(403)
      }
    })

    it('the visitor’s cookie is kept from scripts and other sites, and over TLS from sibling hosts', async () => {
      const { server } = await start()
      const [line = ''] = (await client(server).get('/token')).cookies
      expect(line).toMatch(/^csrf-guest=[\w-]{24}\.[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax$/)
      const safe = await serve({
        csurf: sojournCsurf,
        before: [sessions({ cookie: { sameSite: 'none', secure: true } })],
        routes: (app) => app.set('trust proxy', 1),
      })
      const headers = { 'x-forwarded-proto': 'https' }
      const [secure = ''] = (await client(safe).get('/token', { headers })).cookies
      expect(secure).toMatch(/^__Host-csrf-guest=[^;]+; Path=\/; HttpOnly; Secure; SameSite=None$/)
    })

    it('a session id that is too short to be a secret is not made one: a secret is stored, and bound to it', async () => {
      let count = 0
      const store = newStore()
      const before = [sessions({ store, genid: () => String((count += 1)) })]
      const server = await serve({ csurf: sojournCsurf, before, routes })
      const [ada, eve] = [client(server), client(server)]
      const hers = await tokenFor(ada)
      expect(ada.jar.has('connect.sid')).toBe(true)
      await tokenFor(eve)
      expect([await post(ada, hers), await post(eve, hers)]).toEqual([200, 403])
      expect(await post(ada, hers, '/login')).toBe(200)
      expect(await post(ada, hers)).toBe(403)
    })
  })
}

describe('what only sojourn/express-session has', () => {
  it('a sign-in by `login` ends the tokens of before, though everything else in the session moves along', async () => {
    for (const { sessions, store } of Object.values(STORES).slice(1)) {
      const signIn = (app: any): void => {
        app.post('/in', async (request: any, response: any) => {
          await request.session.login('ada')
          response.json([request.session.cart, request.csrfToken()])
        })
      }
      const server = await serve({
        csurf: sojournCsurf,
        before: [SESSIONS[sessions]?.({ store: store() })],
        routes: (app) => {
          routes(app)
          signIn(app)
        },
      })
      const browser = client(server)
      await browser.get('/write')
      const early = await tokenFor(browser)
      const answer = await browser.post('/in', {}, { headers: { 'csrf-token': early } })
      const [cart, token] = JSON.parse(answer.body) as [string[], string]
      expect(cart).toEqual(['apple'])
      expect([await post(browser, early), await post(browser, token)]).toEqual([403, 200])
    }
  })
})

describe('sessions without an id', () => {
  it('keep a secret in themselves, once somebody asks for a token', async () => {
    const server = await serve({ csurf: sojournCsurf, before: [sessionsInCookies()], routes })
    const browser = client(server)
    await browser.get('/look')
    const kept = (): unknown =>
      JSON.parse(
        Buffer.from((browser.jar.get('kept') ?? '').split('.')[0] ?? '', 'base64url').toString(),
      )
    expect(kept()).toEqual({})
    const token = await tokenFor(browser)
    expect(kept()).toEqual({ csrfSecret: expect.stringMatching(/^[\w-]{24}$/) })
    expect(await post(browser, token)).toBe(200)
    expect(await post(client(server), token)).toBe(403)
  })

  it('an application’s own `session.id` is not taken for the session’s id', async () => {
    // A person's number in it would make every token of theirs computable.
    const bag: Record<string, unknown> = { id: 'a-person-with-a-long-number-4711' }
    const keep = (request: any, _response: unknown, next: () => void): void => {
      request.session = bag
      next()
    }
    const server = await serve({ csurf: sojournCsurf, before: [keep] })
    await tokenFor(client(server))
    expect(bag).toHaveProperty('csrfSecret')
  })
})

describe('a session under another name than the one that has the id', () => {
  it('keeps a secret of its own', async () => {
    const bag: Record<string, unknown> = {}
    const keep = (request: any, _response: unknown, next: () => void): void => {
      request.mine = bag
      next()
    }
    const server = await serve({
      csurf: sojournCsurf,
      before: [SESSIONS['express-session']?.(), keep],
      options: { sessionKey: 'mine' },
    })
    const token = await tokenFor(client(server))
    expect(bag).toHaveProperty('csrfSecret')
    expect(await post(client(server), token)).toBe(200)
  })
})

describe('tokens', () => {
  it('of one kind are worth nothing as another, and none is longer than it has to be', () => {
    const secret = 'the-same-secret-for-every-kind'
    const kinds = ['session', 'guest', 'stored', 'cookie'] as const
    for (const made of kinds) {
      const token = createToken([{ kind: made, secret }], undefined)
      for (const kind of kinds) {
        expect([made, kind, isTokenFor(token, [{ kind, secret }], undefined)]).toEqual([
          made,
          kind,
          made === kind,
        ])
      }
    }
    const ofCsurf = (salt: string): string =>
      `${salt}-${createHash('sha1').update(`${salt}-${secret}`).digest('base64url')}`
    expect(isTokenFor(ofCsurf('12345678'), [], secret)).toBe(true)
    expect(isTokenFor(ofCsurf('8'.repeat(400)), [], secret)).toBe(true)
    expect(isTokenFor(ofCsurf('8'.repeat(1_000)), [], secret)).toBe(false)
  })

  it('no two look alike, and all are safe in forms, headers and addresses', async () => {
    const server = await serve({
      csurf: sojournCsurf,
      before: [SESSIONS['express-session']?.()],
      routes,
    })
    const browser = client(server)
    await browser.get('/write')
    const tokens = await Promise.all(Array.from({ length: 50 }, async () => tokenFor(browser)))
    for (const token of tokens) expect(token).toMatch(/^[\w.]{44}$/)
    const starts = new Set(tokens.map((token) => token.slice(0, 8)))
    const ends = new Set(tokens.map((token) => token.slice(-8)))
    expect([starts.size, ends.size]).toEqual([50, 50])
  })

  it('each character counts', async () => {
    const server = await serve({
      csurf: sojournCsurf,
      before: [SESSIONS['express-session']?.()],
      routes,
    })
    const browser = client(server)
    await browser.get('/write')
    const token = await tokenFor(browser)
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A'
      const changed = token.slice(0, at) + other + token.slice(at + 1)
      expect([at, await post(browser, changed)]).toEqual([at, 403])
    }
    for (const wrong of [
      token.slice(1),
      `${token}A`,
      token + token,
      'A'.repeat(100_000).slice(0, 8_000),
    ]) {
      expect(await post(browser, wrong)).toBe(403)
    }
    expect(await post(browser, token)).toBe(200)
  })

  it('the session’s id does not show in them', async () => {
    const server = await serve({
      csurf: sojournCsurf,
      before: [SESSIONS['express-session']?.()],
      routes,
    })
    const browser = client(server)
    await browser.get('/write')
    const id = decodeURIComponent(browser.jar.get('connect.sid') ?? '').slice(2, 34)
    expect(id).toMatch(/^[\w-]{32}$/)
    expect(await tokenFor(browser)).not.toContain(id.slice(0, 8))
  })
})
