import type { SessionFacts } from '../session/facts.js'
import type { Clock } from '../system/clock.js'
import type { Wire } from './connection.js'
import type { LiveEnd } from './end.js'
import type { Due, Wheel } from './wheel.js'

/** The part of a Node response that is used. */
export interface StreamResponse {
  readonly writableLength: number
  readonly writableEnded: boolean
  readonly destroyed: boolean
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown
  write(text: string): unknown
  end(text?: string): unknown
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

/** How a stream behaves. */
export interface StreamTimes {
  /** Milliseconds before the end at which `expiring` is sent, at most; a third of the idle time where that is less. */
  readonly expiringBefore: number
  /** Milliseconds between comments that keep the connection from being taken for dead. */
  readonly heartbeat: number
}

/** What a stream needs of its connection. */
export interface StreamSource {
  readonly facts: SessionFacts
  readonly isOpen: boolean
  ask(): void
}

/** Unread bytes at which a client counts as gone: it would be told things that it never asks for. */
const MOST_UNREAD = 65_536
/** A client that lost the stream comes back after this. Milliseconds. */
const RETRY = 3_000
/** A third of the idle time is left for being warned, where that is less. */
const SHARE = 3

/** Everything here can be read by one person alone, must reach them at once, and never be packed by something between. */
const HEAD = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
}

/**
 * Tells one client of its session (WHATWG HTML section 9.2): `session` first, `extended` when it is used, `expiring` before its
 * end, `ended` with the reason, and then no more. It counts as nothing and extends nothing.
 */
export class EventStream implements Wire {
  readonly #response: StreamResponse
  readonly #times: StreamTimes
  readonly #wheel: Wheel
  readonly #clock: Clock
  readonly #beat: Due = {
    run: () => {
      this.#write(':\n\n')
      this.#setBeat()
    },
  }
  readonly #warning: Due = {
    // It is warned of only what the store still says then.
    run: () => {
      this.#source?.ask()
    },
  }
  #source: StreamSource | undefined
  #told = 0
  #warned = 0

  constructor(response: StreamResponse, times: StreamTimes, wheel: Wheel, clock: Clock) {
    this.#response = response
    this.#times = times
    this.#wheel = wheel
    this.#clock = clock
  }

  /** Says the head and the first event. */
  begin(source: StreamSource): void {
    this.#source = source
    this.#response.writeHead(200, HEAD)
    const { facts } = source
    this.#told = facts.idleExpiresAt
    this.#write(`retry: ${String(RETRY)}\n\n`)
    this.send('session', toShown(facts))
    this.#setBeat()
    this.#setWarning(facts)
  }

  /** Sends an event of the application's own. Answers whether the client keeps up. */
  send(name: string, data: unknown): boolean {
    return this.#write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  onLook(): void {
    const source = this.#source
    if (source?.isOpen !== true) return
    const { facts } = source
    if (facts.idleExpiresAt !== this.#told) {
      this.#told = facts.idleExpiresAt
      this.send('extended', toShown(facts))
    }
    if (facts.serverTime >= this.#warnAt(facts)) this.#warn(facts)
    this.#setWarning(facts)
  }

  end(end: LiveEnd): void {
    this.stop()
    const facts = this.#source?.facts
    if (end.kind === 'ended' && facts !== undefined) {
      const serverTime = toText(facts.serverTime)
      this.send('ended', { id: facts.id, reason: end.reason, serverTime })
    }
    if (!this.#response.destroyed) this.#response.end()
  }

  /** The client is gone. */
  stop(): void {
    this.#wheel.drop(this.#beat)
    this.#wheel.drop(this.#warning)
  }

  #warn(facts: SessionFacts): void {
    if (this.#warned === facts.idleExpiresAt) return
    this.#warned = facts.idleExpiresAt
    this.send('expiring', toShown(facts))
  }

  #warnAt({ idleExpiresAt, lastSeenAt }: SessionFacts): number {
    const third = (idleExpiresAt - lastSeenAt) / SHARE
    return idleExpiresAt - Math.min(this.#times.expiringBefore, third)
  }

  #setWarning(facts: SessionFacts): void {
    if (this.#warned === facts.idleExpiresAt) return
    const wait = Math.max(0, this.#warnAt(facts) - facts.serverTime)
    this.#wheel.set(this.#warning, this.#clock.elapsed() + wait)
  }

  #setBeat(): void {
    this.#wheel.set(this.#beat, this.#clock.elapsed() + this.#times.heartbeat)
  }

  #write(text: string): boolean {
    const response = this.#response
    if (response.destroyed || response.writableEnded) return false
    if (response.writableLength > MOST_UNREAD) {
      response.destroy()
      return false
    }
    response.write(text)
    return true
  }
}

/** What a client may know of its session, as `GET /session` of the service says it. */
function toShown(facts: SessionFacts): object {
  return {
    id: facts.id,
    subject: facts.subject ?? null,
    createdAt: toText(facts.createdAt),
    lastSeenAt: toText(facts.lastSeenAt),
    idleExpiresAt: toText(facts.idleExpiresAt),
    expiresAt: toText(facts.expiresAt),
    authenticatedAt: facts.authenticatedAt === undefined ? null : toText(facts.authenticatedAt),
    serverTime: toText(facts.serverTime),
  }
}

function toText(instant: number): string {
  return new Date(instant).toISOString()
}
