/** A failover to a replica that had stopped hearing of what its primary acknowledged. */
import { Redis as IoRedis } from 'ioredis'
import { createClient, createClientPool } from 'redis'
import { afterEach, describe, expect, it } from 'vitest'
import { InvalidOption } from '../../src/errors.js'
import { createRedisStore, type RedisClient } from '../../src/store/redis/index.js'
import { Browser } from '../support/browser.js'
import { startReplica } from '../support/redis-sentinel.js'
import { startRedis, waitFor } from '../support/redis-server.js'
import { startProxy } from '../support/tcp-proxy.js'
import { startApp, type App, type AppOptions } from './app.js'
import { howLongUntil, watchFaults } from './support.js'

const closing: (() => Promise<unknown> | void)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Moving {
  readonly app: App
  /** Another server is where it connects to from now on. */
  move(port: number): void
}

async function start(port: number, redis: AppOptions['redis'] = {}): Promise<Moving> {
  const client = new IoRedis(port, '127.0.0.1', {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => 50,
  })
  await client.connect()
  const connected = { client, close: () => client.disconnect() }
  const app = await startApp(connected, { redis, resilience: UNHURRIED })
  closing.push(() => app.close())
  return { app, move: (next) => void (client.options.port = next) }
}

type Person = Browser<Record<string, unknown>>

async function signIn({ app }: Moving, count: number): Promise<Person[]> {
  const people = Array.from({ length: count }, () => new Browser(app.sojourn))
  await Promise.all(people.map((person, at) => person.visit((s) => s.signIn(`person ${at}`))))
  return people
}

/** How often each of them was told that they are out. */
async function signOut(people: readonly Person[]): Promise<{ out: number; faults: Set<string> }> {
  const faults = new Set<string>()
  let out = 0
  await Promise.all(
    people.map(async (person) => {
      const leave = person.visit((session) => session.signOut())
      await leave.then(
        () => (out += 1),
        (error: unknown) => faults.add((error as Error).message),
      )
    }),
  )
  return { out, faults }
}

async function countIn({ app }: Moving, cookies: readonly string[]): Promise<number> {
  const answers = await Promise.all(
    cookies.map(async (cookie) => {
      const { result } = await new Browser(app.sojourn).request(
        async (session) => {
          await session.load()
          return session.subject
        },
        { cookie },
      )
      return result
    }),
  )
  return answers.filter((subject) => subject !== undefined).length
}

/** A replica is let in without waiting for others that may come, too. */
const AT_ONCE = ['--repl-diskless-sync-delay', '0']

/** Fifty at once take longer than one does, the more so while this machine does other things. */
const UNHURRIED = { commandDeadline: '1s' } as const

/** See docs/guide/durability.md. Milliseconds. */
const STATED = 5_000

/** Who signs out at once, of 500. */
const EACH = 50

