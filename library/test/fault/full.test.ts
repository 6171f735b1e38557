/** A Redis whose memory is full: one that refuses to write, and one that throws away whatever it likes. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createKeys } from '../../src/store/redis/keys.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { CLIENTS, present, refresh, startApp, type App, type Pair, type Person } from './app.js'
import { expectUnavailable, watchFaults } from './support.js'

describe('a Redis that is full and refuses to write', () => {
  it.each(CLIENTS)(
    'fault F6: under %s whoever is in stays in and may leave; nobody comes in, and no refresh token is used up',
    async (_, connect) => {
      const redis = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] })
      const watch = watchFaults()
      const app = await startApp(await connect(redis.port), { touchEvery: '20ms' })
      const names = ['reader', 'leaver', 'holder', 'writer']
      const people = await Promise.all(names.map((name) => app.signIn(name)))
      const [reader, leaver, holder, writer] = people as [Person, Person, Person, Person]
      const generation = (): Promise<number> => generationOf(redis, app, 'holder')
      const cookies = people.map(({ web }) => web.cookie)
      const before = await generation()
      await pause(30)
      await redis.cli('config', 'set', 'maxmemory', '1mb')

      for (let turn = 0; turn < 10; turn += 1) {
        // Each of these is to be marked as seen, and that fails, beside the answer.
        const look = await watch.ask('look', () => reader.web.get('/me'), 'reader')
        const show = await watch.ask(
          'show',
          () => present(app, reader.tokens.accessToken),
          'reader',
        )
        expect([look.status, show.status, look.cookies, show.cookies]).toEqual([200, 200, [], []])
        expectUnavailable(await watch.ask('write', () => writer.web.post('/write', { late: true })))
        expectUnavailable(
          await watch.ask('refresh', () => refresh(app, holder.tokens.refreshToken)),
        )
        // What counts the attempts cannot write either; it refuses, or what comes after it does: nobody gets in uncounted.
        expectUnavailable(
          await watch.ask('sign in', () => app.visitor().post('/login', { name: 'late' })),
        )
        await pause(25)
      }
      expect(failuresOf(app, 'upkeep')).toBeGreaterThan(0)
      expect(failuresOf(app, 'spend')).toBeGreaterThan(0)
      expect((await leaver.web.post('/logout')).status).toBe(200)
      expect(people.filter((_person, at) => at !== 1).map(({ web }) => web.cookie)).toEqual(
        cookies.filter((_cookie, at) => at !== 1),
      )
      await pause(50)
      const cookie = cookies[1] ?? ''
      expect((await app.visitor().get('/me', { headers: { cookie } })).status).toBe(401)
      expect((await present(app, leaver.tokens.accessToken)).status).toBe(401)
      expect((await refresh(app, leaver.tokens.refreshToken)).status).toBe(400)
      expect(await generation()).toBe(before)
      const slowest = Math.max(...watch.samples.map(({ milliseconds }) => milliseconds))
      expect(slowest).toBeLessThan(1_000 + watch.lateness())

      await redis.cli('config', 'set', 'maxmemory', '0')
      // The breaker of what counts may be open for a moment yet.
      await expect.poll(() => refreshed(app, holder), { interval: 50 }).toBe(200)
      // Once: its successor lives, it is presented, and then the token that came back is nobody's any more.
      expect(await generation()).toBe(before + 1)
      const again = await refresh(app, holder.tokens.refreshToken)
      const pair = JSON.parse(again.body) as Pair
      expect((await refresh(app, pair.refreshToken)).status).toBe(200)
      expect((await refresh(app, holder.tokens.refreshToken)).status).toBe(400)
      expect((await app.sojourn.list('late')).sessions).toEqual([])
      expect((await app.visitor().post('/login', { name: 'late' })).status).toBe(200)
      const { body } = await watch.ask('data', () => writer.web.get('/data'), 'writer')
      expect(JSON.parse(body)).toEqual({})
      await app.close()
      await redis.stop()
      await watch.stop()
    },
  )

  const refreshed = async (app: App, { tokens }: Person): Promise<number> =>
    (await refresh(app, tokens.refreshToken)).status

  const failuresOf = (app: App, operation: string): number =>
    app.told.filter(({ event }) => 'operation' in event && event.operation === operation).length
})

/** The generation that Redis has on record for the one family of refresh tokens of a person. */
async function generationOf(redis: RedisServer, app: App, name: string): Promise<number> {
  const { sessions } = await app.sojourn.list(name)
  expect(sessions).toHaveLength(1)
  const family = await redis.cli('hget', createKeys('sj:').session(sessions[0]?.id ?? ''), 'G')
  return Number(family.split(' ')[0])
}
