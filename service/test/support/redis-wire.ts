import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A wire to Redis on which commands can be counted, slowed down, and robbed of their answers. */
export interface RedisWire {
  readonly port: number
  /** Milliseconds each way. */
  delay: number
  /** Up to so many more, at random. */
  jitter: number
  /** Bytes a second, each way. */
  speed: number
  /** The names of the commands that were sent, but for PING. */
  readonly commands: string[]
  /** Closes the connection in place of passing on the answer to the command that is the `count`th from now. */
  cutReplyOf(count: number): void
  /** Whether a reply was cut since `cutReplyOf`. */
  readonly hasCut: boolean
  /** Keeps back what comes over connections that are subscribed, until `release`. */
  hold(): void
  /** How much is kept back. */
  readonly held: number
  release(): void
  /** The connections of this moment fall into a hole; new ones are as good as ever. */
  abandon(): void
  close(): Promise<void>
}

const COMMAND = /\*\d+\r\n\$\d+\r\n([a-z]+)\r\n/gi

class Wire implements RedisWire {
  port = 0
  delay = 0
  jitter = 0
  speed = Infinity
  readonly commands: string[] = []
  hasCut = false
  #countdown = Infinity
  #isHolding = false
  readonly #held: (() => void)[] = []
  readonly #lines = new Set<Line>()
  readonly #server = createServer((client) => {
    const line = new Line(client, this.#target, this)
    this.#lines.add(line)
    client.on('close', () => this.#lines.delete(line))
  })
  readonly #target: number

  constructor(target: number) {
    this.#target = target
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.port = (this.#server.address() as AddressInfo).port
  }

  /** Whether the answer to this command is to be cut. */
  note(command: string): boolean {
    if (command === 'PING') return false
    this.commands.push(command)
    this.#countdown -= 1
    return this.#countdown === 0
  }

  cutReplyOf(count: number): void {
    this.hasCut = false
    this.#countdown = count
  }

  hold(): void {
    this.#isHolding = true
  }

  get held(): number {
    return this.#held.length
  }

  release(): void {
    this.#isHolding = false
    for (const send of this.#held.splice(0)) send()
  }

  /** Sends now, or when `release` is called. */
  send(isSubscribed: boolean, send: () => void): void {
    if (isSubscribed && this.#isHolding) this.#held.push(send)
    else send()
  }

  abandon(): void {
    for (const line of this.#lines) line.isAbandoned = true
  }

  async close(): Promise<void> {
    for (const line of this.#lines) line.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

class Line {
  isAbandoned = false
  #isSubscribed = false
  #isDoomed = false
  readonly #client: Socket
  readonly #server: Socket
  readonly #wire: Wire

  constructor(client: Socket, target: number, wire: Wire) {
    this.#client = client.setNoDelay(true)
    this.#server = connect(target, '127.0.0.1').setNoDelay(true)
    this.#wire = wire
    this.#pass(client, this.#server, (chunk) => {
      this.#readCommands(chunk)
      return true
    })
    this.#pass(this.#server, client, () => this.#mayPass())
  }

  destroy(): void {
    this.#client.destroy()
    this.#server.destroy()
  }

  #readCommands(chunk: Buffer): void {
    for (const [, name = ''] of chunk.toString('latin1').matchAll(COMMAND)) {
      if (/^subscribe$/i.test(name)) this.#isSubscribed = true
      if (this.#wire.note(name.toUpperCase())) this.#isDoomed = true
    }
  }

  #mayPass(): boolean {
    if (!this.#isDoomed) return true
    this.#isDoomed = false
    this.#wire.hasCut = true
    this.destroy()
    return false
  }

  #pass(from: Socket, to: Socket, mayPass: (chunk: Buffer) => boolean): void {
    let freeAt = 0
    from.on('data', (chunk: Buffer) => {
      if (this.isAbandoned || !mayPass(chunk)) return
      const { delay, jitter, speed } = this.#wire
      const isBack = from === this.#server
      const wait = delay + Math.random() * jitter + (chunk.length / speed) * 1_000
      const now = performance.now()
      // In order, however much each of them is late.
      freeAt = Math.max(freeAt, now + wait)
      const write = (): void => {
        if (!this.isAbandoned) this.#wire.send(isBack && this.#isSubscribed, () => to.write(chunk))
      }
      if (freeAt - now < 1) write()
      else setTimeout(write, freeAt - now)
    })
    from.on('error', () => undefined)
    from.on('close', () => to.destroy())
  }
}

/** Stands in front of the Redis on `target`. */
export async function startRedisWire(target: number): Promise<RedisWire> {
  const wire = new Wire(target)
  await wire.listen()
  return wire
}
