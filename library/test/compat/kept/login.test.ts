import { afterEach, describe, expect, it } from 'vitest'
import csurf from '../../../src/compat/csurf/index.js'
import type { KeepSessionsOptions } from '../../../src/compat/kept/index.js'
import { restingName } from '../../../src/compat/kept/sid.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { createManualClock } from '../../../src/testing/manual-clock.js'
import { hindered } from '../../support/slow-store.js'
import { WebClient } from '../../support/web.js'
import { sharing, sidOf, startApp, type App } from './app.js'

const open: App[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()))
})
async function start(
  options: Partial<KeepSessionsOptions> = {},
  more: Parameters<typeof startApp>[1] = {},
) {
  const clock = createManualClock()
  const store = options.store ?? createMemoryStore({ clock })
  const app = await startApp({ clock, ...options, store }, more)
  open.push(app)
  return { app, clock, store }
}
const dataOf = async (app: App, client: WebClient): Promise<unknown> =>
  JSON.parse((await app.visit(client, ({ session: { cookie: _, ...data } }) => data)).body)

describe('req.session.login', () => {
  it('keeps everything, named keys, or nothing but what this request set', async () => {
    const { app } = await start()
    for (const [keep, expected] of [
      [undefined, { cart: ['book'], seen: 1, user: 'ann' }],
      [true, { cart: ['book'], seen: 1, user: 'ann' }],
      [['cart'], { cart: ['book'], user: 'ann' }],
      [false, { user: 'ann' }],
    ] as const) {
      const client = new WebClient(app.server)
      await app.visit(client, ({ session }) => {
        Object.assign(session, { cart: ['book'], seen: 1 })
      })
      // The order that loses the data everywhere else: set, then get a new id.
      await app.visit(client, async ({ session }) => {
        session.user = 'ann'
        await session.login('ann', { keep })
      })
      expect(await dataOf(app, client)).toEqual(expected)
    }
  })

  it('behaviour 12b: on the drop-in, login keeps the data or what is named of it, replaces the CSRF secret, and the id from before never authenticates', async () => {
    const { app } = await start()
    const protect = csurf()
    /** Runs csurf on this request; answers its token, or the code of its refusal. */
    const guarded = (client: WebClient, token?: string) =>
      app.visit(client, async (request, response) => {
        if (token !== undefined) {
          request.method = 'POST'
          request.headers['x-csrf-token'] = token
        }
        const error: any = await new Promise((resolve) => protect(request, response, resolve))
        return error?.code ?? request.csrfToken()
      })
    const client = new WebClient(app.server)
    await app.visit(client, ({ session }) => Object.assign(session, { cart: ['book'], seen: 1 }))
    const token = JSON.parse((await guarded(client)).body) as string
    expect((await guarded(client, token)).body).not.toContain('EBADCSRFTOKEN')
    const old = sharing(client, app.server)
    await app.visit(client, ({ session }) => session.login('ann', { keep: ['cart'] }))
    expect(await dataOf(app, client)).toMatchObject({ cart: ['book'] })
    expect(await dataOf(app, client)).not.toHaveProperty('seen')
    expect((await guarded(client, token)).body).toBe('"EBADCSRFTOKEN"')
    const fresh = JSON.parse((await guarded(client)).body) as string
    expect((await guarded(client, fresh)).body).not.toContain('EBADCSRFTOKEN')
    const who = await app.visit(old, (request) => app.kept.subjectOf(request.session) ?? 'nobody')
    expect(who.body).toBe('"nobody"')
    await app.visit(client, ({ session }) => session.login('ann'))
    expect(await dataOf(app, client)).toMatchObject({ cart: ['book'] })
  })

  it('moves nothing of another person but what this request set or names', async () => {
    const { app } = await start()
    for (const [keep, expected] of [
      [undefined, { user: 'bob' }],
      [true, { user: 'bob' }],
      [['theme'], { user: 'bob', theme: 'dark' }],
    ] as const) {
      const client = new WebClient(app.server)
      await app.visit(client, async ({ session }) => {
        Object.assign(session, { cart: ['book'], theme: 'dark' })
        await session.login('ann')
      })
      await app.visit(client, async ({ session }) => {
        session.user = 'bob'
        await session.login('bob', { keep })
      })
      expect(await dataOf(app, client)).toEqual(expected)
    }
  })

  it('the session before ends: a guest after a moment, a person at once', async () => {
    const { app, clock, store } = await start({ cache: false })
    const client = new WebClient(app.server)
    await app.visit(client, ({ session }) => (session.cart = ['book']))
    const guest = sidOf(client)
    const old = sharing(client, app.server)
    await app.visit(client, ({ session }) => session.login('ann'))
    const [first, reason] = [sidOf(client), async (sid: string) => store.read(restingName(sid).id)]
    expect(await dataOf(app, old)).toEqual({ cart: ['book'] })
    clock.advance('31s')
    expect(await dataOf(app, old)).toEqual({})
    expect(await app.kept.get(guest)).toBeNull()
    await app.visit(client, ({ session }) => session.login('ann'))
    expect(await reason(first)).toMatchObject({ ending: { reason: 'signed_in_again' } })
    const second = sidOf(client)
    await app.visit(client, ({ session }) => session.login('bob'))
    expect(await reason(second)).toMatchObject({ ending: { reason: 'logged_out' } })
  })

  it('is stored when it resolves, and the request goes on as the new session', async () => {
    const { app } = await start()
    const client = new WebClient(app.server)
    const answer = await app.visit(client, async (request) => {
      const before = request.session
      await request.session.login('ann')
      expect(request.session).not.toBe(before)
      expect(request.session.id).toBe(request.sessionID)
      expect(await app.kept.get(request.sessionID)).not.toBeNull()
      expect(app.kept.subjectOf(request.session)).toBe('ann')
      request.session.later = 1
      await request.session.save()
      request.session.last = 2
      return app.kept.publicIdOf(request.session)
    })
    expect(answer.cookies).toHaveLength(1)
    expect(await dataOf(app, client)).toEqual({ later: 1, last: 2 })
    const { sessions } = await app.kept.list('ann')
    expect(sessions.map(({ id }) => JSON.stringify(id))).toEqual([answer.body])
    expect(sessions[0]).toMatchObject({ subject: 'ann', address: expect.stringContaining('127') })
  })

  it('a "remember me" that this request said of the cookie goes along', async () => {
    const { app } = await start({}, { cookie: { maxAge: 60_000 } })
    for (const isKnown of [true, false]) {
      const client = new WebClient(app.server)
      if (isKnown) await app.visit(client, ({ session }) => (session.here = true))
      const plain = sharing(client, app.server)
      const remember = await app.visit(client, async ({ session }) => {
        session.cookie.maxAge = 30 * 86_400_000
        await session.login('ann')
      })
      const expires = /Expires=([^;]+)/.exec(remember.cookies[0] ?? '')?.[1] ?? ''
      expect(Date.parse(expires) - Date.now()).toBeGreaterThan(29 * 86_400_000)
      const short = await app.visit(plain, ({ session }) => session.login('ann'))
      const soon = /Expires=([^;]+)/.exec(short.cookies[0] ?? '')?.[1] ?? ''
      expect(Date.parse(soon) - Date.now()).toBeLessThan(61_000)
    }
  })

  it('where it is refused or the store fails, nothing has changed', async () => {
    const broken = hindered(createMemoryStore())
    const { app } = await start({ store: broken.store, limit: { max: 1, whenFull: 'refuse' } })
    await app.visit(new WebClient(app.server), ({ session }) => session.login('ann'))
    await app.kept.disable('eve')
    const client = new WebClient(app.server)
    await app.visit(client, ({ session }) => (session.cart = ['book']))
    const sid = sidOf(client)
    const attempt = (subject: string, failing: readonly ('create' | 'end')[] = []) =>
      app.visit(client, async (request) => {
        for (const verb of failing) broken.failing.add(verb)
        const error: any = await request.session.login(subject).catch((fault: unknown) => fault)
        broken.failing.clear()
        expect(request.sessionID).toBe(sid)
        return [error.code, request.session.cart]
      })
    const codes = []
    for (const answer of [
      await attempt('ann'),
      await attempt('eve'),
      await attempt(''),
      await attempt('dan', ['create']),
      await attempt('dan', ['end']),
    ]) {
      expect(answer.cookies).toEqual([])
      codes.push(JSON.parse(answer.body))
    }
    expect(codes).toEqual(
      [
        'session_limit',
        'subject_disabled',
        'field_invalid',
        'store_unavailable',
        'store_unavailable',
      ].map((code) => [code, ['book']]),
    )
    expect(sidOf(client)).toBe(sid)
    expect(await dataOf(app, client)).toEqual({ cart: ['book'] })
    expect((await app.kept.list('ann')).sessions).toHaveLength(1)
  })

  it('one session too many pushes the oldest out, and its holder learns why', async () => {
    const { app, clock } = await start({ limit: { max: 2, whenFull: 'evict-oldest' } })
    const clients = []
    for (let index = 0; index < 3; index += 1) {
      const client = new WebClient(app.server)
      await app.visit(client, ({ session }) => session.login('ann'))
      clients.push(client)
      clock.advance('1s')
    }
    const reasons = []
    for (const client of clients) {
      const { body } = await app.visit(client, (request) => app.kept.endReasonOf(request) ?? 'live')
      reasons.push(JSON.parse(body))
    }
    expect(reasons).toEqual(['evicted_limit', 'live', 'live'])
  })
})

describe('by subject', () => {
  it('sessions are listed and ended, and somebody else cannot end them', async () => {
    const { app } = await start()
    const [one, two] = [new WebClient(app.server), new WebClient(app.server)]
    for (const client of [one, two]) {
      await app.visit(client, ({ session }) => session.login('ann'))
    }
    const { sessions } = await app.kept.list('ann')
    expect(sessions).toHaveLength(2)
    const mine = restingName(sidOf(one)).id
    expect(await app.kept.revoke(mine, { of: 'bob' })).toBe(false)
    expect(await app.kept.revokeAll('ann', { except: mine })).toBe(1)
    expect(await app.kept.get(sidOf(two))).toBeNull()
    expect(await app.kept.get(sidOf(one))).not.toBeNull()
    expect(await app.kept.revoke(mine, { of: 'ann' })).toBe(true)
    expect(await app.kept.get(sidOf(one))).toBeNull()
  })
})
