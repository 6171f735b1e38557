import { inspect } from 'node:util'
import { Socket } from 'node:net'
import express, { type Express } from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import session, { keepSessions, subjectOf } from '../../src/compat/express-session/index.js'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import { createMemoryStore } from '../../src/store/memory.js'
import * as testing from '../../src/testing/index.js'
import { SECRET, TOKENS } from '../support/sojourn.js'
import { send } from './in-memory.js'

interface Cart {
  cart: string[]
  seen: number
}

const TOKEN_SETTINGS = { ...TOKENS, refresh: { lifetime: '2h' } } as const

function shop(options: Partial<Parameters<typeof createSojourn>[0]> = {}): {
  app: Express
  sojourn: Sojourn<Cart>
  clock: testing.ManualClock
} {
  const clock = testing.createManualClock()
  const sojourn = createSojourn<Cart>({
    secrets: SECRET,
    clock,
    store: createMemoryStore({ clock }),
    tokens: TOKEN_SETTINGS,
    ...(options as object),
  })
  const web = createExpressAdapter(sojourn)
  const app = express()
  app.use(web.sessions)
  app.get(
    '/cart',
    web.requireSession(),
    web.handler(async ({ session: mine }, response) => {
      response.json({ who: mine.subject, cart: await mine.get('cart'), facts: mine.facts })
    }),
  )
  return { app, sojourn, clock }
}

const bodyOf = ({ body }: { body: string }): any => JSON.parse(body)