describe('a failover that loses writes', () => {
  it('fault F10: nobody who was told to be out is let in where replicas count, and else not for longer than the bound', async () => {
    const primary = await startRedis({ args: AT_ONCE })
    closing.push(() => primary.stop())
    const wire = await startProxy(primary.port)
    closing.push(() => wire.close())
    const replica = await startReplica({ port: wire.port }, AT_ONCE)
    closing.push(() => replica.stop())
    const watch = watchFaults()
    const durable = await start(primary.port, { durability: { replicas: 1, within: 100 } })
    const plain = await start(primary.port)
    const acknowledged = await signIn(durable, 20)
    const unsure = await signIn(durable, 250)
    const lost = await signIn(plain, 250)
    const cookiesOf = (people: readonly Person[]): string[] => people.map((p) => p.cookie ?? '')
    const cookies = [acknowledged, unsure, lost].map(cookiesOf)
    const [first = [], second = [], third = []] = cookies
    await waitFor('the replica to have all of it', async () => {
      return (await replica.cli('dbsize')) === (await primary.cli('dbsize'))
    })
    expect((await signOut(acknowledged)).out).toBe(20)

    wire.swallow()
    for (let from = 0; from < 250; from += EACH) {
      const { out, faults } = await signOut(unsure.slice(from, from + EACH))
      expect([out, [...faults].every((fault) => fault.includes('not durable: 0 of 1'))]).toEqual([
        0,
        true,
      ])
      expect((await signOut(lost.slice(from, from + EACH))).out).toBe(EACH)
    }
    // Nobody believes to be out who may not be; and here they are.
    expect(cookiesOf(unsure)).toEqual(second)
    expect(await countIn(durable, second)).toBe(0)
    expect(durable.app.told.some(({ name }) => name === 'store.breaker')).toBe(false)

    await primary.kill()
    await replica.cli('replicaof', 'no', 'one')
    const stranger = await start(replica.port)
    // What nobody re-applies is back: that is what is lost.
    expect(await countIn(stranger, third)).toBe(250)
    expect(await countIn(stranger, first)).toBe(0)
    for (const each of [durable, plain]) each.move(replica.port)
    // One look a second, and the time to connect and to re-apply. A few are asked for first: it has enough to do.
    const some = [second, third].flatMap((each) => each.slice(-3))
    const all = [...second, ...third]
    await howLongUntil(async () => {
      return (await countIn(stranger, some)) === 0 && (await countIn(stranger, all)) === 0
    }, STATED)
    await waitFor('both to have done all', async () =>
      Promise.resolve(!plain.app.sojourn.journalStats().isRestoring),
    )
    for (const each of [durable, plain, stranger]) {
      expect(await countIn(each, [...first, ...second, ...third])).toBe(0)
    }
    expect(plain.app.sojourn.journalStats()).toMatchObject({ rollbacks: 1, isRestoring: false })
    // The new primary has no replica: it is still not durable, and said to be so.
    expect(durable.app.sojourn.journalStats().pending).toBe(250)
    const heir = await startReplica(replica)
    closing.push(() => heir.stop())
    await waitFor('all to be durable', async () =>
      Promise.resolve(durable.app.sojourn.journalStats().pending === 0),
    )
    await watch.stop()
  })

  it('has no say where the client cannot tell on which connection it writes, or with numbers that are none', () => {
    const options = { durability: { replicas: 1 } }
    const cluster = {
      evalsha: () => undefined,
      eval: () => undefined,
      isCluster: true,
      on: () => 0,
    }
    const glide = { customCommand: () => undefined }
    for (const client of [cluster, glide] as unknown as RedisClient[]) {
      expect(() => createRedisStore({ client, ...options })).toThrow(InvalidOption)
    }
    const client = { evalSha: () => undefined, eval: () => undefined } as unknown as RedisClient
    for (const durability of [{ replicas: 0 }, { replicas: 1.5 }, { replicas: 1, within: 0 }]) {
      expect(() => createRedisStore({ client, durability })).toThrow(InvalidOption)
    }
  })

  it('is survived by what one connection and a pool of node-redis wrote, too', async () => {
    const primary = await startRedis({ args: AT_ONCE })
    closing.push(() => primary.stop())
    const alone = await createClient({ url: primary.url }).connect()
    const pool = await createClientPool({ url: primary.url }, { minimum: 1, maximum: 2 }).connect()
    closing.push(() => {
      alone.destroy()
      pool?.destroy()
    })
    const durability = { replicas: 1, within: 50 }
    const stores = [alone, pool].map((client) =>
      createRedisStore({ client: client as unknown as RedisClient, durability }),
    )
    const session = {
      subject: undefined,
      secretDigest: 'digest',
      idleTimeout: 60_000,
      absoluteTimeout: 60_000,
      traits: {},
      data: new Map<string, string>(),
    }
    for (const store of stores) {
      await store.create({ ...session, id: `AA.${stores.indexOf(store)}` })
      const end = (): Promise<unknown> => store.end(`AA.${stores.indexOf(store)}`, 'logged_out')
      await expect(end()).rejects.toThrow('not durable: 0 of 1')
      await expect(store.endAll('ann', 'revoked_admin')).rejects.toThrow('not durable')
      await expect(store.changeSubject('ann', { isDisabled: true })).rejects.toThrow('not durable')
      await store.changeSubject('ann', { isDisabled: false })
    }
    const replica = await startReplica(primary)
    closing.push(() => replica.stop())
    for (const [at, store] of stores.entries()) {
      const end = async (): Promise<unknown> =>
        store.end(`AA.${at}`, 'logged_out').catch(() => undefined)
      await waitFor('the replica to have it', async () => (await end()) !== undefined)
      expect(await end()).toMatchObject({ status: 'gone', ending: { reason: 'logged_out' } })
    }
    const [asked] = stores
    expect((await asked?.endAll('ann', 'revoked_admin'))?.epoch).toBeGreaterThan(2)
  })
})
