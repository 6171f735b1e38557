/**
 * A Redis that throws away whatever it likes (`allkeys-lru`). It may sign people out; it never brings back what was ended.
 * `SOJOURN_FAULT_SECONDS=60` runs it for the minute of the fault matrix. By default it ends when as much was thrown away as
 * Redis holds, many times over: that is what a minute brings, in less time.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { bucketPart } from '../../src/store/bucket.js'
import { createKeys } from '../../src/store/redis/keys.js'
import { randomBelow } from '../../src/system/random.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { TOKENS } from '../support/sojourn.js'
import { CLIENTS, present, refresh, startApp, type App, type Pair, type Person } from './app.js'
import { watchFaults, type Watch } from './support.js'

const SECONDS = Number(process.env['SOJOURN_FAULT_SECONDS'] ?? '0')
/** Some 1,500 values of the flood fit in. */
const EVICTIONS = 6_000

/** Credentials that must not be good for anything any more. */
interface Over {
  readonly name: string
  readonly cookie: string
  readonly tokens: readonly Pair[]
}

interface Scene {
  readonly redis: RedisServer
  readonly app: App
  readonly watch: Watch
  readonly over: Over[]
  readonly stayed: { readonly person: Person; isOut: boolean }[]
}

describe('a Redis that throws away what it likes', () => {
  it('fault F7: under memory pressure people may be signed out, and nobody who left is let in again', async () => {
    const redis = await startRedis({
      args: ['--maxmemory', '3mb', '--maxmemory-policy', 'allkeys-lru'],
    })
    const [[, connect]] = CLIENTS as [(typeof CLIENTS)[number]]
    // No grace: a refresh token is good once.
    const app = await startApp(await connect(redis.port), {
      tokens: { ...TOKENS, refresh: { grace: 0 } },
      touchEvery: '50ms',
    })
    const scene: Scene = { redis, app, watch: watchFaults(), over: [], stayed: [] }
    const flood = await createClient({ url: redis.url }).connect()
    const begunAt = performance.now()
    for (let round = 0; ; round += 1) {
      await come(scene, round)
      await flood.eval(FLOOD, { keys: [], arguments: [String(round)] })
      await look(scene)
      const isLongEnough = performance.now() - begunAt > SECONDS * 1_000
      if (isLongEnough && (SECONDS > 0 || (await evicted(redis)) > EVICTIONS)) break
    }
    await losesSingleKeys(scene)
    // It was as bad as it was meant to be: some of those who had not left are gone, too.
    expect(scene.over.length).toBeGreaterThan(20)
    expect(scene.stayed.filter(({ isOut }) => isOut).length).toBeGreaterThan(5)
    flood.destroy()
    await app.close()
    await redis.stop()
    await scene.watch.stop()
  })
})

const FLOOD = `
for at = 1, 1000 do redis.call('SET', 'flood:' .. ARGV[1] .. ':' .. at, string.rep('x', 1000)) end`

async function evicted(redis: RedisServer): Promise<number> {
  return Number(/evicted_keys:(\d+)/.exec(await redis.cli('info', 'stats'))?.[1])
}

/** What Redis may throw away of a person, one key at a time. */
async function losesSingleKeys({ app, redis }: Scene): Promise<void> {
  const keys = createKeys('sj:')
  const [first, second] = [await app.signIn('single'), await app.signIn('single')]
  const { sessions } = await app.sojourn.list('single')
  const bucket = bucketPart(sessions[0]?.id ?? '')
  const drop = (key: string): Promise<string> => redis.cli('del', key)
  const look = async ({ web }: Person): Promise<number> => (await web.get('/me')).status

  // The index: it is written anew as people come by.
  await drop(keys.index(bucket, 'single'))
  expect((await app.sojourn.list('single')).sessions).toEqual([])
  await pause(60)
  expect([await look(first), await look(second)]).toEqual([200, 200])
  await app.sojourn.settled()
  expect((await app.sojourn.list('single')).sessions).toHaveLength(2)
  // The index, then everybody is signed out, then what says so: nobody is in again.
  await drop(keys.index(bucket, 'single'))
  await app.sojourn.revokeAll('single')
  await app.sojourn.settled()
  await drop(keys.subject(bucket, 'single'))
  expect([await look(first), await look(second)]).toEqual([401, 401])
}

/** Some come; some of them leave again, in every way there is. */
async function come({ app, over, stayed }: Scene, round: number): Promise<void> {
  const names = Array.from({ length: 8 }, (_, at) => `person ${String(round)} ${String(at)}`)
  const people = await Promise.all(names.map((name) => app.signIn(name)))
  for (const [at, person] of people.entries()) {
    const { name, web, tokens } = person
    const cookie = web.cookie
    const leave = [
      async () => web.post('/logout'),
      async () => app.sojourn.revokeAll(name),
      // Whoever comes with a token that was used ends the session.
      async () => {
        const successor = JSON.parse((await refresh(app, tokens.refreshToken)).body) as Pair
        expect((await refresh(app, tokens.refreshToken)).status).toBe(400)
        over.push({ name, cookie, tokens: [successor] })
      },
    ][at]
    await leave?.()
    if (leave === undefined) stayed.push({ person, isOut: false })
    else over.push({ name, cookie, tokens: [tokens] })
  }
}

/** Tries what is over, most of all what is over for a moment only; and whether those are in who stayed. */
async function look({ app, watch, over, stayed }: Scene): Promise<void> {
  const some = [
    ...over.slice(-8),
    ...Array.from({ length: 8 }, () => over[randomBelow(over.length)]),
  ]
  for (const one of some) {
    if (one === undefined) continue
    const { name, cookie, tokens } = one
    const shown = await watch.ask(
      'over',
      () => app.visitor().get('/me', { headers: { cookie } }),
      name,
    )
    expect([name, shown.status]).toEqual([name, 401])
    for (const { accessToken, refreshToken } of tokens) {
      expect([name, (await present(app, accessToken)).status]).toEqual([name, 401])
      expect([name, (await refresh(app, refreshToken)).status]).toEqual([name, 400])
    }
  }
  for (const one of stayed.slice(-40)) {
    const { name, web } = one.person
    const { status } = await watch.ask('stayed', () => web.get('/me'), name)
    expect([200, 401]).toContain(status)
    // Out is out: nobody comes back from where Redis has thrown them.
    if (one.isOut) expect([name, status]).toEqual([name, 401])
    one.isOut = status === 401
  }
}
