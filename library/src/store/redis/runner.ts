import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from '../../errors.js'
import type { Clock } from '../../system/clock.js'
import type { Connection } from './client.js'
import { isUnknownScript, toStoreUnavailable } from './faults.js'
import type { Script } from './scripts/script.js'

/** What a script answered: a word, the instant by the store's clock, and the rest. */
export interface Reply {
  readonly status: string
  readonly now: number
  readonly words: readonly string[]
}

export interface RunnerOptions {
  readonly clock: Clock
  readonly clockOffset: () => number
  readonly lateAfter: number
  readonly lingerFor: number
  readonly tombstoneFor: number
}

/** For how long a client is waited for that is being connected as the process starts: 200 ms, less than any deadline. */
const FIRST_LOOKS = 40
/** Milliseconds. */
const LOOK_EVERY = 5

/** Runs a script on the node that holds `key`. */
export type Run = (script: Script, key: string, ...args: readonly string[]) => Promise<Reply>

/**
 * Runs scripts: by their digest, with their text where Redis does not know them (any more).
 *
 * No write happens late. A command that was sent may rest in a buffer, of this host or of a stopped Redis,
 * and be carried out after the caller was told 503; some clients even send it again over the next
 * connection. So a write carries the instant, by Redis' own clock as the last answer told it, after which
 * the script refuses. If it does so in time, then a clock was set or another node's differs: once more, with
 * the clock that it told.
 */
export function createRunner(connection: Connection, options: RunnerOptions): Run {
  const { clock, clockOffset, lateAfter } = options
  const limits = [String(options.lingerFor), String(options.tombstoneFor)]
  /** Redis' clock minus our own that never jumps, as of the last answer. */
  let lead: number | undefined

  /** Only as the process starts: a connection that was lost is a fault, and nothing waits for it. */
  async function meet(): Promise<void> {
    for (let look = 0; look < FIRST_LOOKS && connection.isConnecting(); look += 1) {
      await sleep(LOOK_EVERY, undefined, { ref: false })
    }
  }

  async function once(script: Script, key: string, args: readonly string[]): Promise<Reply> {
    if (lead === undefined && connection.isConnecting()) await meet()
    const offset = clockOffset()
    const tooLate =
      script.writes && lead !== undefined ? Math.ceil(clock.elapsed() + lead + lateAfter) : 0
    const words = [String(offset), String(tooLate), ...limits, ...args]
    const reply = toReply(await send(connection, script, key, words))
    lead = reply.now - offset - clock.elapsed()
    return reply
  }

  return async (script, key, ...args) => {
    const start = clock.elapsed()
    const reply = await once(script, key, args)
    if (reply.status !== 'late') return reply
    const again = clock.elapsed() - start < lateAfter ? await once(script, key, args) : reply
    if (again.status !== 'late') return again
    throw new StoreUnavailable('Redis is unavailable: it came to a write too late, and left it')
  }
}

async function send(
  connection: Connection,
  script: Script,
  key: string,
  words: readonly string[],
): Promise<unknown> {
  if (!connection.isReady()) {
    throw new StoreUnavailable('Redis is unavailable: the client is not connected')
  }
  const input = (): { keys: string[]; arguments: string[] } => ({
    keys: [key],
    arguments: [...words],
  })
  try {
    return await connection.evalSha(script.sha, input())
  } catch (error) {
    if (!isUnknownScript(error)) throw toStoreUnavailable(error)
  }
  try {
    return await connection.eval(script.text, input())
  } catch (error) {
    throw toStoreUnavailable(error)
  }
}

function toReply(raw: unknown): Reply {
  if (!Array.isArray(raw) || raw.length < 2) {
    throw new StoreUnavailable('Redis is unavailable: its answer makes no sense')
  }
  const [status, now, ...words] = raw.map(String) as [string, string, ...string[]]
  return { status, now: Number(now), words }
}
