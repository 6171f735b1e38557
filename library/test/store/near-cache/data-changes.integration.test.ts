import { afterAll, beforeAll, expect, it } from 'vitest'
import { createNearCache, type NearCache } from '../../../src/store/near-cache.js'
import { createRedisStore, type RedisSubscriber } from '../../../src/store/redis/index.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { connectNodeRedis } from '../redis/harness.js'
import { recordOf, session } from './support.js'

let server: RedisServer
const closings: (() => Promise<void>)[] = []

beforeAll(async () => {
  server = await startRedis()
})
afterAll(async () => {
  for (const close of closings) await close()
  await server.stop()
})

/** A process, so to say. */
async function openCache(): Promise<NearCache> {
  const [client, subscriber] = await Promise.all([
    connectNodeRedis(server.port),
    connectNodeRedis(server.port),
  ])
  const store = createRedisStore({
    client: client.client,
    subscriber: subscriber.client as typeof subscriber.client & RedisSubscriber,
  })
  const cache = createNearCache(store)
  closings.push(async () => {
    await cache.close()
    await Promise.all([client.close(), subscriber.close()])
  })
  await expect.poll(() => cache.stats().age).toBeLessThan(500)
  return cache
}

const write = (value: number) => ({ set: new Map([['n', String(value)]]) })

it('a write costs no read, and everybody else reads anew', async () => {
  const [one, two] = [await openCache(), await openCache()]
  const id = `${one.bucketOf('ann')}.data-changes`
  await one.create({ ...session('x'), id })
  await one.read(id)
  await two.read(id)
  const heard = { two: 0 }
  two.changes?.watch({
    onSession: () => (heard.two += 1),
    onSubject: () => undefined,
    onDocument: () => undefined,
    onEverything: () => undefined,
  })
  for (let value = 1; value <= 20; value += 1) {
    await one.change(id, write(value))
    expect(recordOf(one.peek(id)).data.get('n')?.json).toBe(String(value))
  }
  await expect.poll(() => heard.two).toBe(20)
  await expect.poll(() => two.peek(id)).toBeUndefined()
  const read = await two.read(id)
  expect(recordOf(one.peek(id))).toEqual(recordOf(read.status === 'found' ? read : undefined))
  expect(one.stats().misses).toBe(0)

  await two.change(id, write(21))
  await expect.poll(() => one.peek(id)).toBeUndefined()
})
