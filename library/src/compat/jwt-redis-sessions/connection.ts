import { StoreUnavailable } from '../../errors.js'
import { Deadlines } from '../../store/deadlines.js'
import {
  isReady,
  toConnection,
  type Connection,
  type RedisClient,
} from '../../store/redis/client.js'
import { isUnknownScript, toStoreUnavailable } from '../../store/redis/faults.js'
import { sha1 } from '../../system/digest.js'
import { RedisError } from './errors.js'
import { closeOwn, connectOwn, type OwnClient } from './own-client.js'
import type { RedisConfig } from './types.js'

/** A Lua script that runs beside the store's: limits, and the records of jwt-redis-sessions 3.x. */
export interface SideScript {
  readonly text: string
  readonly sha: string
}

/** A side script of this text. */
export function sideScript(text: string): SideScript {
  return { text, sha: sha1(text) }
}

/** The one client of this module: handed in, or made on first use. */
export interface Link {
  /** Takes a client that somebody else connected. Throws {@link RedisError} where it cannot be used, or there is one already. */
  use(client: unknown): void
  /** The client, connected now if it was not. Throws {@link RedisError} where Redis cannot be reached. */
  open(config: RedisConfig): Promise<RedisClient>
  /** Runs a script, within 250 ms. Throws {@link StoreUnavailable}. */
  run(script: SideScript, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Closes a client of our own; forgets any other. */
  close(): Promise<void>
}

/** Milliseconds, as for every command of a store. */
const DEADLINE = 250

export function createLink(): Link {
  let client: RedisClient | undefined
  /** What was handed in, which `client` may stand in front of. */
  let source: unknown
  let connection: Connection | undefined
  let own: OwnClient | undefined
  let opening: Promise<RedisClient> | undefined
  const deadlines = new Deadlines(DEADLINE)

  const adopt = (found: RedisClient): RedisClient => {
    client = found
    connection = toConnection(found)
    return found
  }
  return {
    use(given) {
      if (!isClient(given)) throw new RedisError('A compatible connected Redis client is required')
      if (client !== undefined && source !== given) {
        throw new RedisError('Redis client is already initialized')
      }
      if (!isReady(given)) {
        throw new RedisError('The supplied Redis client must already be connected')
      }
      source = given
      adopt(withDigests(given))
    },
    async open(config) {
      if (client !== undefined) return client
      opening ??= connectOwn(config).then((made) => {
        own = made
        return adopt(made as unknown as RedisClient)
      })
      try {
        return await opening
      } finally {
        opening = undefined
      }
    },
    async run(script, keys, args) {
      if (connection?.isReady() !== true) throw new StoreUnavailable(NOT_CONNECTED)
      return withDeadline(deadlines, runScript(connection, script, keys, args))
    },
    async close() {
      await opening?.catch(() => undefined)
      const closing = own
      client = source = connection = own = undefined
      if (closing !== undefined) await closeOwn(closing)
    },
  }
}

/** What is said whenever Redis does not answer. */
export const NOT_CONNECTED = 'Redis client not initialized or not connected'

async function runScript(
  connection: Connection,
  { sha, text }: SideScript,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const input = (): { keys: string[]; arguments: string[] } => ({
    keys: [...keys],
    arguments: [...args],
  })
  try {
    return await connection.evalSha(sha, input())
  } catch (error) {
    if (!isUnknownScript(error)) throw error
    return connection.eval(text, input())
  }
}

function withDeadline(deadlines: Deadlines, call: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const waiting = deadlines.add(() => {
      reject(new StoreUnavailable('Redis is unavailable: no answer in time'))
    })
    const settle = (then: () => void): void => {
      if (waiting.isDone) return
      waiting.isDone = true
      then()
    }
    call.then(
      (answer) => settle(() => resolve(answer)),
      (cause: unknown) => settle(() => reject(toStoreUnavailable(cause))),
    )
  })
}

function isClient(given: unknown): given is RedisClient {
  const shape = given as { get?: unknown; set?: unknown } | null | undefined
  return typeof shape?.get === 'function' && typeof shape.set === 'function'
}

/** A stand-in of node-redis that knows only `eval` gets every script with its text. */
function withDigests(client: RedisClient): RedisClient {
  const shape = client as { evalSha?: unknown; evalsha?: unknown; customCommand?: unknown }
  const isWhole = [shape.evalSha, shape.evalsha, shape.customCommand].some(
    (verb) => typeof verb === 'function',
  )
  if (isWhole) return client
  return new Proxy(client, {
    get(target, name) {
      if (name === 'evalSha') return () => Promise.reject(new Error('NOSCRIPT'))
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
