/** What is left of a session that is over, on every store, and whom it is told: why, when and by whom it ended. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setTimeout as pause } from 'node:timers/promises'
import express from 'express'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { END_REASONS, endActor, type EndActor, type EndReason } from '../../src/index.js'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import { BACKENDS, type Backend } from '../support/backends.js'
import { Browser } from '../support/browser.js'
import { scene, SECRET } from '../support/sojourn.js'
import { listen, WebClient, type RunningServer } from '../support/web.js'

type Data = Record<string, unknown>

const SECOND = 1_000
const HOUR = 3_600 * SECOND

/** Who acts, for each reason that can be asked for. */
const ASKED = {
  logged_out_elsewhere: 'person',
  password_changed: 'person',
  revoked_admin: 'administrator',
  key_retired: 'administrator',
  refresh_reuse: 'service',
  anomaly: 'service',
} as const satisfies Partial<Record<EndReason, EndActor>>

for (const [name, open] of Object.entries(BACKENDS)) {
  describe(`a session that is over, on ${name}`, () => {
    let backend: Backend
    let sojourn: Sojourn<Data>
    let short: Sojourn<Data>
    let web: RunningServer

    beforeAll(async () => {
      backend = await open()
      const options = { secrets: SECRET, store: backend.stores[0] } as const
      sojourn = createSojourn({ ...options, limit: { max: 1, whenFull: 'evict-oldest' } })
      short = createSojourn({ ...options, idle: '1s', absolute: '1h' })
      const adapter = createExpressAdapter(sojourn)
      const app = express()
      app.use(adapter.sessions)
      app.get(
        '/in/:subject',
        adapter.handler(async (request, response) => {
          await request.session.signIn(String(request.params['subject']))
          response.json(request.session.id)
        }),
      )
      app.get(
        '/out',
        adapter.handler(async (request, response) => {
          response.json(await request.session.signOut())
        }),
      )
      app.get('/page', adapter.requireSession(), (_request, response) => {
        response.json('in')
      })
      app.get(
        '/end',
        adapter.optionalSession(),
        adapter.handler(async (request, response) => {
          await request.session.load()
          const { endReason, endedAt } = request.session
          response.json({ endReason, endedAt })
        }),
      )
      web = await listen(app)
    }, 60_000)
    afterAll(async () => {
      await web.close()
      await backend.close()
    }, 60_000)

    let people = 0
    async function signIn(subject = `person-${String((people += 1))}`) {
      const client = new WebClient(web)
      const id = JSON.parse((await client.get(`/in/${subject}`)).body) as string
      return { client, id, subject }
    }

    /** What the holder is told at the door, and what rests; and that nobody else is told anything. */
    async function expectEnd(
      { client, id, subject }: Awaited<ReturnType<typeof signIn>>,
      reason: EndReason,
      since: number,
    ): Promise<void> {
      const told = JSON.parse((await client.get('/end')).body) as {
        endReason: string
        endedAt: number
      }
      expect(told.endReason).toBe(reason)
      // The store's clock may be a moment off this one.
      expect(told.endedAt).toBeGreaterThanOrEqual(since - 50)
      expect(told.endedAt).toBeLessThanOrEqual(Date.now() + 50)
      expect(await backend.stores[1].read(id)).toMatchObject({
        status: 'ended',
        ending: { reason, endedAt: told.endedAt, subject },
      })
      const { status, headers, body } = await client.get('/page')
      expect(status).toBe(401)
      expect(JSON.parse(body)).toMatchObject({ code: 'session_ended', reason })
      expect(headers['www-authenticate']).toContain(`reason="${reason}"`)
      const stranger = new WebClient(web)
      for (const [cookie, value] of client.jar) {
        // Another id of the same form.
        stranger.jar.set(cookie, value.replace(/^(.{3}).{8}/, '$1aaaaaaaa'))
      }
      const answer = await stranger.get('/page')
      expect(answer.status).toBe(401)
      expect(JSON.parse(answer.body)).not.toHaveProperty('reason')
    }

    it('behaviour 9a: leaves its reason, its instant and who it was, and its holder is told in the body and in WWW-Authenticate', async () => {
      for (const [reason, actor] of Object.entries(ASKED) as [EndReason, EndActor][]) {
        const one = await signIn()
        const since = Date.now()
        expect(await sojourn.revoke(one.id, { reason })).toBe(true)
        await expectEnd(one, reason, since)
        expect(endActor(reason)).toBe(actor)
      }
      let since = Date.now()
      const out = await signIn()
      const kept = new Map(out.client.jar)
      await out.client.get('/out')
      for (const [cookie, value] of kept) out.client.jar.set(cookie, value)
      await expectEnd(out, 'logged_out', since)
      expect(endActor('logged_out')).toBe('holder')

      since = Date.now()
      const oldest = await signIn()
      await signIn(oldest.subject)
      await expectEnd(oldest, 'evicted_limit', since)
      expect(endActor('evicted_limit')).toBe('service')
    })

    it('behaviour 9a: says so of one that ran out of time, too, at the instant at which it did', async () => {
      const since = Date.now()
      const browser = new Browser(short)
      await browser.visit((session) => session.signIn('ada'))
      const id = await browser.visit(async (session) => (await session.load()).id ?? '')
      await pause(1_100)
      const found = await browser.visit(async (session) => {
        await session.load()
        return { reason: session.endReason, endedAt: session.endedAt ?? 0 }
      })
      expect(found.reason).toBe('expired_idle')
      expect(found.endedAt - since).toBeGreaterThanOrEqual(SECOND - 50)
      expect(found.endedAt).toBeLessThanOrEqual(Date.now())
      expect(await short.find(id)).toMatchObject({ state: 'over', endedAt: found.endedAt })
      expect(endActor('expired_idle')).toBe('service')
    })
  })
}

describe('what is left of a session', () => {
  it('behaviour 9a: is small, and gone a day later', async () => {
    const { sojourn, store, clock } = scene()
    const browser = new Browser(sojourn)
    await browser.visit(async (session) => {
      await session.signIn('ada')
      session.set('cart', 'x'.repeat(5_000))
    })
    const id = await browser.visit(async (session) => (await session.load()).id ?? '')
    await sojourn.revoke(id, { reason: 'revoked_admin' })
    const left = await store.read(id)
    expect(left).toEqual({
      status: 'ended',
      now: clock.now(),
      ending: { reason: 'revoked_admin', endedAt: clock.now(), subject: 'ada' },
    })
    clock.advance(24 * HOUR - SECOND)
    expect(await store.read(id)).toMatchObject({ status: 'ended' })
    clock.advance(2 * SECOND)
    expect(await store.read(id)).toMatchObject({ status: 'missing' })
  })

  it('names somebody for each reason there is', () => {
    expect(END_REASONS.map(endActor).filter((actor) => actor === 'unknown')).toHaveLength(1)
    expect(endActor('unknown')).toBe('unknown')
  })
})
