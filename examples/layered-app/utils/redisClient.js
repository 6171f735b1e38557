/** The one connection to Redis, for sessions, token records, people and limits; `undefined` where none is configured. */
import { createClient } from 'redis'
import { config } from '../config/index.js'

export const redis = config.redis && (await connect(config.redis))

async function connect({ host, port }) {
  // Without the queue a command fails at once while Redis is away, instead of waiting for it.
  const client = createClient({ socket: { host, port }, disableOfflineQueue: true })
  client.on('error', (error) => {
    console.error(`Redis at ${host}:${port}: ${error.code ?? error.message}`)
  })
  await client.connect()
  return client
}
