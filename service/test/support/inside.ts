import { join } from 'node:path'
import { createClient } from 'redis'
import { Browser } from '../../../library/test/support/browser.js'
import { createSojourn } from '../../../library/src/sojourn.js'
import { createRedisStore } from '../../../library/src/store/redis/index.js'
import { openSqliteStore } from '../../../library/src/store/sqlite/index.js'
import type { Store } from '../../../library/src/store/store.js'

/**
 * The session core over the same store as a running service, as one more process would have it. It starts
 * sessions without a password: a thousand hashes would take half a minute and show nothing.
 */
export interface Inside {
  /** A new session of this person; answers its Cookie header for plain http. */
  signIn(subject: string): Promise<string>
  close(): Promise<void>
}

/** Milliseconds. What is looked at is the service, not how long this takes on a crowded machine. */
const PATIENCE = 5_000

/** Shares the file in a service's data folder. */
export async function insideSqlite(dataDir: string, secret: string): Promise<Inside> {
  const store = await openSqliteStore({ file: join(dataDir, 'sessions.db'), busyTimeout: PATIENCE })
  return inside(store, secret, async () => store.close())
}

/** Shares a service's Redis. */
export async function insideRedis(url: string, secret: string): Promise<Inside> {
  const client = createClient({ url })
  await client.connect()
  return inside(createRedisStore({ client, keyPrefix: 'sojourn:' }), secret, async () => {
    await client.close()
  })
}

function inside(store: Store, secret: string, close: () => Promise<void>): Inside {
  const sojourn = createSojourn({
    ...{ store, secrets: secret, limit: false },
    resilience: { commandDeadline: PATIENCE / 1_000 },
  })
  return {
    async signIn(subject) {
      const browser = new Browser(sojourn)
      const facts = { isSecure: false, host: 'localhost' }
      await browser.visit((session) => session.signIn(subject), facts)
      return browser.cookie ?? ''
    },
    async close() {
      await sojourn.settled()
      await close()
    },
  }
}
