import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from '../../errors.js'
import { Deadlines, type Waiting } from '../../store/deadlines.js'
import { toStoreUnavailable } from '../../store/redis/faults.js'
import type { Limits } from './options.js'

/** How often a client that is not connected is looked at, in milliseconds. */
const LOOK_EVERY = 5

/**
 * A deadline and a circuit breaker around every command: nobody waits for a Redis that hangs, and nothing piles up in
 * the queue of a client that is not connected. What is thrown is always {@link StoreUnavailable}.
 *
 * An error that Redis itself answered (no memory, no right) is a fault of that command alone: others may work.
 */
export class Protection {
  readonly #limits: Limits
  readonly #deadlines: Deadlines
  #failures = 0
  /** The next instant at which one command may pass, while none may. */
  #probeAt: number | undefined

  constructor(limits: Limits) {
    this.#limits = limits
    this.#deadlines = new Deadlines(limits.commandDeadline)
  }

  /** Runs `command` as soon as the client is ready, or never. */
  run<Reply>(isReady: () => boolean, command: () => Promise<Reply>): Promise<Reply> {
    if (!this.#mayPass()) {
      return Promise.reject(
        new StoreUnavailable('Redis is unavailable: it failed a moment ago, and was not asked'),
      )
    }
    return new Promise((resolve, reject) => {
      const waiting = this.#deadlines.add(() => {
        this.#failed()
        reject(new StoreUnavailable(this.#describe(isReady())))
      })
      const settle = (act: () => void): void => {
        // What comes after the deadline is dropped: the caller has been told otherwise.
        if (waiting.isDone) return
        waiting.isDone = true
        act()
      }
      runWhenReady(isReady, command, waiting).then(
        (reply) => {
          settle(() => {
            this.#answered()
            resolve(reply)
          })
        },
        (error: unknown) => {
          settle(() => {
            if (isAnswer(error)) this.#answered()
            else this.#failed()
            reject(toStoreUnavailable(error))
          })
        },
      )
    })
  }

  #describe(isConnected: boolean): string {
    const within = `within ${this.#limits.commandDeadline} ms`
    return isConnected
      ? `Redis is unavailable: it did not answer ${within}`
      : `Redis is unavailable: the client was not connected ${within}`
  }

  #mayPass(): boolean {
    if (this.#probeAt === undefined) return true
    const now = this.#limits.clock.elapsed()
    if (now < this.#probeAt) return false
    this.#probeAt = now + this.#limits.probeEvery
    return true
  }

  #answered(): void {
    this.#failures = 0
    this.#probeAt = undefined
  }

  #failed(): void {
    this.#failures += 1
    if (this.#failures < this.#limits.failuresToOpen || this.#probeAt !== undefined) return
    this.#probeAt = this.#limits.clock.elapsed() + this.#limits.probeEvery
  }
}

/** A client that is just being connected, as at the start of a process, is waited for until the deadline. */
async function runWhenReady<Reply>(
  isReady: () => boolean,
  command: () => Promise<Reply>,
  waiting: Waiting,
): Promise<Reply> {
  while (!isReady()) {
    await sleep(LOOK_EVERY, undefined, { ref: false })
    // Given up: it must not be carried out after all.
    if (waiting.isDone) throw new StoreUnavailable('Redis is unavailable: given up')
  }
  return command()
}

/** Redis' error replies begin with a word in capitals; what clients say of connections does not. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && /^[A-Z][A-Z0-9]{2,} /.test(error.message) && !('errno' in error)
}
