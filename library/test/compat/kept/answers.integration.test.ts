import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import csrf from '../../../src/compat/csurf/index.js'
import session, { keepSessions } from '../../../src/compat/express-session/index.js'
import type { KeepSessionsOptions } from '../../../src/compat/kept/index.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { hindered } from '../../support/slow-store.js'
import { recording } from '../../support/sojourn.js'
import { WebClient } from '../../support/web.js'
import { SECRET, sharing, sidOf, startApp, type App } from './app.js'

const open: App[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()))
})
async function start(...args: Parameters<typeof startApp>): Promise<App> {
  const app = await startApp(...args)
  open.push(app)
  return app
}

describe('an answer of the drop-in', () => {
  it('behaviour 5a: on the drop-in, with a store that takes 200 ms, a client that acts on the first byte of a 200 or a 302 sees the saved session', async () => {
    const slow = hindered(createMemoryStore())
    const app = await start({ store: slow.store, resilience: { commandDeadline: '2s' } })
    slow.delay = 200
    for (const status of [200, 302]) {
      for (const isNew of [true, false]) {
        const client = new WebClient(app.server)
        if (!isNew) await app.visit(client, ({ session }) => (session.here = true))
        let seen: Promise<unknown> | undefined
        const answer = client.get('/', {
          headers: { 'x-deed': await deedOf(app, status) },
          onHead: () => {
            seen = app.visit(sharing(client, app.server), ({ session }) => session.value)
          },
        })
        const { firstByteAfter, status: got } = await answer
        expect([got, firstByteAfter >= 190]).toEqual([status, true])
        expect(await seen).toMatchObject({ body: String(status) })
      }
    }
  })

  it('behaviour 5b: on the drop-in, a save that fails is a 503 without a cookie, never a 200 or a 302', async () => {
    const broken = hindered(createMemoryStore())
    const app = await start({ store: broken.store })
    const known = new WebClient(app.server)
    await app.visit(known, ({ session }) => (session.here = true))
    broken.failing.add('create').add('change')
    for (const client of [known, new WebClient(app.server)]) {
      for (const status of [200, 302]) {
        const answer = await client.get('/', { headers: { 'x-deed': await deedOf(app, status) } })
        expect([answer.status, answer.cookies]).toEqual([503, []])
        expect(answer.headers['retry-after']).toBe('1')
        expect(answer.headers.location).toBeUndefined()
      }
    }
    const read = await app.visit(known, ({ session }) => session.value ?? 'none')
    expect(read.body).toBe('"none"')
  })

  it('a read that fails reaches the error handler with 503 and Retry-After, and no cookie is touched', async () => {
    const broken = hindered(createMemoryStore())
    const app = await start({ store: broken.store, cache: false })
    const client = new WebClient(app.server)
    await app.visit(client, ({ session }) => (session.here = true))
    broken.failing.add('read')
    const answer = await app.visit(client, () => 'not reached')
    expect([answer.status, answer.cookies, answer.headers['retry-after']]).toEqual([503, [], '1'])
    expect(await app.visit(new WebClient(app.server), () => 'guest')).toMatchObject({ status: 200 })
    broken.failing.clear()
    expect((await app.visit(client, ({ session }) => session.here)).body).toBe('true')
  })

  it('behaviour 11d: on the drop-in, a request costs one round trip where it reads, none where the near cache knows, none without a cookie', async () => {
    for (const [options, expected] of [
      [{ cache: false }, ['read']],
      [{}, []],
    ] as const) {
      const calls: string[] = []
      const app = await start({ ...options, store: recording(createMemoryStore(), calls) })
      const client = new WebClient(app.server)
      await app.visit(client, ({ session }) => (session.here = true))
      await app.visit(client, ({ session }) => session.here)
      calls.length = 0
      expect((await app.visit(client, ({ session }) => session.here)).body).toBe('true')
      expect(calls).toEqual(expected)
      calls.length = 0
      await app.visit(new WebClient(app.server), ({ session }) => session.here ?? null)
      const forged = new WebClient(app.server)
      forged.jar.set('connect.sid', client.jar.get('connect.sid')?.replace(/.$/, '!') ?? '')
      await app.visit(forged, ({ session }) => session.here ?? null)
      expect(calls).toEqual([])
    }
  })

  it('reading makes no record, nor does a CSRF token', async () => {
    const calls: string[] = []
    const app = await start({ store: recording(createMemoryStore(), calls) })
    const client = new WebClient(app.server)
    const answer = await app.visit(client, async (request, response) => {
      await new Promise((resolve) => csrf()(request, response, resolve))
      return [request.session.cart ?? null, request.csrfToken()]
    })
    expect(JSON.parse(answer.body)).toEqual([null, expect.stringMatching(/./)])
    expect(calls).toEqual([])
    expect(client.jar.has('connect.sid')).toBe(false)
  })

  it('a session that ended before is told apart, to its holder alone', async () => {
    const app = await start({ store: createMemoryStore() })
    const client = new WebClient(app.server)
    await app.visit(client, ({ session }) => session.login('ann'))
    await app.kept.revokeAll('ann', { reason: 'password_changed' })
    const reason = await app.visit(client, (request) => app.kept.endReasonOf(request) ?? null)
    expect(reason.body).toBe('"password_changed"')
    const stranger = new WebClient(app.server)
    expect(
      (await app.visit(stranger, (request) => app.kept.endReasonOf(request) ?? null)).body,
    ).toBe('null')
  })

  it('a request that comes with an id which was replaced a moment ago stores nothing and sends no cookie', async () => {
    const app = await start({ store: createMemoryStore() })
    const client = new WebClient(app.server)
    await app.visit(client, ({ session }) => (session.cart = ['book']))
    const old = sharing(client, app.server)
    await app.visit(client, ({ session }) => session.regenerate())
    const before = await app.kept.length()
    const late = await app.visit(old, ({ session }) => {
      const seen: unknown = session.cart ?? null
      session.user = 'nobody'
      return seen
    })
    expect([late.body, late.cookies]).toEqual(['null', []])
    expect(await app.kept.length()).toBe(before)
    expect(sidOf(client)).not.toBe(sidOf(old))
  })
})

/** A deed that writes, and answers with a status of its own. */
async function deedOf(app: App, status: number): Promise<string> {
  return app.keepDeed((request, response) => {
    request.session.value = status
    if (status === 302) response.redirect('/next')
    else response.json(request.session.value)
  })
}

describe('visitors without a session', () => {
  it('behaviour 10a: on the drop-in, 100,000 cookieless requests to pages that do not write leave 0 keys, 0 Set-Cookie and 0 store commands', () => {
    const calls: string[] = []
    const options: KeepSessionsOptions = { store: recording(createMemoryStore(), calls) }
    const middleware = session({
      secret: SECRET,
      resave: false,
      saveUninitialized: false,
      store: keepSessions(options) as never,
    })
    const socket = new Socket()
    let passed = 0
    let cookies = 0
    for (let index = 0; index < 100_000; index += 1) {
      const request = new IncomingMessage(socket)
      request.url = '/'
      const response = new ServerResponse(request)
      middleware(request as never, response as never, () => {
        passed += 1
      })
      response.writeHead(200)
      if (response.hasHeader('set-cookie')) cookies += 1
    }
    expect([passed, cookies, calls]).toEqual([100_000, 0, []])
  }, 30_000)
})
