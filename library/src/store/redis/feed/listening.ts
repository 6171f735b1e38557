import { StoreUnavailable } from '../../../errors.js'
import type { Clock } from '../../../system/clock.js'
import { randomToken } from '../../../system/random.js'
import { toMessage, type Message } from './message.js'
import type { Line, OpenLine } from './subscriber.js'

/** How long the proof that writers are heard may take before it counts as failed. */
const PROVED_WITHIN = 1_000

/**
 * A PONG that takes longer than this, and than three times the one before, is a sign that the line has gone silent:
 * then nothing is known until it comes. Otherwise a Redis that hangs would be noticed only as late as the bound allows.
 */
const SILENCE = 50

/** What the connection that others write over says: see scripts/listen.ts. */
export type AskWriters = (
  word: string,
) => Promise<{ readonly channel: string; readonly now: number }>

export interface ListeningOptions {
  readonly openLine: OpenLine
  readonly askWriters: AskWriters
  readonly clock: Clock
  readonly heartbeat: number
  /** Without anybody who asks for the age there are no PINGs. */
  readonly isAgeWanted: () => boolean
  /** Anything that came; `undefined` for a message of a later version. */
  readonly onMessage: (message: Message | undefined) => void
  /** From now on (the store's clock) everything is heard. What was before may have been missed. */
  readonly onBegin: (now: number) => void
  /** From now on things may be missed. */
  readonly onGap: () => void
}

/**
 * Listens on one connection until it is closed, through any number of reconnections.
 *
 * Each new connection is subscribed, and proved: a word published over the connection that writers use has to
 * come back, so that another server, a right that is missing or a lost subscription leave the age at
 * Infinity. From then on a PING is sent with each heartbeat, never two at once. Replies and messages come in
 * one order; so when its PONG is there, everything that was told before the PING was sent has been heard.
 */
export class Listening {
  readonly #options: ListeningOptions
  readonly #line: Line
  readonly #timer: ReturnType<typeof setInterval>
  /** Words on their way back. */
  readonly #words = new Map<string, () => void>()
  readonly #whenKnown = new Set<() => void>()
  /** Stands for the present connection: whatever began on another one is over. */
  #connection = {}
  #isBusy = false
  #isKnown = false
  #channel: string | undefined
  /** Everything told before this instant (elapsed) has been heard. */
  #heardTo: number | undefined
  /** When the PING was sent whose PONG is awaited. */
  #askedAt: number | undefined
  /** How long the last PONG took. */
  #roundTrip = 0

  constructor(options: ListeningOptions) {
    this.#options = options
    this.#line = options.openLine({
      onMessage: (text) => this.#hear(text),
      onBreak: () => this.#break(),
    })
    this.#timer = setInterval(() => this.#beat(), options.heartbeat).unref()
    this.#beat()
  }

  age(): number {
    const now = this.#options.clock.elapsed()
    if (this.#heardTo === undefined || this.#isSilent(now)) return Number.POSITIVE_INFINITY
    return now - this.#heardTo
  }

  #isSilent(now: number): boolean {
    const patience = Math.max(SILENCE, 3 * this.#roundTrip)
    return this.#askedAt !== undefined && now - this.#askedAt > patience
  }

  /** Settles when everything is heard, or after a while. */
  async known(): Promise<void> {
    if (this.#isKnown) return
    const waiting = new Promise<void>((resolve) => this.#whenKnown.add(resolve))
    await within(PROVED_WITHIN, waiting).catch(() => undefined)
  }

  /** The present instant by the store's clock, and whether everything that was told before has been heard. */
  async catchUp(): Promise<{ readonly now: number; readonly isHeard: boolean }> {
    const connection = this.#connection
    try {
      if (this.#isKnown) return { now: await this.#echo(connection), isHeard: true }
    } catch {
      // Not heard; but the store may well answer.
    }
    const { now } = await this.#ask('')
    return { now, isHeard: false }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#line.close()
    this.#connection = {}
    this.#heardTo = undefined
    if (this.#channel === undefined || !this.#line.isReady()) return
    this.#line.unsubscribe(this.#channel).catch(() => undefined)
  }

  /** One step further, unless one is under way. What fails is tried again with the next heartbeat. */
  #beat(): void {
    if (this.#isBusy || !this.#line.isReady()) return
    const connection = this.#connection
    const done = (): void => {
      if (connection === this.#connection) this.#isBusy = false
    }
    this.#isBusy = true
    this.#step(connection).then(done, done)
  }

  async #step(connection: object): Promise<void> {
    if (!this.#isKnown) await this.#begin(connection)
    if (!this.#options.isAgeWanted()) return
    const { clock } = this.#options
    const sentAt = clock.elapsed()
    this.#askedAt = sentAt
    await this.#pong()
    if (connection !== this.#connection) return
    this.#heardTo = sentAt
    this.#askedAt = undefined
    this.#roundTrip = clock.elapsed() - sentAt
  }

  /** A connection that does not answer in time is given up: the kernel would keep it for a quarter of an hour. */
  async #pong(): Promise<void> {
    const connection = this.#connection
    try {
      await within(PROVED_WITHIN, this.#line.ping())
    } catch (error) {
      if (connection === this.#connection) this.#line.renew()
      throw error
    }
  }

  async #begin(connection: object): Promise<void> {
    const { channel } = await this.#ask('')
    this.#assertSame(connection)
    this.#channel = channel
    await this.#line.subscribe(channel)
    const now = await this.#echo(connection)
    this.#isKnown = true
    this.#options.onBegin(now)
    for (const resolve of this.#whenKnown) resolve()
    this.#whenKnown.clear()
  }

  /** Publishes a word as writers do and waits until it is back: the instant before which nothing is missing. */
  async #echo(connection: object): Promise<number> {
    const word = randomToken(9)
    const back = new Promise<void>((resolve) => this.#words.set(word, resolve))
    try {
      const [{ now }] = await within(PROVED_WITHIN, Promise.all([this.#ask(word), back]))
      this.#assertSame(connection)
      return now
    } finally {
      this.#words.delete(word)
    }
  }

  #ask(word: string): ReturnType<AskWriters> {
    return within(PROVED_WITHIN, this.#options.askWriters(word))
  }

  #assertSame(connection: object): void {
    if (connection !== this.#connection) throw unheard()
  }

  #hear(text: string): void {
    const message = toMessage(text)
    if (message?.kind === 'probe') this.#words.get(message.word)?.()
    else this.#options.onMessage(message)
  }

  #break(): void {
    this.#connection = {}
    this.#isBusy = false
    this.#heardTo = undefined
    this.#askedAt = undefined
    if (!this.#isKnown) return
    this.#isKnown = false
    this.#options.onGap()
  }
}

function unheard(): StoreUnavailable {
  return new StoreUnavailable(
    'Redis is unavailable: it is not heard over the connection to listen on',
  )
}

/** What a promise settles to, or {@link StoreUnavailable} after a while; what comes later is dropped. */
async function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unheard()), milliseconds).unref()
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
