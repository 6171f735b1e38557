import { RedisStore as Original } from 'connect-redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisStore } from '../../../src/compat/connect-redis/index.js'
import { startCluster, type RedisCluster } from '../../support/redis-cluster.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { WebClient } from '../../support/web.js'
import { MIDDLEWARES, serve, sessionApp, sidOf } from './app.js'
import { CLUSTER, closeAll, connect } from './clients.js'

let server: RedisServer
let cluster: RedisCluster
let client: any
beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startCluster()])
  client = await connect('node-redis 6', server.port)
})
afterAll(async () => {
  await closeAll()
  await Promise.all([server.stop(), cluster.stop()])
})

/** Waits a while that differs from round to round: nothing, some turns of the event loop, or some of its ticks. */
async function linger(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

interface Ends {
  readonly alive: number
  readonly gone: number
}

/** Read by one process, destroyed by another, and written by the first, in every order. */
async function interleave(first: any, second: any, rounds: number): Promise<Ends> {
  let alive = 0
  for (let round = 0; round < rounds; round += 1) {
    const sid = `s${String(round)}`
    await first.set(sid, { cookie: {}, user: 'ann' })
    const session = await first.get(sid)
    const [before, between] = [round % 5, Math.floor(round / 5) % 5]
    await Promise.all([
      linger(before).then(() => second.destroy(sid)),
      linger(between).then(() => first.set(sid, Object.assign(session, { late: true }))),
      linger(round % 3).then(() => first.touch(sid, session)),
    ])
    if ((await second.get(sid)) !== null) alive += 1
  }
  return { alive, gone: first.counts?.gone ?? 0 }
}

describe('a session that is destroyed while it is written', () => {
  it('stays destroyed, in 1,000 of 1,000 interleavings of two processes', async () => {
    const other = await connect('ioredis 6', server.port)
    const ends = await interleave(
      new RedisStore({ client }),
      new RedisStore({ client: other }),
      1_000,
    )
    expect(ends.alive).toBe(0)
    // Both orders came about.
    expect(ends.gone).toBeGreaterThan(50)
    expect(ends.gone).toBeLessThan(950)
  })

  it('stays destroyed on a cluster', async () => {
    const [[, open]] = CLUSTER.slice(2) as [(typeof CLUSTER)[number]]
    const [one, two] = [await open(cluster.ports), await open(cluster.ports)]
    const ends = await interleave(
      new RedisStore({ client: one }),
      new RedisStore({ client: two }),
      200,
    )
    expect(ends.alive).toBe(0)
    expect(ends.gone).toBeGreaterThan(0)
  })

  it('comes back with connect-redis, or this would prove nothing', async () => {
    const ends = await interleave(new Original({ client }), new Original({ client }), 100)
    expect(ends.alive).toBeGreaterThan(0)
  })

  it('stays destroyed whoever read it: get, all, load', async () => {
    const store = new RedisStore({ client, prefix: 'who:' })
    const readers: (() => Promise<any>)[] = [
      () => store.get('x'),
      async () => (await store.all())[0],
      () => new Promise((resolve) => store.load('x', (_error, session) => resolve(session))),
    ]
    for (const read of readers) {
      await store.set('x', { cookie: {}, user: 'ann' })
      const session = await read()
      expect(session).toMatchObject({ user: 'ann' })
      await client.del('who:x')
      await store.set('x', session)
      expect(await client.exists('who:x')).toBe(0)
    }
  })

  it('can be begun anew under the same id, by whoever hands in other data', async () => {
    const store = new RedisStore({ client, prefix: 'anew:' })
    const data = { cookie: {}, user: 'ann' }
    await store.set('x', data)
    const read = await store.get('x')
    await store.destroy('x')
    // Data, no session of a request: it may be written as often as its owner likes.
    await store.set('x', data)
    expect(await store.get('x')).toEqual(data)
    await store.destroy('x')
    await store.set('x', { ...read, user: 'bob' })
    expect(await store.get('x')).toMatchObject({ user: 'bob' })
    // What was read under one id tells nothing of another.
    await store.set('y', read as never)
    expect(await store.get('y')).toMatchObject({ user: 'ann' })
  })

  it('says so in an event, which holds no id', async () => {
    const store = new RedisStore({ client, prefix: 'event:' })
    const heard: unknown[] = []
    store.on('store.gone', (event) => heard.push(event))
    await store.set('secret-id', { cookie: {} })
    const session = await store.get('secret-id')
    await store.destroy('secret-id')
    await store.set('secret-id', session as never)
    expect(heard).toEqual([{ keyDigest: expect.stringMatching(/^[\w-]{43}$/) }])
    expect(store.counts.gone).toBe(1)
  })
})

describe.each(MIDDLEWARES)('under $name', ({ session }) => {
  it('express-session-632: a request in flight does not sign in again whoever signed out', async () => {
    const store = new RedisStore({ client, prefix: 'http:' })
    const { app, gate } = sessionApp(session, store)
    const old = sessionApp(session, new Original({ client, prefix: 'http:' }))
    const [ours, theirs] = [await serve(app), await serve(old.app)]
    // Here, on a node that still has connect-redis, or by hand.
    const ways: ((person: WebClient) => Promise<unknown>)[] = [
      (person) => new WebClient(ours).get('/logout', { headers: { cookie: person.cookie } }),
      (person) => new WebClient(theirs).get('/logout', { headers: { cookie: person.cookie } }),
      (person) => client.del(`http:${sidOf(person)}`),
    ]
    for (let round = 0; round < 51; round += 1) {
      const person = new WebClient(ours)
      await person.get('/login')
      const held = gate()
      const slow = person.get('/slow')
      await held.reached
      await ways[round % 3]?.(person)
      held.open()
      expect((await slow).status).toBe(200)
      expect((await person.get('/me')).body).toBe('nobody')
      expect(await client.exists(`http:${sidOf(person)}`)).toBe(0)
    }
    expect(store.kept?.stats().refused ?? store.counts.gone).toBe(51)
  })

  it('a new session that was saved once is not brought back by its second save', async () => {
    const store = new RedisStore({ client, prefix: 'twice:' })
    const { app, gate } = sessionApp(session, store)
    const person = new WebClient(await serve(app))
    const held = gate()
    const answer = person.get('/saved-twice')
    await held.reached
    await store.clear()
    held.open()
    expect((await answer).status).toBe(200)
    expect(await store.length()).toBe(0)
    expect((await person.get('/me')).body).toBe('nobody')
  })
})
