/** A Redis that loses what it acknowledged: started again empty or from an older file, or one that cannot write its file. */
import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../src/errors.js'
import type { Sojourn } from '../../src/sojourn.js'
import { Browser } from '../support/browser.js'
import { startRedis, waitFor, type RedisServer } from '../support/redis-server.js'
import { TOKENS } from '../support/sojourn.js'
import { CLIENTS, present, refresh, startApp, type App, type AppOptions } from './app.js'
import { expectUnavailable, watchFaults } from './support.js'

type Sessions = Sojourn<Record<string, unknown>>

const [[, connect]] = CLIENTS as [(typeof CLIENTS)[number]]
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function redisWith(...args: readonly string[]): Promise<RedisServer> {
  const redis = await startRedis({ args })
  closing.push(() => redis.stop())
  return redis
}

/** A process of its own, as far as Redis and the library can tell. */
async function start({ port }: { readonly port: number }, options: AppOptions = {}): Promise<App> {
  const app = await startApp(await connect(port), options)
  closing.push(() => app.close())
  return app
}

async function directoryOf(redis: RedisServer): Promise<string> {
  return (await redis.cli('config', 'get', 'dir')).split('\n')[1] ?? ''
}

/** The events of one name, in order. */
function hear(
  sojourn: Sessions,
  name: 'store.rollback' | 'store.reset' | 'session.ended',
): unknown[] {
  const heard: unknown[] = []
  sojourn.on(name, (event) => heard.push(event))
  return heard
}

/** Asks again while the store is not believed: who sees the loss first makes all others wait. */
async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function isAlive(sojourn: Sessions): Promise<boolean> {
  return sojourn.check().then(
    () => true,
    () => false,
  )
}

describe('a Redis that starts again', () => {
  it('fault F3: empty, it knows nobody, and whoever kept the cookie is back with the backup', async () => {
    const redis = await redisWith()
    const app = await start(redis, { tokens: { ...TOKENS, refresh: { grace: 0 } } })
    const strict = await start(redis, { onStoreReset: 'fail' })
    const watch = watchFaults()
    const resets = hear(app.sojourn, 'store.reset')
    const [ada, bob] = [await app.signIn('ada'), await app.signIn('bob')]
    const cookie = ada.web.cookie
    for (const { sojourn } of [app, strict]) await sojourn.check()
    await redis.cli('save')
    const directory = await directoryOf(redis)
    const backup = `${directory}-backup`
    await cp(directory, backup, { recursive: true })
    closing.push(() => rm(backup, { recursive: true, force: true }))

    await redis.kill()
    for (const name of await readdir(directory)) await rm(join(directory, name))
    await redis.restart()
    await waitFor('both to be back', async () => {
      return (await isAlive(app.sojourn)) && (await isAlive(strict.sojourn))
    })
    expect(resets).toEqual([{ policy: 'accept' }])
    expect(app.sojourn.journalStats()).toMatchObject({
      resets: 1,
      rollbacks: 0,
      isRestoring: false,
    })
    const look = await watch.ask('look', () => ada.web.get('/me'), 'ada')
    expect([look.status, look.cookies, ada.web.cookie]).toEqual([401, [], cookie])
    expect((await present(app, ada.tokens.accessToken)).status).toBe(401)
    const exchanged = await refresh(app, bob.tokens.refreshToken)
    expect([exchanged.status, exchanged.body]).toEqual([
      400,
      expect.stringContaining('invalid_grant'),
    ])
    expect(app.told.filter(({ name }) => name === 'refresh.reused')).toEqual([])
    // With the other policy nobody is told that what may be restored never was.
    const headers = { cookie }
    expectUnavailable(await strict.visitor().get('/me', { headers }))
    expectUnavailable(await present(strict, ada.tokens.accessToken))
    expectUnavailable(await refresh(strict, bob.tokens.refreshToken))
    expect((await strict.signIn('new')).web.cookie).not.toBe('')

    await redis.kill()
    await cp(backup, directory, { recursive: true })
    await redis.restart()
    await waitFor('both to be back', async () => {
      return (await isAlive(app.sojourn)) && (await isAlive(strict.sojourn))
    })
    const again = await ada.web.get('/me')
    expect([again.status, ada.web.cookie]).toEqual([200, cookie])
    expect((await present(app, ada.tokens.accessToken)).status).toBe(200)
    expect((await refresh(app, bob.tokens.refreshToken)).status).toBe(200)
    expect((await strict.visitor().get('/me', { headers })).status).toBe(200)
    await watch.stop()
  })

  it('fault F5: from an older file, none of 1000 people who left is let in, and no refresh token is good twice', async () => {
    const redis = await redisWith()
    const tokens = { ...TOKENS, refresh: { grace: 0 } }
    // Fifty at once take longer than one does, the more so while this machine does other things.
    const options = { tokens, resilience: { commandDeadline: '3s' } } as const
    const processes = [await start(redis, options), await start(redis, options)] as const
    const [one, two] = processes.map(({ sojourn }) => sojourn) as [Sessions, Sessions]
    const watch = watchFaults()
    const rollbacks = processes.map(({ sojourn }) => hear(sojourn, 'store.rollback'))
    const people = await inParts(1_000, async (number) => {
      const browser = new Browser(number % 2 === 0 ? one : two)
      await browser.visit((session) => session.signIn(`person ${String(number % 500)}`))
      return browser
    })
    const stays = new Browser(one)
    await stays.visit((session) => session.signIn('stays'))
    const holders = await Promise.all(
      Array.from({ length: 10 }, (_, number) => processes[0].signIn(`holder ${String(number)}`)),
    )
    for (const sojourn of [one, two]) await sojourn.check()
    await redis.cli('save')
    const cookies = people.map(({ cookie }) => cookie)
    await inParts(1_000, (number) => people[number]?.visit((session) => session.signOut()))
    const successors = await Promise.all(
      holders.map(async ({ tokens }) => {
        const { body } = await refresh(processes[0], tokens.refreshToken)
        return (JSON.parse(body) as { refresh_token?: string; refreshToken?: string }).refreshToken
      }),
    )
    expect(successors.every((token) => typeof token === 'string')).toBe(true)

    // SIGKILL, and the file from before.
    await redis.restart()
    // Nobody is served before the journal is re-applied.
    await waitFor('the first who is served', () => isServed(stays))
    await waitFor('the other one to be ready', () => isAlive(two))
    for (const sojourn of [one, two]) {
      await waitFor('all to be re-applied', async () => {
        return Promise.resolve(!sojourn.journalStats().isRestoring)
      })
    }
    // One that knows of nothing sees what Redis holds now.
    const stranger = await start(redis, options)
    for (const sojourn of [one, two, stranger.sojourn]) {
      const accepted = await inParts(1_000, async (number) => {
        const headers = { cookie: cookies[number] ?? '' }
        const look = async () => (await new Browser(sojourn).request(isIn, headers)).result
        return patiently(look)
      })
      expect(accepted.filter(Boolean)).toHaveLength(0)
    }
    expect(rollbacks.map(({ length }) => length)).toEqual([1, 1])
    const { restored } = one.journalStats()
    expect(restored + two.journalStats().restored).toBeGreaterThanOrEqual(1_000)
    for (const [at, { tokens }] of holders.entries()) {
      const app = [...processes, stranger][at % 3] as App
      // The successor that was given out goes on, where the spent one is not shown.
      const isHonest = at < 5
      const shown = isHonest ? (successors[at] ?? '') : tokens.refreshToken
      expect((await refresh(app, shown)).status).toBe(isHonest ? 200 : 400)
    }
    expect(await isServed(stays)).toBe(true)
    await watch.stop()
  })
})