/** Whoever reaches for a network finds none. */
function withoutNetwork(): void {
  const refuse = (): never => {
    throw new Error('no network here')
  }
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(refuse)
  vi.stubGlobal('fetch', refuse)
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** CPU milliseconds of one call: what others do on this machine does not count. */
async function cost(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1] ?? Infinity

describe('login', () => {
  it('behaviour 35a: gives a cookie jar and a bearer in one call, in under 5 ms and without a network, and the clock moves idle, absolute and refresh', async () => {
    const { app, sojourn, clock } = shop()
    withoutNetwork()
    const costs: number[] = []
    for (let index = 0; index < 60; index += 1) {
      const user = `person-${String(index)}`
      costs.push(await cost(() => testing.login(app, { user, data: { cart: ['book'] } })))
    }
    expect(median(costs)).toBeLessThan(5)

    const login = async (remember = false): Promise<testing.SignedIn> =>
      testing.login(app, { user: 'ada', data: { cart: ['book'] }, remember })
    const ada = await login()
    expect(ada.jar.header()).toBe(ada.cookie)
    for (const headers of [ada.headers, ada.bearer]) {
      const answer = await send(app, '/cart', headers)
      expect(answer.status).toBe(200)
      expect(bodyOf(answer)).toMatchObject({ who: 'ada', cart: ['book'] })
    }
    await testing.expectActive(sojourn, ada)

    const refreshed = await sojourn.tokens.refresh(ada.refreshToken)
    expect(refreshed.status).toBe('refreshed')
    clock.advance('59m')
    expect((await send(app, '/cart', ada.headers)).status).toBe(200)
    // The idle time starts anew with each visit, and then it is over.
    await sojourn.settled()
    clock.advance('59m')
    expect((await send(app, '/cart', ada.headers)).status).toBe(200)
    await sojourn.settled()
    clock.advance('61m')
    expect((await send(app, '/cart', ada.headers)).status).toBe(401)
    await testing.expectEnded(sojourn, ada, 'expired_idle')

    const eve = await login(true)
    clock.advance('119m')
    const soon = await sojourn.tokens.refresh(eve.refreshToken)
    expect(soon.status).toBe('refreshed')
    clock.advance('2m')
    const next = soon.status === 'refreshed' ? soon.tokens.refreshToken : ''
    // The last refresh token dies two hours after the sign-in, whatever was exchanged; its session lives on.
    expect(await sojourn.tokens.refresh(next)).toMatchObject({ status: 'refused' })
    await testing.expectActive(sojourn, { cookie: eve.cookie })
    for (let day = 0; day < 30; day += 1) {
      clock.advance('23h')
      await testing.expectActive(sojourn, { cookie: eve.cookie })
    }
    clock.advance('28h')
    await testing.expectEnded(sojourn, eve, 'expired_absolute')
  })

  it('finds the sessions of an application on Express 4, in a router, and in the middleware itself', async () => {
    const clock = testing.createManualClock()
    const sojourn = createSojourn({ secrets: SECRET, clock })
    const web = createExpressAdapter(sojourn)
    const router = express.Router().use(web.sessions)
    const old = express4()
    old.use('/inner', express4.Router().use(web.sessions))
    const route = express().get('/', web.sessions)
    for (const app of [
      express().use('/inner', router),
      old,
      route,
      web.sessions,
      router,
      sojourn,
    ]) {
      const { id } = await testing.login(app, { user: 'ada' })
      expect((await sojourn.list('ada')).sessions.map((one) => one.id)).toContain(id)
    }
    expect((await sojourn.list('ada')).sessions).toHaveLength(6)
  })

  it('says what to pass where it finds no sessions', async () => {
    for (const app of [express(), express4(), {}, () => undefined]) {
      await expect(testing.login(app, { user: 'ada' })).rejects.toThrow(/No sessions of sojourn/)
    }
    await expect(testing.login(shop().app, {})).rejects.toThrow(/needs a user/)
  })
})

describe('signIn', () => {
  it('starts a session as a request does: typed data, methods, limits, events and what is still to be proved', async () => {
    const { sojourn, app } = shop({ limit: { max: 1, whenFull: 'evict-oldest' } })
    const started = vi.fn()
    sojourn.on('session.started', started)
    const first = await testing.signIn(sojourn, {
      subject: 'ada',
      data: { seen: 3 },
      methods: ['pwd', 'otp'],
      remember: true,
      address: '203.0.113.9',
      userAgent: 'Firefox/1',
    })
    expect(first.setCookies[0]).toContain('Max-Age=')
    const answer = await send(app, '/cart', first.headers)
    expect(bodyOf(answer).facts).toMatchObject({ address: '203.0.113.9', methods: ['pwd', 'otp'] })
    const second = await testing.signIn(sojourn, { subject: 'ada' })
    await testing.expectEnded(sojourn, first, 'evicted_limit')
    await testing.expectActive(sojourn, second)
    await vi.waitFor(() => expect(started).toHaveBeenCalledTimes(2))
    const pending = await testing.signIn(sojourn, { subject: 'bob', awaits: 'otp' })
    expect(pending.hasTokens).toBe(false)
    expect((await send(app, '/cart', pending.headers)).status).toBe(401)
    await expect(
      testing.signIn(sojourn, { subject: 'bob', awaits: 'otp', tokens: {} }),
    ).rejects.toThrow(/prove more/)
  })

  it('signs in over TLS where the application gives cookies over TLS alone', async () => {
    const { sojourn, app } = shop({ cookie: { secure: true } })
    const ada = await testing.signIn(sojourn, { subject: 'ada' })
    expect(ada.cookie).toMatch(/^__Host-/)
    expect((await send(app, '/cart', ada.headers)).status).toBe(200)
    expect((await sojourn.list('ada')).sessions).toHaveLength(1)
    await testing.expectActive(sojourn, ada)
    const plain = shop().sojourn
    const eve = await testing.signIn(plain, { subject: 'eve', secure: true })
    expect(eve.cookie).toMatch(/^__Host-/)
    await testing.expectActive(plain, eve)
    await expect(testing.signIn(sojourn, { subject: 'ada', secure: false })).rejects.toThrow(
      /https/,
    )
  })

  it('issues tokens as asked, and says so where there are none', async () => {
    const { sojourn } = shop()
    const reader = await testing.signIn(sojourn, { subject: 'ada', tokens: { scope: ['read'] } })
    expect(await sojourn.tokens.introspect(reader.accessToken)).toMatchObject({ scope: 'read' })
    const none = await testing.signIn(sojourn, { subject: 'ada', tokens: false })
    expect(none.hasTokens).toBe(false)
    expect(() => none.bearer).toThrow(/option tokens/)
    expect(() => none.refreshToken).toThrow(/option tokens/)
  })

  it('shows no credential to who prints it', async () => {
    const { sojourn } = shop()
    const ada = await testing.signIn(sojourn, { subject: 'ada' })
    const printed = inspect(ada, { depth: 9, showHidden: true }) + JSON.stringify(ada)
    expect(printed).toContain(ada.id)
    for (const secret of [ada.cookie, ada.accessToken, ada.refreshToken]) {
      expect(printed).not.toContain(secret)
    }
    expect(printed).not.toContain(ada.jar.header().split('=')[1])
  })

  it('fetches with its cookies, and keeps those of the answer', async () => {
    const { sojourn } = shop()
    const ada = await testing.signIn(sojourn, { subject: 'ada' })
    const sent: (string | null)[] = []
    vi.stubGlobal('fetch', (_url: unknown, init: RequestInit) => {
      expect(init.redirect).toBe('manual')
      sent.push(new Headers(init.headers).get('cookie'))
      const lines = ['lang=de; Path=/shop', `${ada.cookie.split('=')[0] ?? ''}=; Max-Age=0; Path=/`]
      return new Response(null, { headers: lines.map((line) => ['set-cookie', line]) as never })
    })
    await ada.fetch('http://localhost/shop')
    await ada.fetch('http://localhost/shop/1')
    await ada.fetch('http://localhost/shopping')
    expect(sent).toEqual([expect.stringContaining('sid-'), 'lang=de', null])
  })
})

describe('login under express-session', () => {
  const secret = 'the secret of the drop-in, long enough'
  const mount = (options: object): Express => {
    const app = express()
    app.use(session({ secret, resave: false, saveUninitialized: false, ...options }))
    app.get('/', (request, response) => {
      const { userId } = request.session as { userId?: number }
      response.json({ userId, subject: subjectOf(request) })
    })
    return app
  }

  it('signs in to a store of ours: by subject, with data, and the clock moves it', async () => {
    const clock = testing.createManualClock()
    const store = keepSessions({ store: createMemoryStore({ clock }), clock, idle: '1h' })
    const app = mount({ store })
    withoutNetwork()
    const ada = await testing.login(app, { user: 'ada', data: { userId: 7 } })
    expect(bodyOf(await send(app, '/', ada.headers))).toEqual({ userId: 7, subject: 'ada' })
    expect(await store.ids()).toEqual([ada.id])
    await testing.expectActive(app, ada)
    await expect(testing.expectRevoked(app, ada)).rejects.toThrow('cookie: active')
    clock.advance('61m')
    await testing.expectEnded(app, ada, 'expired_idle')
    await expect(testing.expectRevoked(app, ada)).rejects.toThrow('cookie: expired_idle')
    const eve = await testing.login(app, { user: 'eve' })
    await store.revokeAll('eve')
    await testing.expectRevoked(app, eve)
    await expect(testing.expectRevoked(app, { cookie: 'connect.sid=s%3Ax.y' })).rejects.toThrow(
      'unknown here',
    )
  })

  it('signs in to any store by what the application keeps of a person', async () => {
    const store = new session.MemoryStore()
    const app = mount({ store, cookie: { secure: true, path: '/' } })
    const ada = await testing.login(app, { data: { userId: 7 } })
    expect(ada.id).toBeUndefined()
    expect(bodyOf(await send(app, '/', ada.headers))).toEqual({ userId: 7 })
    await testing.expectActive(app, ada)
    const forged = [{ cookie: '' }, { cookie: 'a=b' }, { cookie: `${ada.cookie}x` }]
    for (const one of forged) {
      await expect(testing.expectRevoked(app, one)).rejects.toThrow('unknown here')
    }
    await new Promise<void>((resolve) => store.clear(() => resolve()))
    await testing.expectRevoked(app, ada)
    await expect(testing.login(app, { user: 'ada' })).rejects.toThrow(/knows of no owners/)
    await expect(testing.login(app, {})).rejects.toThrow(/needs a user/)
    await expect(testing.login(app, { data: { a: 1 }, secure: false })).rejects.toThrow(/Secure/)
  })

  it('says why there is no session, and passes on what the store says', async () => {
    const app = mount({ cookie: { path: '/shop' } })
    await expect(testing.login(app, { data: { a: 1 } })).rejects.toThrow(/another path/)
    const client = { path: '/shop' }
    const ada = await testing.login(app, { data: { a: 1 }, ...client })
    await testing.expectActive(app, ada, client)
    await expect(testing.expectActive(app, ada)).rejects.toThrow(/another path/)
    const store = testing.createGatedStore(createMemoryStore())
    store.fail('create', { times: 2 })
    for (const whom of [{ user: 'ada' }, { data: { userId: 7 } }]) {
      await expect(testing.login(mount({ store }), whom)).rejects.toThrow(/made to fail/)
    }
  })
})
