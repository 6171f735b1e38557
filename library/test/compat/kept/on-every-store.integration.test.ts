/**
 * What people of express-session suffer from, on every store of ours, through the drop-in: real HTTP against two
 * servers, each with its own handle on one storage, as two processes would have them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restingName } from '../../../src/compat/kept/sid.js'
import { hearing } from '../../support/sojourn.js'
import { WebClient } from '../../support/web.js'
import { BACKENDS, type Backend } from '../../support/backends.js'
import { door, meeting, sharing, sidOf, startApp, type App } from './app.js'

/** A thousand of each are done below the drop-in, in session/on-every-store: it adds no race of its own. */
const RUNS = 100

for (const [name, open] of Object.entries(BACKENDS)) {
  describe(`kept sessions on ${name}`, () => {
    let backend: Backend
    let here: App
    let there: App
    const presented: string[] = []
    const told: unknown[] = []

    beforeAll(async () => {
      backend = await open()
      const options = { touchEvery: '1ms', resilience: { commandDeadline: '5s' } } as const
      here = await startApp({ ...options, store: backend.stores[0] })
      there = await startApp({ ...options, store: backend.stores[1] })
      for (const { kept } of [here, there]) {
        for (const event of ['session.started', 'session.ended', 'write.refused'] as const) {
          kept.events.on(event, (fact) => told.push(fact))
        }
      }
    }, 60_000)
    afterAll(async () => {
      await here.close()
      await there.close()
      await backend.close()
    }, 60_000)

    /** Somebody with a stored session, as both servers see them. */
    const arrive = async (data: Record<string, unknown> = { here: true }) => {
      const client = new WebClient(here.server)
      await here.visit(client, ({ session }) => {
        Object.assign(session, data)
      })
      presented.push(sidOf(client))
      return { client, elsewhere: sharing(client, there.server) }
    }
    const dataOf = async (app: App, client: WebClient): Promise<unknown> =>
      JSON.parse((await app.visit(client, ({ session: { cookie: _, ...data } }) => data)).body)

    it('two concurrent requests set different keys and both survive, 100 of 100', async () => {
      const { client, elsewhere } = await arrive()
      for (let run = 0; run < RUNS; run += 1) {
        const met = meeting(2)
        await Promise.all([
          here.visit(client, async ({ session }) => {
            session.a = run
            await met()
          }),
          there.visit(elsewhere, async ({ session }) => {
            session.b = run
            await met()
          }),
        ])
        if (name === 'memory') {
          const entries = [await dataOf(here, client), await dataOf(there, elsewhere)]
          expect(entries).toEqual(Array(2).fill({ here: true, a: run, b: run }))
          continue
        }
        // The other process may serve an answer that is up to half a second old: what rests is what counts.
        const stored = await backend.stores[0].read(restingName(sidOf(client)).id)
        if (stored.status !== 'found') throw new Error('gone')
        expect([stored.record.data.get('a')?.json, stored.record.data.get('b')?.json]).toEqual([
          String(run),
          String(run),
        ])
      }
    }, 120_000)

    it('behaviour 1b: on the drop-in, a delete and a set of other keys that overlap both hold, and nothing old is written back', async () => {
      for (let run = 0; run < 50; run += 1) {
        const { client, elsewhere } = await arrive({ a: 1, kept: 'old' })
        const { opened, open: openDoor } = door()
        const started = door()
        const slow = there.visit(elsewhere, async ({ session }) => {
          delete session.a
          started.open()
          await opened
        })
        await started.opened
        await here.visit(client, ({ session }) => {
          session.b = 2
          session.kept = 'new'
        })
        openDoor()
        await slow
        await expect(there.kept.get(sidOf(client))).resolves.toEqual({
          cookie: expect.any(Object),
          b: 2,
          kept: 'new',
        })
      }
    })

    it('of two requests with the same key the last wins as a whole value, and one conflict is counted', async () => {
      const { client, elsewhere } = await arrive({ cart: { items: ['a', 'b'], deep: { x: 1 } } })
      const before = there.kept.stats().conflicts
      const { opened, open: openDoor } = door()
      const started = door()
      const slow = there.visit(elsewhere, async ({ session }) => {
        session.cart.items = ['z']
        started.open()
        await opened
      })
      await started.opened
      await here.visit(client, ({ session }) => {
        session.cart = { items: ['c'], deep: { y: 2 } }
      })
      openDoor()
      await slow
      const stored = await there.kept.get(sidOf(client))
      expect(stored?.['cart']).toEqual({ items: ['z'], deep: { x: 1 } })
      expect(there.kept.stats().conflicts - before).toBe(1)
    })

    it('a sign-out between the start and the end of a writing request wins, and the late answer carries no cookie, 100 of 100', async () => {
      for (let run = 0; run < RUNS; run += 1) {
        const { client, elsewhere } = await arrive({ run })
        const started = door()
        const ended = door()
        const slow = there.visit(elsewhere, async ({ session }) => {
          session.late = run
          started.open()
          await ended.opened
        })
        await started.opened
        const out = await here.visit(client, ({ session }) => session.destroy())
        ended.open()
        expect((await slow).cookies).toEqual([])
        expect(out.cookies).toEqual([expect.stringMatching(/^connect\.sid=;/)])
        if ((await there.kept.get(sidOf(elsewhere))) !== null)
          throw new Error(`alive again in run ${String(run)}`)
      }
    }, 120_000)

    it('touches, reads and sign-ins that race the end of all sessions bring none of them back', async () => {
      for (let run = 0; run < 100; run += 1) {
        const subject = `racer-${String(run)}`
        const { client } = await arrive()
        await here.visit(client, ({ session }) => session.login(subject))
        const elsewhere = sharing(client, there.server)
        presented.push(sidOf(client))
        const second = new WebClient(there.server)
        await Promise.all([
          there.visit(elsewhere, ({ session }) => session.here),
          here.kept.revokeAll(subject, { reason: 'password_changed' }),
          there.visit(second, ({ session }) => session.login(subject)),
        ])
        await Promise.all([here.kept.settled(), there.kept.settled()])
        const sid = sidOf(client)
        // The bound of the near cache of the other process.
        await expect.poll(() => there.kept.get(sid), { timeout: 1_000 }).toBeNull()
        const listed = (await here.kept.list(subject)).sessions.length
        const stored = await backend.stores[1].read(restingName(sidOf(second)).id)
        expect((await here.kept.get(sidOf(second))) !== null, stored.status).toBe(listed === 1)
      }
    }, 60_000)

    it('behaviour 2c: on the drop-in, save and touch of what is missing or has ended write nothing and create nothing', async () => {
      const { client } = await arrive()
      const sid = sidOf(client)
      const { id } = restingName(sid)
      const [one, two] = [await here.kept.load(sid), await there.kept.load(sid)]
      if (one === undefined || two === undefined) throw new Error('not there')
      await here.kept.destroy(sid)
      one['late'] = 1
      two['late'] = 2
      await expect(one.save()).rejects.toMatchObject({
        code: 'session_ended',
        reason: 'logged_out',
      })
      await expect(two.save()).rejects.toMatchObject({ code: 'session_ended' })
      await expect(here.kept.set(sid, { cookie: {}, again: 1 })).rejects.toMatchObject({
        code: 'session_ended',
      })
      await here.kept.touch(sid, one)
      await there.kept.touch(sid, { cookie: {} })
      await expect(backend.stores[1].read(id)).resolves.toMatchObject({ status: 'ended' })
      await here.kept.touch('never seen', { cookie: {} })
      const unseen = await backend.stores[0].read(restingName('never seen').id)
      expect(unseen.status).toBe('missing')
    })

    it('behaviour 12a: login always gives a new id, in the bucket of its subject, and no way without one leads to a subject', async () => {
      const { client } = await arrive({ cart: ['book'] })
      const before = sidOf(client)
      await here.visit(client, ({ session }) => session.login('ann'))
      const after = sidOf(client)
      presented.push(after)
      expect(after).not.toBe(before)
      expect(after.slice(0, 2)).toBe(backend.stores[0].bucketOf('ann'))
      await here.visit(client, ({ session }) => session.login('ann'))
      expect(sidOf(client)).not.toBe(after)
      expect((await here.kept.list('ann')).sessions).toHaveLength(1)
      await here.visit(client, ({ session }) => session.login('bob'))
      expect((await there.kept.list('ann')).sessions).toEqual([])
      expect((await there.kept.list('bob')).sessions).toHaveLength(1)
      // Writing what looks like a subject makes nobody's session anybody's.
      const { client: guest } = await arrive()
      await here.visit(guest, ({ session }) => {
        Object.assign(session, { subject: 'bob', sub: 'bob', userId: 'bob' })
      })
      expect((await there.kept.list('bob')).sessions).toHaveLength(1)
    })

    it('behaviour 12c: on the drop-in, requests under way with the id from before are served as the guest they were, and their answers never replace the new cookie', async () => {
      const rolling = await startApp(
        { store: backend.stores[0], touchEvery: '1ms', resilience: { commandDeadline: '5s' } },
        { rolling: true, cookie: { maxAge: 60_000 } },
      )
      try {
        for (let run = 0; run < 20; run += 1) {
          const client = new WebClient(rolling.server)
          await rolling.visit(client, ({ session }) => {
            session.cart = ['book']
          })
          const guest = sharing(client, rolling.server)
          const [reading, writing] = [door(), door()]
          const come = meeting(3)
          const slow = [
            rolling.visit(guest, async ({ session }) => {
              void come()
              await reading.opened
              return session.user ?? 'guest'
            }),
            rolling.visit(guest, async ({ session }) => {
              void come()
              await writing.opened
              session.seen = true
              return session.user ?? 'guest'
            }),
          ]
          await come()
          const login = await rolling.visit(client, async (request) => {
            await request.session.login('carol')
            request.session.user = 'carol'
          })
          expect(login.cookies).toHaveLength(1)
          reading.open()
          writing.open()
          const late = await rolling.visit(guest, ({ session }) => session.user ?? 'guest')
          for (const answer of [...(await Promise.all(slow)), late]) {
            expect([answer.status, answer.body, answer.cookies]).toEqual([200, '"guest"', []])
          }
          const mine = await rolling.visit(client, ({ session }) => session.user)
          expect(mine.body).toBe('"carol"')
        }
      } finally {
        await rolling.close()
      }
    })

    it('twenty requests of one page at one time mark the session as seen once', async () => {
      const lazy = await startApp({ store: backend.stores[0], touchEvery: '100ms' })
      try {
        const client = new WebClient(lazy.server)
        await lazy.visit(client, ({ session }) => {
          session.here = true
        })
        await new Promise((resolve) => setTimeout(resolve, 150))
        const met = meeting(20)
        await Promise.all(
          Array.from({ length: 20 }, () =>
            lazy.visit(client, async ({ session }) => {
              await met()
              return session.here
            }),
          ),
        )
        expect(lazy.kept.stats().touches).toBe(1)
      } finally {
        await lazy.close()
      }
    })

    it('no session id of this whole run rests anywhere, nor in an event, a list or an id', async () => {
      await hearing()
      const lists = await here.kept.list('bob')
      const walked = [await here.kept.ids(), await here.kept.all()]
      const everything = [await backend.dump(), JSON.stringify([told, lists, walked])].join('\n')
      if (name !== 'memory') expect(everything).toContain(restingName(presented.at(-1) ?? '').id)
      expect(presented.length).toBeGreaterThan(RUNS)
      for (const sid of presented) {
        expect(everything.includes(sid) || everything.includes(sid.slice(3))).toBe(false)
      }
      // What is public opens nothing.
      for (const id of walked[0]?.slice(0, 20) ?? []) {
        await expect(here.kept.get(id as string)).resolves.toBeNull()
      }
    })
  })
}
