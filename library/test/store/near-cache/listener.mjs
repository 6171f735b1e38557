// @ts-nocheck It runs as it is, on sources that are compiled only when it is started.
// A process of its own with a near cache. Arguments: the folder of the compiled sources, the port of Redis.
// It says when it knows what changes; told `stats` it writes those, told an id it takes that session into its cache.
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { createClient } from 'redis'

const [folder, port] = process.argv.slice(2)
const load = (file) => import(pathToFileURL(join(folder, file)).href)
const { createRedisStore } = await load('store/redis/index.js')
const { createNearCache } = await load('store/near-cache.js')
const [client, subscriber] = await Promise.all(
  [0, 1].map(async () => {
    const one = createClient({ url: `redis://127.0.0.1:${port}` })
    one.on('error', () => undefined)
    await one.connect()
    return one
  }),
)
const cache = createNearCache(createRedisStore({ client, subscriber }))
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)
while (cache.stats().age > 400) await new Promise((resolve) => setTimeout(resolve, 10))
say({ isReady: true })
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'stats') await cache.read(line)
  say({ ...cache.stats(), age: String(cache.stats().age) })
}
await cache.close()
client.destroy()
subscriber.destroy()
