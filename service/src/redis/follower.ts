/**
 * A connection to the server that the Sentinels name as primary. node-redis has a client for that, too; it rests for a
 * second between two attempts and may ask one Sentinel after the other, which people wait for after a failover (fault
 * F9: about a second and a half longer, measured). Nothing here knows of sessions.
 */
import { EventEmitter } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { RedisNode } from '../config/redis-readers.js'

/** A client of node-redis for one server, that does not connect again by itself. */
export interface PlainClient {
  readonly isOpen: boolean
  readonly isReady: boolean
  on(event: string, listener: (...facts: never[]) => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
  evalSha(...words: readonly unknown[]): Promise<unknown>
  eval(...words: readonly unknown[]): Promise<unknown>
  sendCommand(words: readonly string[]): Promise<unknown>
}

export interface Following {
  /** Where the primary is. Fails where no Sentinel knows. */
  readonly askPrimary: () => Promise<RedisNode>
  readonly open: (node: RedisNode) => PlainClient
}

/** Milliseconds between two attempts. */
const AGAIN_AFTER = 150

/** Looks like a client of node-redis, as far as the store and this service use one. */
export class PrimaryFollower extends EventEmitter {
  readonly #following: Following
  #client: PlainClient | undefined
  #node: RedisNode | undefined
  /** What is under way; another one after `destroy`. */
  #turn: AbortController | undefined

  constructor(following: Following) {
    super()
    this.#following = following
  }

  get isOpen(): boolean {
    return this.#turn !== undefined
  }

  get isReady(): boolean {
    return this.#client?.isReady === true
  }

  /** Settles with the first connection; until then, and whenever it is lost, it tries again and again. */
  async connect(): Promise<this> {
    if (this.#turn !== undefined) throw new Error('it is connected already')
    const turn = new AbortController()
    this.#turn = turn
    await new Promise<void>((resolve) => {
      void this.#follow(turn.signal, resolve)
    })
    return this
  }

  destroy(): void {
    this.#turn?.abort()
    this.#turn = undefined
    const client = this.#client
    this.#client = undefined
    if (client?.isOpen === true) client.destroy()
  }

  async evalSha(...words: readonly unknown[]): Promise<unknown> {
    return this.#present().evalSha(...words)
  }

  async eval(...words: readonly unknown[]): Promise<unknown> {
    return this.#present().eval(...words)
  }

  /** As node-redis' Sentinel client has it, where a flag may come before the words. */
  async sendCommand(...given: readonly unknown[]): Promise<unknown> {
    const words = given.find((one) => Array.isArray(one)) as readonly string[]
    return this.#present().sendCommand(words)
  }

  /** Where it is connected; by this the store knows that it is not always the same server. */
  getMasterNode(): RedisNode | undefined {
    return this.isReady ? this.#node : undefined
  }

  #present(): PlainClient {
    if (this.#client === undefined) throw new Error('the primary is not known at the moment')
    return this.#client
  }

  async #follow(leaving: AbortSignal, onFirst: () => void): Promise<void> {
    while (!leaving.aborted) {
      try {
        const node = await this.#following.askPrimary()
        if (hasLeft(leaving)) return
        this.#node = node
        await this.#hold(this.#following.open(node), leaving, onFirst)
      } catch (error) {
        this.#tell(error)
      }
      await pause(AGAIN_AFTER, undefined, { ref: false })
    }
  }

  /** Until the connection is lost. */
  async #hold(client: PlainClient, leaving: AbortSignal, onConnected: () => void): Promise<void> {
    const lost = new Promise<void>((resolve) => {
      client.on('error', (error: Error) => {
        this.#tell(error)
        resolve()
      })
      client.on('end', resolve)
    })
    try {
      await client.connect()
      if (hasLeft(leaving)) return
      this.#client = client
      this.emit('ready')
      onConnected()
      await lost
    } finally {
      if (this.#client === client) this.#client = undefined
      if (client.isOpen) client.destroy()
    }
  }

  /** An `error` that nobody listens for would end the process. */
  #tell(error: unknown): void {
    const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
    if (this.listenerCount('error') > 0) this.emit('error', first)
  }
}

/** Asked anew after each wait. */
function hasLeft(leaving: AbortSignal): boolean {
  return leaving.aborted
}
