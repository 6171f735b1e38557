import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisStore } from '../../../src/compat/connect-redis/index.js'
import { startCluster, type RedisCluster } from '../../support/redis-cluster.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { CLUSTER, closeAll, connect, SINGLE } from './clients.js'

let server: RedisServer
let cluster: RedisCluster
beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startCluster()])
})
afterAll(async () => {
  await closeAll()
  await Promise.all([server.stop(), cluster.stop()])
})

const FORMS: readonly (readonly [string, () => Promise<object>])[] = [
  ...SINGLE.map(([name, open]) => [name, () => open(server.port)] as const),
  ...CLUSTER.map(([name, open]) => [name, () => open(cluster.ports)] as const),
]

const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1_000)

describe('behaviour 32b, S2-03: one store', () => {
  it.each(FORMS)('behaviour 32b, S2-03: takes %s, with every method', async (name, open) => {
    // A prefix full of what SCAN would take for a pattern, and braces that are a hash tag.
    const prefix = `[${name}]{tag}*?^-\\:`
    const client = await open()
    const store = new RedisStore({ client, prefix, scanCount: 7 })
    const strays = ['stray?', '*y'].map(
      (part) => new RedisStore({ client, prefix: `[${name}]{tag}${part}^-\\:` }),
    )
    for (const stray of strays) await stray.set('x', { cookie: {} })

    const session = { cookie: { expires: inSeconds(50), originalMaxAge: 50_000 }, text: 'ünï😀' }
    expect(await store.set('one', session)).toBeNull()
    const read = await store.get('one')
    expect(read).toEqual(JSON.parse(JSON.stringify(session)))
    expect(await store.get('none')).toBeNull()
    expect(await store.touch('one', { cookie: { expires: inSeconds(90) } })).toBeNull()
    expect(await store.touch('none', { cookie: {} })).toBeNull()
    expect(await store.get('none')).toBeNull()

    const many = Array.from({ length: 120 }, (_, at) => String(at))
    await Promise.all(many.map((sid) => store.set(sid, { cookie: {}, sid })))
    expect(await store.length()).toBe(121)
    expect((await store.ids()).toSorted()).toEqual([...many, 'one'].toSorted())
    const all = await store.all()
    expect(all.map(({ id }) => id).toSorted()).toEqual([...many, 'one'].toSorted())
    expect(all.find(({ id }) => id === '7')).toEqual({ cookie: {}, sid: '7', id: '7' })

    expect(await store.destroy('one')).toBeNull()
    await store.set('one', read ?? { cookie: {} })
    expect(await store.get('one')).toBeNull()
    expect(await store.clear()).toBeNull()
    expect(await store.length()).toBe(0)
    expect(await store.all()).toEqual([])
    for (const stray of strays) expect(await stray.ids()).toEqual(['x'])
    expect(store.counts).toEqual({ corrupt: 0, gone: 1, faults: 0 })
    for (const stray of strays) await stray.clear()
  })

  it('each client library writes the same bytes, and the same life', async () => {
    for (const [name, open] of SINGLE) {
      await server.cli('flushall')
      const store = new RedisStore({ client: await open(server.port) })
      await store.set('a', { cookie: { expires: inSeconds(77.2) } })
      await store.touch('a', { cookie: { expires: inSeconds(99.2) } })
      await store.set('b', { cookie: {} })
      const at = name.includes('key prefix') ? 'a[p]p:sess:' : 'sess:'
      expect((await server.cli('keys', '*')).split('\n').toSorted()).toEqual([`${at}a`, `${at}b`])
      expect(await server.cli('get', `${at}b`)).toBe('{"cookie":{}}')
      expect(Number(await server.cli('ttl', `${at}a`))).toBeOneOf([99, 100])
      expect(Number(await server.cli('ttl', `${at}b`))).toBeOneOf([86_399, 86_400])
      const forEver = new RedisStore({ client: store.client, disableTTL: true })
      await forEver.set('b', { cookie: {} })
      expect(await server.cli('ttl', `${at}b`)).toBe('-1')
    }
  })
})

describe('an ACL user', () => {
  it('needs GET, SET, EXPIRE and DEL under the prefix; SCAN only to walk over all', async () => {
    await server.cli(
      ...['acl', 'setuser', 'app', 'on', '>secret', '~acl:*', 'resetchannels'],
      ...['+get', '+set', '+expire', '+del', '+info', '+hello'],
    )
    for (const name of ['node-redis 6', 'ioredis 6']) {
      const client = await connect(name, server.port)
      await (name.startsWith('node')
        ? client.auth({ username: 'app', password: 'secret' })
        : client.auth('app', 'secret'))
      const store = new RedisStore({ client, prefix: 'acl:' })
      await store.set('one', { cookie: {} })
      const read = await store.get('one')
      await store.touch('one', { cookie: {} })
      await store.set('one', read ?? { cookie: {} })
      await store.destroy('one')
      expect(await store.get('one')).toBeNull()
      expect(store.counts.faults).toBe(0)
      await expect(store.length()).rejects.toThrow('NOPERM')
      // What Redis answers is no outage: the next command goes through.
      expect(await store.get('one')).toBeNull()
    }
  })
})
