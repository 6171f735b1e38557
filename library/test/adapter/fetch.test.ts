import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'
import { createFetchAdapter } from '../../src/adapter/fetch.js'
import { createHonoAdapter } from '../../src/adapter/hono.js'
import { createSojourn } from '../../src/sojourn.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { hindered } from '../support/slow-store.js'
import { SECRET } from '../support/sojourn.js'

interface Data {
  name: string
}

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

function setUp() {
  const slow = hindered(createMemoryStore())
  const sojourn = createSojourn<Data>({ secrets: SECRET, store: slow.store, trustProxy: 1 })
  stops.push(async () => sojourn.close())
  return { slow, sojourn, web: createFetchAdapter(sojourn) }
}

const URL = 'http://localhost/x'
const cookieOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
const ask = (cookie = '', init: RequestInit = {}): Request =>
  new Request(URL, { ...init, headers: { ...init.headers, ...(cookie === '' ? {} : { cookie }) } })

describe('web.handle', () => {
  it('takes a Response that is thrown for an answer, and saves what was set', async () => {
    const { web } = setUp()
    const answer = await web.handle(ask(), ({ session }) => {
      session.set('name', 'ada')
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what SvelteKit and Remix do
      throw new Response('over there', { status: 303, headers: { location: '/y' } })
    })
    expect([answer.status, await answer.text()]).toEqual([303, 'over there'])
    const seen = await web.handle(ask(cookieOf(answer)), async ({ session }) =>
      Response.json(await session.get('name')),
    )
    expect(await seen.json()).toBe('ada')
  })

  it('hands on an error that is not its own, and saves nothing', async () => {
    const { web, sojourn } = setUp()
    const login = await web.handle(ask(), async ({ session }) => {
      await session.signIn('ada')
      return new Response()
    })
    const failing = web.handle(ask(cookieOf(login)), ({ session }) => {
      session.set('name', 'lost')
      throw new Error('a bug')
    })
    await expect(failing).rejects.toThrow('a bug')
    const seen = await web.handle(ask(cookieOf(login)), async ({ session }) =>
      Response.json((await session.get('name')) ?? null),
    )
    expect(await seen.json()).toBeNull()
    expect((await sojourn.list('ada')).sessions).toHaveLength(1)
  })

  it('gives another answer where the session cannot be saved, and keeps what is said of every answer', async () => {
    const { web, slow } = setUp()
    slow.failing.add('create')
    let isCancelled = false
    const body = new ReadableStream({
      cancel() {
        isCancelled = true
      },
    })
    const headers = {
      'set-cookie': 'own=1',
      'x-frame-options': 'DENY',
      location: '/y',
      etag: '"1"',
    }
    const answer = await web.handle(ask(), ({ session }) => {
      session.set('name', 'ada')
      return new Response(body, { headers })
    })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.headers.get('x-frame-options')).toBe('DENY')
    expect(answer.headers.getSetCookie()).toEqual([])
    expect([answer.headers.get('location'), answer.headers.get('etag')]).toEqual([null, null])
    expect(isCancelled).toBe(true)
  })

  it('answers only after the session is durable', async () => {
    const { web, slow } = setUp()
    slow.delay = 30
    let isSaved = false
    const { create } = slow.store
    slow.store.create = async (...args) => {
      const made = await create(...args)
      isSaved = true
      return made
    }
    await web.handle(ask(), ({ session }) => {
      session.set('name', 'ada')
      return new Response()
    })
    expect(isSaved).toBe(true)
  })

  it('adds its cookie to those of the application, and to an answer whose headers are frozen', async () => {
    const { web } = setUp()
    const own = await web.handle(ask(), ({ session }) => {
      session.set('name', 'ada')
      return new Response('', { headers: { 'set-cookie': 'own=1', vary: 'Accept' } })
    })
    expect(own.headers.getSetCookie()).toHaveLength(2)
    expect(own.headers.get('vary')).toBe('Accept, Cookie')
    const redirect = await web.handle(ask(), ({ session }) => {
      session.set('name', 'ada')
      return Response.redirect('http://localhost/y')
    })
    expect([redirect.status, redirect.headers.getSetCookie().length]).toEqual([302, 1])
  })

  it('keeps the address that the caller hands in, by the rules of trustProxy', async () => {
    const { web, sojourn } = setUp()
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    await web.handle(ask('', { headers }), login, { address: '10.0.0.1' })
    await web.handle(ask(), login, { address: '198.51.100.7' })
    const { sessions } = await sojourn.list('ada')
    expect(sessions.map(({ address }) => address).toSorted()).toEqual([
      '198.51.100.7',
      '203.0.113.9',
    ])
  })

  it('answers as the application wants where it says how', async () => {
    const { sojourn, slow } = setUp()
    const web = createFetchAdapter(sojourn, {
      onRefused: ({ code }) => new Response(code, { status: 418 }),
      onUnavailable: ({ code }) => new Response(code, { status: 599 }),
    })
    const guards = [web.requireSession()]
    const page = (): Response => new Response('page')
    const refused = await web.handle(ask(), page, { guards })
    expect([refused.status, await refused.text()]).toEqual([418, 'session_missing'])
    const signedIn = cookieOf(await web.handle(ask(), login))
    slow.failing.add('read')
    const fresh = [web.requireSession({ fresh: true })]
    const away = await web.handle(ask(signedIn), page, { guards: fresh })
    expect([away.status, await away.text()]).toEqual([599, 'store_unavailable'])
  })

  it.each([
    ['too long', `{"token":"${'x'.repeat(70_000)}"}`, 'at most 65536 bytes'],
    ['no JSON', '{', 'must be JSON'],
  ])('refuses a body that is %s, with 400', async (_what, body, words) => {
    const { web } = setUp()
    const route = web.route(web.tokenRoutes.introspect(new Map()))
    const headers = { 'content-type': 'application/json' }
    const answer = await route(ask('', { method: 'POST', headers, body }))
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as { detail: string }).detail).toContain(words)
  })

  it('answers 404 where a route has no handler and no guard answers', async () => {
    const { web } = setUp()
    expect((await web.route([web.optionalSession()])(ask())).status).toBe(404)
  })

  it('leaves the body to the handler when a guard has read it', async () => {
    const { web } = setUp()
    const route = web.route(web.csrf({ tokens: 'always' }), async (request) =>
      Response.json(await request.text()),
    )
    const issue = web.route(web.csrf({ tokens: 'always' }), async (_request, { csrfToken }) =>
      Response.json(await csrfToken()),
    )
    const page = await issue(ask())
    const token = encodeURIComponent((await page.json()) as string)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = `_csrf=${token}&a=1`
    const answer = await route(ask(cookieOf(page), { method: 'POST', headers, body }))
    expect([answer.status, await answer.json()]).toEqual([200, body])
  })
})

