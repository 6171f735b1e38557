/**
 * A live migration: express-session 1.19 with connect-redis 9 on old nodes, the drop-in with the store of
 * `sojourn/connect-redis` on new ones, one Redis, one cookie.
 */
import { RedisStore as OldRedisStore } from 'connect-redis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import session from '../../../src/compat/express-session/index.js'
import { RedisStore } from '../../../src/compat/connect-redis/index.js'
import { restingName } from '../../../src/compat/kept/sid.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { WebClient } from '../../support/web.js'
import { dumpRedis } from '../../support/backends.js'
import { sharing, sidOf } from './app.js'
import { promised, startNode, startOldNode, type OldNode } from './old-nodes.js'

const PEOPLE = 1_000

describe('beside express-session 1.19 and connect-redis 9', () => {
  let server: RedisServer
  let client: ReturnType<typeof createClient>
  const stores: InstanceType<typeof RedisStore>[] = []
  const olds: OldNode[] = []
  const news: OldNode[] = []

  const newNode = async (): Promise<OldNode> => {
    const store = new RedisStore({
      client,
      prefix: 'app:',
      // Many tests share two cores: what is looked at here is no deadline.
      commandDeadline: 10_000,
      upgrade: { resilience: { commandDeadline: '10s' } },
    })
    stores.push(store)
    return startNode(session as never, store)
  }

  beforeAll(async () => {
    server = await startRedis()
    client = createClient({ url: server.url })
    client.on('error', () => undefined)
    await client.connect()
    for (let index = 0; index < 2; index += 1) {
      olds.push(await startOldNode(new OldRedisStore({ client, prefix: 'app:' })))
      news.push(await newNode())
    }
  })
  afterAll(async () => {
    await Promise.all([...olds, ...news].map((node) => node.server.close()))
    client.destroy()
    await server.stop()
  })

  const at = (person: WebClient, node: OldNode): WebClient => {
    const there = new WebClient(node.server)
    Object.defineProperty(there, 'jar', { value: person.jar })
    return there
  }
  const dataOf = async (person: WebClient, node: OldNode): Promise<unknown> =>
    JSON.parse(
      (await node.visit(at(person, node), ({ session: { cookie: _, ...data } }) => data)).body,
    )
  const pick = <Item>(items: readonly Item[], index: number): Item =>
    items[index % items.length] as Item
  const total = (name: 'adopted' | 'merged' | 'mirrored' | 'endedByOldNode' | 'undecodable') =>
    stores.reduce((sum, { kept }) => sum + (kept?.stats()[name] ?? 0), 0)

  it('behaviour 17a: a thousand sessions move over while old nodes still write; nobody is signed out, and no write of anybody is lost', async () => {
    const people = Array.from({ length: PEOPLE }, () => new WebClient(olds[0]!.server))
    const all = [...olds, ...news]
    /** Twenty at a time; each does one thing after the other, each on another node. */
    const crowd = async (deed: (person: WebClient, index: number) => Promise<void>) => {
      let next = 0
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          for (let index = next++; index < people.length; index = next++) {
            await deed(people[index]!, index)
          }
        }),
      )
    }
    await crowd(async (person, index) => {
      const node = pick(olds, index)
      await node.visit(at(person, node), ({ session }) => {
        Object.assign(session, { user: index, log: [] })
      })
    })
    const cookies = people.map((person) => person.jar.get('connect.sid'))
    await crowd(async (person, index) => {
      for (let step = 0; step < 6; step += 1) {
        const node = pick(all, index * 7 + pick([0, 2, 1, 3, 1, 2], step))
        const { body } = await node.visit(at(person, node), ({ session }) => {
          if (step % 3 !== 2) session.log = [...(session.log ?? []), step]
          session[`step${String(step)}`] = true
          return session.user ?? 'signed out'
        })
        if (body !== String(index))
          throw new Error(`${String(index)} is ${body} at ${String(step)}`)
      }
    })
    await crowd(async (person, index) => {
      for (const node of [pick(news, index), pick(olds, index)]) {
        expect(await dataOf(person, node)).toEqual({
          user: index,
          log: [0, 1, 3, 4],
          ...Object.fromEntries([0, 1, 2, 3, 4, 5].map((step) => [`step${String(step)}`, true])),
        })
      }
    })
    expect(people.map((person) => person.jar.get('connect.sid'))).toEqual(cookies)
    expect(total('adopted')).toBe(PEOPLE)
    expect([total('endedByOldNode'), total('undecodable')]).toEqual([0, 0])
    expect(total('merged')).toBeGreaterThan(PEOPLE)
  }, 120_000)

  it('behaviour 17d: a sign-out on a new node ends both records and deletes the cookie, one on an old node ends both', async () => {
    for (const side of [news[0]!, olds[0]!]) {
      const person = new WebClient(olds[0]!.server)
      await olds[0]!.visit(at(person, olds[0]!), ({ session }) => (session.user = 'ann'))
      expect(await dataOf(person, news[1]!)).toEqual({ user: 'ann' })
      const stale = sharing(person, olds[0]!.server)
      const sid = sidOf(stale)
      const { cookies } = await side.visit(at(person, side), ({ session }) =>
        promised((done) => session.destroy(done)),
      )
      if (side === news[0]) expect(cookies).toEqual([expect.stringMatching(/^connect\.sid=;/)])
      for (const node of [...news, ...olds])
        expect(await dataOf(sharing(stale, node.server), node)).toEqual({})
      expect(await client.exists(`app:${sid}`)).toBe(0)
      const ours = await stores[0]!.kept!.get(sid)
      expect(ours).toBeNull()
    }
  })

  it('behaviour 17c: records that are no sessions are nobody, counted, and no 500', async () => {
    const person = new WebClient(olds[0]!.server)
    await olds[0]!.visit(at(person, olds[0]!), ({ session }) => (session.user = 'ann'))
    const key = `app:${sidOf(person)}`
    const before = total('undecodable')
    for (const text of ['{broken', 'null', '[]', '{"user":"ann"}']) {
      await client.set(key, text)
      const answer = await news[0]!.visit(
        sharing(person, news[0]!.server),
        ({ session }) => session.user ?? 'nobody',
      )
      expect([answer.status, answer.body]).toEqual([200, '"nobody"'])
    }
    await client.del(key)
    await client.lPush(key, 'a list')
    const odd = await news[0]!.visit(
      sharing(person, news[0]!.server),
      ({ session }) => session.user ?? 'nobody',
    )
    expect([odd.status, odd.body]).toEqual([200, '"nobody"'])
    expect(total('undecodable') - before).toBe(5)
  })

  it('behaviour 17e: with the new nodes gone, old nodes serve everybody as they were last, and new ones again afterwards', async () => {
    const people = Array.from({ length: 50 }, () => new WebClient(news[0]!.server))
    const third = await newNode()
    for (const [index, person] of people.entries()) {
      const first = index % 2 === 0 ? third : olds[0]!
      await first.visit(at(person, first), ({ session }) => (session.user = index))
      await third.visit(at(person, third), ({ session }) => (session.last = 'new'))
      if (index % 5 === 0) {
        await third.visit(at(person, third), ({ session }) =>
          session.login(`person-${String(index)}`),
        )
      }
    }
    await third.server.close()
    for (const [index, person] of people.entries()) {
      expect(await dataOf(person, olds[1]!)).toEqual({ user: index, last: 'new' })
      await olds[0]!.visit(at(person, olds[0]!), ({ session }) => (session.last = 'old'))
      expect(await dataOf(person, news[1]!)).toEqual({ user: index, last: 'old' })
    }
    expect((await stores[1]!.kept!.list('person-5')).sessions).toHaveLength(1)
  })

  it('every key has an end, that of a legacy record two minutes after the idle time of its session', async () => {
    const person = new WebClient(news[0]!.server)
    await news[0]!.visit(at(person, news[0]!), ({ session }) => {
      session.user = 'ann'
      session.cookie.maxAge = 600_000
    })
    const ttl = await client.ttl(`app:${sidOf(person)}`)
    expect(ttl).toBeGreaterThan(700)
    expect(ttl).toBeLessThanOrEqual(720)
    const endless = []
    for (const key of await client.keys('*')) {
      if (!key.startsWith('app:') && (await client.ttl(key)) === -1) endless.push(key)
    }
    expect(endless).toEqual([])
    // Theirs tells the session id in its key, as ever; ours only where the legacy record is, to remove it with the session.
    const ours = (await dumpRedis([server.port]))
      .split('\n')
      .filter((line) => !line.startsWith('app:'))
    const telling = ours.filter((line) => line.includes(sidOf(person)))
    expect(telling).toEqual([expect.stringMatching(/^\d+:"[\w-]+"$/)])
    expect(ours.join('\n')).toContain(restingName(sidOf(person)).id.slice(3))
  })
})
