import { createClient } from 'redis'
import { StoreUnavailable } from 'sojourn'
import { CommandFailed } from './exit.js'

/** Keys that one SCAN looks at: well under a millisecond of the server's time. */
const BATCH = 500
const CONNECT_WITHIN = 2_000
const ANSWER_WITHIN = 5_000

/** What `sojourn legacy` asks a Redis; nothing here can change a key. */
export interface LegacyRedis {
  /** All keys that begin with `prefix`, some at a time. A key may come twice while others write. */
  walk(prefix: string): AsyncIterable<readonly string[]>
  /** A text and the seconds it has left (`null`: no end), or `undefined` where there is none. */
  read(key: string): Promise<{ text: string; expiresIn: number | null } | undefined>
  close(): void
}

/** Connects to one Redis. Throws `CommandFailed` without an address, `StoreUnavailable` where nobody answers. */
export async function openLegacyRedis(url: string | undefined): Promise<LegacyRedis> {
  if (url === undefined || url === '') {
    throw new CommandFailed('REDIS_URL is not set: redis://localhost:6379 for one on this machine.')
  }
  const client = create(url)
  // Faults are told by the command that meets them.
  client.on('error', () => undefined)
  const close = (): void => {
    // One that never connected, or was cut off, is closed already and says so.
    if (client.isOpen) client.destroy()
  }
  try {
    await answered(client.connect())
  } catch (error) {
    close()
    throw error
  }
  return {
    async *walk(prefix) {
      const MATCH = `${asPattern(prefix)}*`
      let cursor = '0'
      do {
        const part = await answered(client.scan(cursor, { MATCH, COUNT: BATCH }))
        cursor = part.cursor
        yield part.keys
      } while (cursor !== '0')
    },
    async read(key) {
      const [type, ttl] = await answered(Promise.all([client.type(key), client.ttl(key)]))
      if (type !== 'string') return undefined
      const text = await answered(client.get(key))
      return text === null ? undefined : { text, expiresIn: ttl < 0 ? null : ttl }
    },
    close,
  }
}

function create(url: string) {
  const socket = { connectTimeout: CONNECT_WITHIN, reconnectStrategy: false as const }
  try {
    return createClient({ url, socket, disableOfflineQueue: true })
  } catch {
    // What is said of it would hold the password.
    throw new CommandFailed('REDIS_URL is no address of a Redis.')
  }
}

/** Faults, and silence, as the one kind that the shell knows. */
async function answered<Value>(asked: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(reject, ANSWER_WITHIN, new Error('Redis does not answer'))
  })
  try {
    return await Promise.race([asked, silence])
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown fault'
    throw new StoreUnavailable(why === '' ? 'no connection to Redis' : why)
  } finally {
    clearTimeout(timer)
  }
}

/** A prefix is no pattern: its stars and brackets mean themselves. */
function asPattern(prefix: string): string {
  return prefix.replace(/[\\*?[\]]/g, '\\$&')
}
