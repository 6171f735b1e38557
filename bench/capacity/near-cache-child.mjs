/** A process with a near cache of so many sessions. Says how much memory it takes. Arguments: Redis' address, entries, bytes of data. */
import { createRedisStore } from 'sojourn/redis'
import { createNearCache } from '../../library/dist/store/near-cache.js'
import { connect } from '../harness/redis.mjs'
import { newSession, newSubject } from './sessions.mjs'

const [url, entries, data] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const client = await connect(url)
const subscriber = await connect(url)
const store = createRedisStore({ client, subscriber, lateAfter: 60_000 })
const near = createNearCache(store, { maxEntries: Math.max(1, entries) })
const kind = { family: true, ...(data > 0 ? { data } : {}) }
// The same work with and without entries: what it leaves behind in the heap is no part of them.
const ids = []
for (let at = 0; at < 10_000; at += 1) {
  const session = newSession(store, newSubject(), kind)
  await store.create(session)
  ids.push(session.id)
}
for (const id of ids) await (entries === 0 ? store : near).read(id)
const kept = near.stats().entries
ids.length = 0
for (let round = 0; round < 5; round += 1) {
  globalThis.gc()
  await new Promise((resolve) => setTimeout(resolve, 20))
}
const { rss, heapUsed, external } = process.memoryUsage()
process.stdout.write(JSON.stringify({ kept, rss, heapUsed, external }))
await near.close()
client.destroy()
subscriber.destroy()
