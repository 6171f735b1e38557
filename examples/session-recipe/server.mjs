/**
 * The recipe as a program.
 *
 *   export JWT_SECRET=$(openssl rand -base64 32) REFRESH_SECRET=$(openssl rand -base64 32) SESSION_SECRET=$(openssl rand -base64 32)
 *   REDIS_URL=redis://127.0.0.1:6379 PORT=3000 node examples/session-recipe/server.mjs
 */
import { createClient } from 'redis'
import { createRedisStore } from 'sojourn/redis'
import { createApp } from './app.mjs'
import { People } from './people.mjs'
import { readSettings } from './settings.mjs'

const settings = settingsOrExit()
for (const warning of settings.warnings) console.warn(warning)

const client = createClient({ url: process.env.REDIS_URL, disableOfflineQueue: true })
client.on('error', (error) => console.error('Redis:', error.message))
await client.connect()

const { app } = createApp({ settings, store: createRedisStore({ client }), people: new People() })
app.listen(settings.port, () => {
  console.log(`Server running on http://localhost:${settings.port}`)
})

function settingsOrExit() {
  try {
    return readSettings(process.env)
  } catch (error) {
    console.error(error.message)
    process.exit(78) // EX_CONFIG
  }
}
