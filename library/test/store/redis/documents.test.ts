import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { InvalidInput, StoreUnavailable } from '../../../src/errors.js'
import { createRedisStore } from '../../../src/store/redis/index.js'
import { createKeys } from '../../../src/store/redis/keys.js'
import type { Store } from '../../../src/store/store.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'

let server: RedisServer
let client: ReturnType<typeof createClient>
let store: Store

beforeAll(async () => {
  server = await startRedis()
  client = createClient({ url: server.url })
  client.on('error', () => undefined)
  await client.connect()
  store = createRedisStore({ client })
})
afterAll(async () => {
  client.destroy()
  await server.stop()
})

const DAY = 86_400_000
const keyOf = (name: string): string => createKeys('sj:').document(store.bucketOf(name), name)

describe('a document', () => {
  it('is written where its revision is still the expected one, and only there', async () => {
    expect(await store.readDocument('keys')).toBeUndefined()
    expect(await store.writeDocument('keys', 'a', 1)).toBeUndefined()
    expect(await store.writeDocument('keys', 'ä{1}\r\n😀', 0)).toEqual({
      text: 'ä{1}\r\n😀',
      revision: 1,
    })
    expect(await store.writeDocument('keys', 'b', 0)).toBeUndefined()
    expect(await store.readDocument('keys')).toEqual({ text: 'ä{1}\r\n😀', revision: 1 })
    const racing = await Promise.all(
      Array.from({ length: 20 }, (_, at) => store.writeDocument('keys', String(at), 1)),
    )
    expect(racing.filter((document) => document !== undefined)).toHaveLength(1)
    expect((await store.readDocument('keys'))?.revision).toBe(2)
  })

  it('may be of any name and of 65,536 characters, and of no more', async () => {
    const text = '漢'.repeat(65_536)
    for (const name of ['{x}', 'a b', 'é', '']) {
      expect(await store.writeDocument(name, text, 0)).toEqual({ text, revision: 1 })
      expect(await store.readDocument(name)).toEqual({ text, revision: 1 })
    }
    await expect(store.writeDocument('big', `${text}a`, 0)).rejects.toThrow(InvalidInput)
    await expect(store.readDocument('\ud800')).rejects.toMatchObject({ field: 'name' })
  })

  it('is kept 400 days after the last write or read', async () => {
    await store.writeDocument('kept', 'a', 0)
    expect(await client.pTTL(keyOf('kept'))).toBeGreaterThan(399 * DAY)
    await client.pExpire(keyOf('kept'), DAY)
    await store.readDocument('kept')
    expect(await client.pTTL(keyOf('kept'))).toBeGreaterThan(399 * DAY)
    await client.pExpire(keyOf('kept'), DAY)
    await store.writeDocument('kept', 'b', 1)
    expect(await client.pTTL(keyOf('kept'))).toBeGreaterThan(399 * DAY)
  })

  it('is not believed of a replica: a key that was taken back may be good there', async () => {
    await store.writeDocument('read', 'a', 0)
    try {
      await server.cli('replicaof', '127.0.0.1', '1')
      await expect(store.readDocument('read')).rejects.toThrow(StoreUnavailable)
    } finally {
      await server.cli('replicaof', 'no', 'one')
    }
    await vi.waitFor(async () => {
      expect(await store.readDocument('read')).toEqual({ text: 'a', revision: 1 })
    })
  })

  it('is read where nothing can be written', async () => {
    await store.writeDocument('full', 'a', 0)
    await client.pExpire(keyOf('full'), DAY)
    try {
      await server.cli('config', 'set', 'min-replicas-to-write', '1')
      expect(await store.readDocument('full')).toEqual({ text: 'a', revision: 1 })
    } finally {
      await server.cli('config', 'set', 'min-replicas-to-write', '0')
    }
  })

  it('that makes no sense is a fault, and is left as it is', async () => {
    await client.hSet(keyOf('broken'), { R: 'x', T: 'a' })
    await expect(store.readDocument('broken')).rejects.toThrow(StoreUnavailable)
    await expect(store.writeDocument('broken', 'b', 0)).rejects.toThrow(StoreUnavailable)
    expect(await client.hGet(keyOf('broken'), 'T')).toBe('a')
  })
})

describe('a subject’s version', () => {
  it('grows with every change of its attributes, and with nothing else', async () => {
    const versions: number[] = []
    const change = async (wish: Parameters<Store['changeSubject']>[1]): Promise<void> => {
      versions.push((await store.changeSubject('ann', wish)).version)
    }
    await change({ isDisabled: true })
    await change({ set: new Map([['a', '1']]) })
    await change({ delete: ['a', 'b'] })
    await change({ isDisabled: false })
    await change({ set: new Map() })
    await store.endAll('ann', 'revoked_admin')
    versions.push((await store.readSubject('ann')).version)
    expect(versions).toEqual([0, 1, 2, 2, 2, 2])
  })
})
