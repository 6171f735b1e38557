import type { Clock } from '../../../system/clock.js'
import { randomToken } from '../../../system/random.js'
import { Freshness } from './freshness.js'
import { toChanges, type TrackedKeys } from './keys-written.js'
import { toMessage, type Message } from './message.js'
import type { Line, OpenLine } from './subscriber.js'
import { PROVED_WITHIN, unheard, within } from './within.js'

/** Every second heartbeat proves the way of the writers, too; those in between only that the line is not silent. */
const PROVED_EVERY = 2

/** A line to a server that writers do not write to is connected anew, to where it leads then; not more often. */
const RENEW_EVERY = 1_000

/** What the connection that others write over says: see scripts/listen.ts. */
export type AskWriters = (
  word: string,
) => Promise<{ readonly channel: string; readonly now: number }>

/** What whoever listens is told. */
export interface ListeningEvents {
  /** Without anybody who asks for the age there are no heartbeats. */
  readonly isAgeWanted: () => boolean
  /**
   * Anything that came; `undefined` for a message of a later version. Not `isFirst`: it has come, or will come, by
   * another way, too.
   */
  readonly onMessage: (message: Message | undefined, isFirst: boolean) => void
  /** From now on (the store's clock) everything is heard. What was before may have been missed. */
  readonly onBegin: (now: number) => void
  /** From now on things may be missed. */
  readonly onGap: () => void
}

export interface ListeningOptions extends ListeningEvents {
  readonly openLine: OpenLine
  readonly askWriters: AskWriters
  readonly clock: Clock
  readonly heartbeat: number
  /** Where changes by others than this library are heard of, too. */
  readonly tracked?: TrackedKeys | undefined
}

/** Hears what is told, and knows for how long it may not have. */
export interface Listener {
  /** See `ChangeFeed.age`. */
  age(): number
  /** Settles when everything is heard, or after a while. */
  known(): Promise<void>
  /** The present instant by the store's clock, and whether everything that was told before has been heard. */
  catchUp(): Promise<{ readonly now: number; readonly isHeard: boolean }>
  /** For how long something was under way at most that happened at `instant`, by the store's clock. */
  delaySince(instant: number): number | undefined
  close(): void
}

/**
 * Listens on one connection until it is closed, through any number of reconnections.
 *
 * A proof is a word published over the connection that writers use: it has to be back before the PONG of a PING that was
 * sent on the line when the writers' connection had answered. Replies and messages come in one order, so then everything
 * that was told before the word has been heard. Another server, be it that the writers have moved on to and this line has
 * not, a replica, a right that is missing or a lost subscription give no proof: they leave the age at Infinity.
 *
 * Each new connection begins with one, and every second heartbeat brings another; never two at once.
 */
export class Listening implements Listener {
  readonly #options: ListeningOptions
  readonly #line: Line
  readonly #timer: ReturnType<typeof setInterval>
  /** Words on their way back. */
  readonly #words = new Map<string, () => void>()
  readonly #freshness: Freshness
  /** Stands for the present connection: whatever began on another one is over. */
  #connection = {}
  #beats = 0
  #isBusy = false
  #channel: string | undefined
  /** The store's clock is ahead of ours by so much at most. */
  #lead: number | undefined
  #renewedAt = -Infinity

