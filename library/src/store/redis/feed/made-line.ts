import { part, toLine, type Ears, type Line, type RedisSubscriber } from './subscriber.js'

/** Where a primary is. */
export interface RedisNode {
  readonly host: string
  readonly port: number
}

/**
 * Makes a client of one connection to a primary, to listen on: not connected yet, or connected. It is closed here when it
 * is of no use any more, and another one asked for.
 */
export type OpenSubscriber = (node: RedisNode) => RedisSubscriber | Promise<RedisSubscriber>

/** A new connection that is not usable after so long is given up: its node may be gone. Milliseconds. */
const OPENED_WITHIN = 2_000
/** Between two attempts. */
const PAUSES = { first: 50, most: 1_000 }

export interface MadeLineOptions {
  readonly open: OpenSubscriber
  /** The primary as it is known now. */
  readonly findNode: () => RedisNode | undefined
}

/** A connection that is opened here, and opened anew, to where the primary is then, each time when it breaks. */
export class MadeLine implements Line {
  readonly #options: MadeLineOptions
  readonly #ears: Ears
  #client: RedisSubscriber | undefined
  #line: Line | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #pause = PAUSES.first
  #wasReady = false
  #isClosed = false
  /** Stands for the present attempt. */
  #attempt = {}

  constructor(options: MadeLineOptions, ears: Ears) {
    this.#options = options
    this.#ears = ears
    this.#open()
  }

  isReady(): boolean {
    const isReady = this.#line?.isReady() ?? false
    if (isReady && !this.#wasReady) {
      this.#wasReady = true
      this.#pause = PAUSES.first
      clearTimeout(this.#timer)
    }
    return isReady
  }

  subscribe(channel: string): Promise<unknown> {
    return this.#present().subscribe(channel)
  }

  unsubscribe(channel: string): Promise<unknown> {
    return this.#present().unsubscribe(channel)
  }

  ping(): Promise<unknown> {
    return this.#present().ping()
  }

  track(prefixes: readonly string[]): Promise<void> {
    return this.#present().track(prefixes)
  }

  renew(): void {
    if (this.#isClosed) return
    this.#drop()
    this.#ears.onBreak()
    this.#openSoon()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#drop()
  }

  #present(): Line {
    if (this.#line === undefined) throw new Error('not connected')
    return this.#line
  }

  #openSoon(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#open(), this.#pause).unref()
    this.#pause = Math.min(this.#pause * 2, PAUSES.most)
  }

  #open(): void {
    this.#attempt = {}
    const attempt = this.#attempt
    this.#wasReady = false
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.renew(), OPENED_WITHIN).unref()
    this.#make(attempt).catch(() => {
      if (attempt === this.#attempt && !this.#isClosed) this.#openSoon()
    })
  }

  async #make(attempt: object): Promise<void> {
    const node = this.#options.findNode()
    if (node === undefined) throw new Error('the primary is not known')
    const client = await this.#options.open(node)
    if (attempt !== this.#attempt || this.#isClosed) {
      part(client)
      return
    }
    const line = toLine(client)?.({
      onMessage: (text) => this.#ears.onMessage(text),
      onKeys: (keys) => this.#ears.onKeys?.(keys),
      onBreak: () => this.#break(attempt),
    })
    if (line === undefined) throw new Error('it is not one connection')
    this.#client = client
    this.#line = line
    connect(client)
  }

  /** Before it was ready for the first time, a client is connecting, and says so. */
  #break(attempt: object): void {
    if (attempt !== this.#attempt) return
    this.#ears.onBreak()
    if (this.#wasReady) this.renew()
  }

  #drop(): void {
    this.#attempt = {}
    const client = this.#client
    this.#line?.close()
    this.#line = undefined
    this.#client = undefined
    if (client !== undefined) part(client)
  }
}

/** What a client tells of whether anybody has told it to connect. */
interface Lazy {
  readonly isOpen?: boolean
  readonly status?: string
  connect?(): Promise<unknown>
}

function connect(client: Lazy): void {
  if (client.isOpen !== false && client.status !== 'wait') return
  client.connect?.().catch(() => undefined)
}