async function login({
  session,
}: {
  session: { signIn(subject: string): Promise<void> }
}): Promise<Response> {
  await session.signIn('ada')
  return new Response()
}

describe('Hono without Node', () => {
  it('types c.var.session, and asks the runtime for the address', async () => {
    const { sojourn } = setUp()
    const web = createHonoAdapter(sojourn, { connection: () => ({ address: '198.51.100.7' }) })
    const app = new Hono().use(web.sessions).get('/in', async (c) => {
      await c.var.session.signIn('ada')
      const name: string | undefined = await c.var.session.get('name')
      return c.json(name ?? null)
    })
    const answer = await app.request('http://localhost/in')
    expect([answer.status, answer.headers.getSetCookie().length]).toEqual([200, 1])
    const [session] = (await sojourn.list('ada')).sessions
    expect(session?.address).toBe('198.51.100.7')
  })

  it('finds the token of a form that the handler before has read', async () => {
    const { sojourn } = setUp()
    const web = createHonoAdapter(sojourn)
    const app = new Hono()
      .use(web.sessions)
      .use(async (c, next) => {
        if (c.req.method === 'POST') await c.req.parseBody()
        await next()
      })
      .use(web.csrf({ tokens: 'always' }))
      .get('/', async (c) => c.text(await web.csrfToken(c)))
      .post('/', async (c) => c.json(await c.req.parseBody()))
    const page = await app.request('http://localhost/')
    const form = { 'content-type': 'application/x-www-form-urlencoded', cookie: cookieOf(page) }
    const body = `_csrf=${encodeURIComponent(await page.text())}`
    const posted = await app.request('http://localhost/', { method: 'POST', headers: form, body })
    expect(posted.status).toBe(200)
    const forged = { method: 'POST', headers: form, body: '_csrf=x' }
    expect((await app.request('http://localhost/', forged)).status).toBe(403)
  })

  it('answers 503 where a handler meets a store that is away', async () => {
    const { sojourn, slow } = setUp()
    const web = createHonoAdapter(sojourn)
    const app = new Hono().use(web.sessions).get('/', async (c) => {
      await c.var.session.signIn('ada')
      return c.text('in')
    })
    app.onError((_error, c) => c.text('', 500))
    slow.failing.add('create')
    const answer = await app.request('http://localhost/')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(answer.headers.getSetCookie()).toEqual([])
  })
})
