// @ts-nocheck It runs as it is, on sources that are compiled only when it is started.
// A process of its own that ends sessions. Arguments: the folder of the compiled sources, the port of Redis.
// Each line it reads is the id of a session to end; each line it writes tells when (ns, the host's clock that never jumps).
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { createClient } from 'redis'

const [folder, port] = process.argv.slice(2)
const { createRedisStore } = await import(pathToFileURL(join(folder, 'store/redis/index.js')).href)
const client = createClient({ url: `redis://127.0.0.1:${port}` })
client.on('error', () => undefined)
await client.connect()
const store = createRedisStore({ client })
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)
say({ isReady: true })
for await (const id of createInterface({ input: process.stdin })) {
  const sentAt = String(process.hrtime.bigint())
  const { status } = await store.end(id, 'revoked_admin')
  say({ id, status, sentAt, endedAt: String(process.hrtime.bigint()) })
}
client.destroy()
