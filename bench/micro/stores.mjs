import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore, createSojourn } from 'sojourn'
import { createRedisStore } from 'sojourn/redis'
import { openSqliteStore } from 'sojourn/sqlite'
import { connect } from '../harness/redis.mjs'
import { SECRET, TOKENS } from './people.mjs'

/**
 * One application over one storage, as two instances that share nothing else (two connections, two handles of a file),
 * as two processes would. Memory has one only.
 *
 * @param {'memory' | 'SQLite' | 'Redis'} name
 * @param {string} redisUrl
 */
export async function openTwice(name, redisUrl) {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const file = join(folder, 'sessions.db')
  const clients = []
  const open = async () => {
    if (name === 'memory') return createMemoryStore()
    if (name === 'SQLite') return openSqliteStore({ file })
    const client = await connect(redisUrl)
    const subscriber = await connect(redisUrl)
    clients.push(client, subscriber)
    return createRedisStore({ client, subscriber })
  }
  const instances = []
  for (let count = name === 'memory' ? 1 : 2; count > 0; count -= 1) {
    const store = await open()
    const sojourn = createSojourn({ secrets: SECRET, store, tokens: TOKENS, limit: false })
    instances.push({ store, sojourn })
  }
  return {
    instances,
    async close() {
      for (const { sojourn } of instances) await sojourn.close()
      for (const client of clients) client.destroy()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
