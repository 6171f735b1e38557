import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from '../../errors.js'
import type { Clock } from '../../system/clock.js'
import { randomToken } from '../../system/random.js'
import type { Connection } from './client.js'
import { isUnknownScript, toDisconnected, toStoreUnavailable } from './faults.js'
import { createPatience } from './patience.js'
import { LOOK_AT_CLOCK } from './scripts/clock.js'
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
 *
 * No reply goes to another call. Each call has a mark that comes back with its reply. Where another mark comes
 * back, replies and calls of that connection are out of step (as in CVE-2023-28858): nothing of it is believed,
 * and the connection is replaced. So is one over which no reply comes; see {@link Silence}.
 */
export function createRunner(connection: Connection, options: RunnerOptions): Run {
  const { clock, clockOffset, lateAfter } = options
  const limits = [String(options.lingerFor), String(options.tombstoneFor)]
  const patiently = createPatience(connection, clock)
  const silence = new Silence(connection, clock, lateAfter / 2)
  /** Several stores may share a client, so a number alone would not do. */
  const own = randomToken(3)
  let calls = 0
  /** Redis' clock minus our own that never jumps, as of the last answer. */
  let lead: number | undefined
  let learning: Promise<unknown> | undefined

  /** Only as the process starts: a connection that was lost is a fault, and nothing waits for it. */
  async function meet(): Promise<void> {
    for (let look = 0; look < FIRST_LOOKS && connection.isConnecting(); look += 1) {
      await sleep(LOOK_EVERY, undefined, { ref: false })
    }
  }

  /** Before the first write, which could not say otherwise when it is too late. */
  function learnClock(key: string): Promise<unknown> {
    learning ??= once(LOOK_AT_CLOCK, key, []).finally(() => {
      learning = undefined
    })
    return learning
  }

  async function once(script: Script, key: string, args: readonly string[]): Promise<Reply> {
    if (lead === undefined && connection.isConnecting()) await meet()
    const start = clock.elapsed()
    if (lead === undefined && script.writes) await learnClock(key)
    const offset = clockOffset()
    const tooLate = script.writes && lead !== undefined ? Math.ceil(start + lead + lateAfter) : 0
    const mark = `${own}${(calls += 1).toString(36)}`
    const words = [String(offset), String(tooLate), ...limits, ...args, mark]
    const raw = await silence.watch(() => send(connection, script, key, words))
    const reply = toReply(raw, mark) ?? misdirected(connection)
    lead = reply.now - offset - clock.elapsed()
    return reply
  }

  return async (script, key, ...args) => {
    const start = clock.elapsed()
    const reply = await patiently(() => once(script, key, args))
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
  if (!connection.isReady()) throw toDisconnected(connection.trouble())
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

/** `undefined`: it is the reply to another call, or none of ours. */
function toReply(raw: unknown, mark: string): Reply | undefined {
  if (!Array.isArray(raw) || raw.length < 3) return undefined
  const words = raw.map(String)
  if (words.pop() !== mark) return undefined
  const [status = '', now, ...rest] = words
  return { status, now: Number(now), words: rest }
}

function misdirected(connection: Connection): never {
  connection.renew?.()
  throw new StoreUnavailable(
    'Redis is unavailable: the reply to another call came, so none is believed',
  )
}

/** A server that hangs is no better over a new connection. Milliseconds. */
const RENEW_EVERY = 5_000

/**
 * Notices a connection over which calls go out and no reply comes: its peer is gone without a word, or stopped. The
 * kernel would find out in a quarter of an hour, and what rests in its buffers would be sent then. It is looked at as
 * calls are made, so it costs no timer; behind the circuit breaker one is made every half second.
 */
class Silence {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #atMost: number
  /** Since when calls wait and no reply has come. */
  #since: number | undefined
  #waiting = 0
  #renewedAt = -Infinity

  constructor(connection: Connection, clock: Clock, atMost: number) {
    this.#connection = connection
    this.#clock = clock
    this.#atMost = atMost
  }

  async watch<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    this.#look()
    this.#waiting += 1
    this.#since ??= this.#clock.elapsed()
    try {
      return await send()
    } finally {
      this.#waiting -= 1
      this.#since = this.#waiting === 0 ? undefined : this.#clock.elapsed()
    }
  }

  #look(): void {
    const now = this.#clock.elapsed()
    const since = this.#since
    if (since === undefined || now - since <= this.#atMost) return
    if (!this.#connection.isOne || now - this.#renewedAt < RENEW_EVERY) return
    this.#renewedAt = now
    // It may be this process that stood still: replies that have arrived are let in before.
    setImmediate(() => {
      setImmediate(() => {
        if (this.#since === since) this.#connection.renew?.()
      })
    })
  }
}