describe('a Redis that cannot write its file', () => {
  it('fault F19: refuses every write, but whoever left is out here at once, and everywhere as soon as it writes', async () => {
    const redis = await redisWith('--save', '3600 1')
    const app = await start(redis)
    const stranger = await start(redis)
    const watch = watchFaults()
    const ended = hear(app.sojourn, 'session.ended')
    const [ada, bob] = [await app.signIn('ada'), await app.signIn('bob')]
    const cookie = ada.web.cookie
    const directory = await directoryOf(redis)
    await rm(directory, { recursive: true })
    await redis.cli('bgsave').catch(() => undefined)
    await waitFor('the write error', async () =>
      (await redis.cli('info', 'persistence')).includes('rdb_last_bgsave_status:err'),
    )

    expectUnavailable(await watch.ask('leave', () => ada.web.post('/logout'), 'ada'))
    expect(ada.web.cookie).toBe(cookie)
    const refused = await watch.ask('look', () => ada.web.get('/me'), 'ada')
    expect([refused.status, refused.cookies]).toEqual([401, []])
    expect((await present(app, ada.tokens.accessToken)).status).toBe(401)
    // It may not be over yet, and nobody is told that it is.
    expectUnavailable(await watch.ask('leave', () => ada.web.post('/logout'), 'ada'))
    expect(ada.web.cookie).toBe(cookie)
    // Everybody else goes on.
    expect((await watch.ask('look', () => bob.web.get('/me'), 'bob')).status).toBe(200)
    expectUnavailable(await app.visitor().post('/login', { name: 'late' }))
    expectUnavailable(await refresh(app, bob.tokens.refreshToken))
    await app.sojourn.check()
    expect(app.sojourn.journalStats()).toMatchObject({
      pending: 1,
      takesWrites: false,
      rollbacks: 0,
    })

    await mkdir(directory)
    await redis.cli('config', 'set', 'stop-writes-on-bgsave-error', 'no')
    const headers = { cookie }
    await waitFor('it to be applied', async () => {
      return (await stranger.visitor().get('/me', { headers })).status === 401
    })
    expect(app.sojourn.journalStats()).toMatchObject({ pending: 0, rollbacks: 0 })
    expect(ended).toEqual([expect.objectContaining({ subject: 'ada', reason: 'logged_out' })])
    expect((await ada.web.post('/logout')).status).toBe(200)
    expect(ada.web.jar.size).toBe(0)
    expect((await refresh(app, bob.tokens.refreshToken)).status).toBe(200)
    await watch.stop()
  })
})

const isIn = async (session: { load(): Promise<unknown>; subject?: unknown }): Promise<boolean> => {
  await session.load()
  return session.subject !== undefined
}

async function isServed(browser: Browser<Record<string, unknown>>): Promise<boolean> {
  return browser.request(isIn).then(
    ({ result }) => result,
    () => false,
  )
}

/** Does something so many times, fifty at once. */
async function inParts<Result>(
  times: number,
  act: (number: number) => Promise<Result> | undefined,
): Promise<Result[]> {
  const results: Result[] = []
  for (let from = 0; from < times; from += 50) {
    const part = Array.from({ length: Math.min(50, times - from) }, async (_, at) => act(from + at))
    results.push(...((await Promise.all(part)) as Result[]))
  }
  return results
}