  constructor(options: ListeningOptions) {
    this.#options = options
    this.#freshness = new Freshness(options.clock)
    this.#line = options.openLine({
      onMessage: (text) => this.#hear(text),
      onKeys: (keys) => this.#hearKeys(keys),
      onBreak: () => this.#break(),
    })
    this.#timer = setInterval(() => this.#beat(), options.heartbeat).unref()
    this.#beat()
  }

  age(): number {
    return this.#freshness.age()
  }

  known(): Promise<void> {
    return this.#freshness.known()
  }

  async catchUp(): Promise<{ readonly now: number; readonly isHeard: boolean }> {
    const connection = this.#connection
    try {
      if (this.#freshness.isKnown) return { now: await this.#prove(connection), isHeard: true }
    } catch {
      // Not heard; but the store may well answer.
    }
    const { now } = await this.#ask('')
    return { now, isHeard: false }
  }

  delaySince(instant: number): number | undefined {
    if (this.#lead === undefined) return undefined
    return Math.max(0, this.#options.clock.elapsed() + this.#lead - instant)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#connection = {}
    this.#freshness.lose()
    if (this.#channel !== undefined && this.#line.isReady()) {
      this.#line.unsubscribe(this.#channel).catch(() => undefined)
    }
    this.#line.close()
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
    const freshness = this.#freshness
    if (!freshness.isKnown) return this.#begin(connection)
    if (!this.#options.isAgeWanted()) {
      freshness.rest()
      return
    }
    this.#beats += 1
    const isProof = freshness.isUnproved || this.#beats % PROVED_EVERY === 0
    freshness.ask()
    if (isProof) await this.#proveAgain(connection)
    else await this.#pong(connection)
    this.#assertSame(connection)
    freshness.answered()
  }

  async #proveAgain(connection: object): Promise<void> {
    try {
      await this.#prove(connection)
    } catch (error) {
      if (connection === this.#connection) this.#freshness.doubt()
      throw error
    }
  }

  /** A connection that does not answer in time is given up: the kernel would keep it for a quarter of an hour. */
  async #pong(connection: object): Promise<void> {
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
    const { tracked } = this.#options
    const home = channel.slice(0, -'changes'.length)
    if (tracked !== undefined) await this.#line.track(tracked.prefixes(home))
    this.#channel = channel
    await this.#line.subscribe(channel)
    if (tracked !== undefined) {
      const { word, left } = tracked.leaveTrace()
      await this.#back(word, left)
    }
    await this.#prove(connection)
  }

  /** Waits until `word` has come back, after `sent`. */
  async #back(word: string, sent: Promise<unknown>): Promise<void> {
    const back = new Promise<void>((resolve) => this.#words.set(word, resolve))
    try {
      await within(PROVED_WITHIN, Promise.all([sent, back]))
    } finally {
      this.#words.delete(word)
    }
  }

  /** See above; answers the instant before which nothing is missing. */
  async #prove(connection: object): Promise<number> {
    const { clock } = this.#options
    const word = randomToken(9)
    const told = new Set<string>()
    this.#words.set(word, () => told.add(word))
    try {
      const sentAt = clock.elapsed()
      const { now } = await this.#ask(word)
      this.#assertSame(connection)
      this.#freshness.askFurther()
      await this.#pong(connection)
      this.#assertSame(connection)
      if (!told.has(word)) this.#loseWriters()
      // Within a millisecond of the store's clock, which is cut off.
      this.#lead = now + 1 - sentAt
      this.#note(sentAt, now)
      return now
    } finally {
      this.#words.delete(word)
    }
  }

  #note(sentAt: number, now: number): void {
    if (this.#freshness.isTooLate(sentAt)) this.#lose()
    // Whoever is told forgets what was learnt before, and only then may anything be served again.
    if (!this.#freshness.isKnown) this.#options.onBegin(now)
    this.#freshness.proved(sentAt)
  }

  /** The line hears, and not what writers publish: they write elsewhere. */
  #loseWriters(): never {
    const now = this.#options.clock.elapsed()
    this.#lose()
    if (now - this.#renewedAt > RENEW_EVERY) {
      this.#renewedAt = now
      this.#line.renew()
    }
    throw unheard()
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
    else this.#options.onMessage(message, true)
  }

  #hearKeys(keys: readonly string[] | undefined): void {
    if (keys === undefined) return this.#options.onMessage(undefined, false)
    for (const message of toChanges(keys)) {
      if (message.kind === 'probe') this.#words.get(message.word)?.()
      else this.#options.onMessage(message, false)
    }
  }

  #break(): void {
    this.#connection = {}
    this.#isBusy = false
    this.#lose()
  }

  #lose(): void {
    const wasKnown = this.#freshness.isKnown
    this.#freshness.lose()
    if (wasKnown) this.#options.onGap()
  }
}
