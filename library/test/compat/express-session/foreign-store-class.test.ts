/**
 * Stores are written for express-session and inherit from its `Store`: what they load must be sessions of ours all the
 * same, with promises, `keep` and `login`.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import original from 'express-session'
import { afterEach, expect, it } from 'vitest'
import session, { Cookie, Session } from '../../../src/compat/express-session/index.js'

const servers: http.Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

class ForeignStore extends original.MemoryStore {}

async function serve(
  handler: (request: any, response: http.ServerResponse) => Promise<void>,
): Promise<(cookie?: string) => Promise<Response>> {
  const middleware: any = session({
    secret: 'a secret of this test',
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 60_000 },
    store: new ForeignStore(),
  })
  const server = http.createServer((request, response) => {
    middleware(request, response, () => void handler(request, response))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return (cookie) => fetch(`http://127.0.0.1:${port}/`, { headers: cookie ? { cookie } : {} })
}

function cookieOf(response: Response): string {
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

it('a loaded session is one of ours, with its data and its cookie', async () => {
  const ask = await serve(async (request, response) => {
    request.session.count = Number(request.session.count ?? 0) + 1
    const { session: own } = request
    response.end(
      JSON.stringify([
        own.count,
        own instanceof Session,
        own.cookie instanceof Cookie,
        // As in express-session it is read off the clock, and may be a millisecond less.
        Math.round((own.cookie.originalMaxAge ?? 0) / 1_000),
        Object.keys(own),
      ]),
    )
  })
  const first = await ask()
  const second = await ask(cookieOf(first))
  expect(await first.json()).toEqual([1, true, true, 60, ['cookie', 'count']])
  expect(await second.json()).toEqual([2, true, true, 60, ['cookie', 'count']])
})

it('behaviour 34a: on a foreign store, too, every method without a callback answers a promise', async () => {
  const ask = await serve(async (request, response) => {
    request.session.user = 'ada'
    await request.session.save()
    request.session.user = 'nobody'
    await request.session.reload()
    const reloaded = [request.session.user, request.session instanceof Session]
    const before = request.sessionID
    await request.session.regenerate({ keep: ['user'] })
    const kept = [request.session.user, request.sessionID !== before]
    await request.session.login('ada')
    const signedIn = request.session.user
    await request.session.destroy()
    response.end(JSON.stringify({ reloaded, kept, signedIn, left: typeof request.session }))
  })
  const first = await ask()
  expect(await first.json()).toEqual({
    reloaded: ['ada', true],
    kept: ['ada', true],
    signedIn: 'ada',
    left: 'undefined',
  })
})

it('a promise of a method rejects with what the store says, and nobody has to listen', async () => {
  const ask = await serve(async (request, response) => {
    request.session.user = 'ada'
    request.sessionStore.set = (_id: string, _session: unknown, done: (error: Error) => void) => {
      done(new Error('the disk is full'))
    }
    void request.session.save()
    const told = await request.session.save().catch((error: Error) => error.message)
    delete request.sessionStore.set
    response.end(told)
  })
  expect(await (await ask()).text()).toBe('the disk is full')
})

it('what csurf keeps does not move on to another session', async () => {
  const ask = await serve(async (request, response) => {
    Object.assign(request.session, { csrfSecret: 'of the session before', cart: ['tea'] })
    await request.session.regenerate({ keep: true })
    response.end(JSON.stringify(request.session))
  })
  const kept = (await (await ask()).json()) as Record<string, unknown>
  expect(kept['cart']).toEqual(['tea'])
  expect(kept).not.toHaveProperty('csrfSecret')
})
