import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { randomBelow } from '../../src/system/random.js'

/** How slow a wire is, each way. */
export interface Pace {
  /** Milliseconds. */
  readonly delay?: number
  /** Up to so many milliseconds more, at random. */
  readonly jitter?: number
  /** Bytes a second. */
  readonly speed?: number
}

/** A wire that can be cut: stands between a client and a server on the loopback interface. */
export interface TcpProxy {
  readonly port: number
  /** Closes every connection and takes no new one: "connection refused". */
  refuse(): Promise<void>
  /** Takes connections again, on the same port. */
  accept(): Promise<void>
  /** Keeps connections open and passes nothing on, in either direction: packets fall into a hole. */
  swallow(): void
  /** Passes on again; what was swallowed is lost. */
  passOn(): void
  /** The connections of this moment fall into a hole for good; new ones are as good as ever. */
  abandon(): void
  /** Closes every connection, once; new ones are taken. */
  cut(): void
  /** Slows it down. Nothing given: as fast as ever. */
  slow(pace?: Pace): void
  /** Swallows the reply that is the `count`th from now, and closes its connection. Answers whether it came to that. */
  loseReply(count: number): () => boolean
  /** Passes the reply that is the `count`th from now on twice: replies and calls are out of step from there on. */
  repeatReply(count: number): () => boolean
  /** How often something came back after something was sent, over each connection there was, in their order. */
  roundTrips(): readonly number[]
  close(): Promise<void>
}

/** Where the next reply but so many does not just pass. Replies are told apart as they arrive: ask one after the other. */
interface Accident {
  kind: 'lose' | 'repeat'
  countdown: number
}

class Wire {
  pace: Pace = {}
  isSwallowing = false
  accident: Accident | undefined
  readonly trips: number[] = []
  readonly #lines = new Set<Line>()

  take(client: Socket, targetPort: number): void {
    const line = new Line(client, targetPort, this)
    this.#lines.add(line)
    client.on('close', () => this.#lines.delete(line))
  }

  /** What becomes of a reply that has arrived. */
  judge(): Accident['kind'] | undefined {
    if (this.accident === undefined) return undefined
    this.accident.countdown -= 1
    return this.accident.countdown === 0 ? this.accident.kind : undefined
  }

  each(act: (line: Line) => void): void {
    this.#lines.forEach(act)
  }
}

class Line {
  isAbandoned = false
  readonly #wire: Wire
  readonly #client: Socket
  readonly #server: Socket
  readonly #number: number
  /** Something was sent, and nothing has come back since. */
  #isAsking = false

  constructor(client: Socket, targetPort: number, wire: Wire) {
    this.#wire = wire
    this.#client = client.setNoDelay(true)
    this.#server = connect(targetPort, '127.0.0.1').setNoDelay(true)
    this.#number = wire.trips.push(0) - 1
    this.#pass(client, this.#server, () => {
      this.#isAsking = true
      return 1
    })
    this.#pass(this.#server, client, () => this.#onReply())
  }

  destroy(): void {
    this.#client.destroy()
    this.#server.destroy()
  }

  /** How many times a reply is passed on. */
  #onReply(): number {
    if (this.#isAsking) this.#wire.trips[this.#number] = (this.#wire.trips[this.#number] ?? 0) + 1
    this.#isAsking = false
    const fate = this.#wire.judge()
    if (fate === 'lose') this.destroy()
    return fate === undefined ? 1 : { lose: 0, repeat: 2 }[fate]
  }

  #pass(from: Socket, to: Socket, count: () => number): void {
    let freeAt = 0
    // One timer each, and each sends what has waited longest: timers alone would not keep the order.
    const waiting: (() => void)[] = []
    const isLost = (): boolean => this.isAbandoned || this.#wire.isSwallowing
    from.on('data', (chunk: Buffer) => {
      const times = isLost() ? 0 : count()
      const { delay = 0, jitter = 0, speed = Infinity } = this.#wire.pace
      const now = performance.now()
      // In order, however much each of them is late.
      freeAt = Math.max(freeAt, now + delay) + (chunk.length / speed) * 1_000
      if (jitter > 0) freeAt = Math.max(freeAt, now + delay + randomBelow(jitter + 1))
      const send = (): void => {
        for (let time = 0; time < times && !isLost(); time += 1) to.write(chunk)
      }
      if (waiting.length === 0 && freeAt - now < 1) {
        send()
        return
      }
      waiting.push(send)
      setTimeout(() => waiting.shift()?.(), freeAt - now)
    })
    from.on('error', () => undefined)
    from.on('close', () => to.destroy())
  }
}

/** Starts a proxy in front of `targetPort`. */
export async function startProxy(targetPort: number): Promise<TcpProxy> {
  const wire = new Wire()
  const server = createServer((client) => {
    wire.take(client, targetPort)
  })
  const port = await listen(server, 0)
  const cut = (): void => {
    wire.each((line) => {
      line.destroy()
    })
  }
  const refuse = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    cut()
    if (server.listening) await closed
  }
  const plan = (kind: Accident['kind'], countdown: number): (() => boolean) => {
    const accident = { kind, countdown }
    wire.accident = accident
    return () => accident.countdown <= 0
  }
  return {
    port,
    cut,
    refuse,
    async accept() {
      if (!server.listening) await listen(server, port)
    },
    swallow() {
      wire.isSwallowing = true
    },
    passOn() {
      wire.isSwallowing = false
    },
    abandon() {
      wire.each((line) => {
        line.isAbandoned = true
      })
    },
    slow(pace = {}) {
      wire.pace = pace
    },
    loseReply: (count) => plan('lose', count),
    repeatReply: (count) => plan('repeat', count),
    roundTrips: () => [...wire.trips],
    close: refuse,
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
