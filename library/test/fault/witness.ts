/** Somebody who uses two stores on one Redis, and knows after each call what has to be true. */
import { setTimeout as pause } from 'node:timers/promises'
import { StoreUnavailable } from '../../src/errors.js'
import type { NewSession, Store } from '../../src/store/store.js'
import { randomToken } from '../../src/system/random.js'

const HOUR = 3_600_000
/** Milliseconds between two rounds. */
const REST = 25

/** What a witness found out. */
export interface Testimony {
  /** Answers that cannot be, and faults that are no {@link StoreUnavailable}. */
  readonly wrong: readonly string[]
  readonly answers: number
  /** What the faults said. */
  readonly faults: readonly string[]
  /** The longest call, in milliseconds. */
  readonly slowest: number
}

export interface Witness {
  readonly bucket: string
  /** How many answers there were so far. */
  answers(): number
  /** What the faults so far said. */
  faults(): readonly string[]
  /** Has a last look, once all is well. */
  stop(): Promise<Testimony>
}

/**
 * Over and over: reads a session, adds to a number in it, finds it in the list, uses an anonymous one and a counter, and
 * now and then starts a session and ends all but the first. Writes by one store, and looks by the other.
 */
export function startWitness(stores: readonly [Store, Store], subject: string): Witness {
  const life = new Life(stores, subject)
  let isOver = false
  const living = (async () => {
    for (let round = 1; !isOver; round += 1) {
      await life.round(round)
      await pause(REST)
    }
  })()
  // Whoever asks hears of it in `stop`.
  living.catch(() => undefined)
  return {
    bucket: life.bucket,
    answers: () => life.answers,
    faults: () => life.faults,
    async stop() {
      isOver = true
      await living
      return life.testify()
    },
  }
}

class Life {
  readonly bucket: string
  readonly #writer: Store
  readonly #looker: Store
  readonly #subject: string
  readonly #wrong: string[] = []
  readonly faults: string[] = []
  readonly #anonymous: string
  #kept: string | undefined
  #hasAnonymous = false
  /** What the number is at least, and at most: a call that failed may have been carried out. */
  #added = 0
  #tried = 0
  /** `undefined`: a call that raises it failed. */
  #epoch: number | undefined = 0
  answers = 0
  #slowest = 0

  constructor([writer, looker]: readonly [Store, Store], subject: string) {
    this.#writer = writer
    this.#looker = looker
    this.#subject = subject
    this.bucket = writer.bucketOf(subject)
    this.#anonymous = `${this.bucket}.${randomToken(16)}`
  }

  async round(round: number): Promise<void> {
    if (this.#kept === undefined) await this.#start()
    else await this.#use(this.#kept)
    await this.#useAnonymous()
    const spent = await this.#call(() =>
      this.#writer.counters?.spend(this.#subject, { quota: 1_000_000, window: 60_000 }),
    )
    if (spent?.isAllowed === false) this.#wrong.push('a quota of a million was spent')
    if (round % 8 === 0 && this.#kept !== undefined) await this.#endOthers(this.#kept)
  }

  async testify(): Promise<Testimony> {
    for (const store of [this.#writer, this.#looker]) {
      const kept = await store.read(this.#kept ?? '')
      const number =
        kept.status === 'found' ? Number(kept.record.data.get('n')?.json ?? 0) : Number.NaN
      if (!(number >= this.#added && number <= this.#tried)) {
        const range = `${String(this.#added)} to ${String(this.#tried)}`
        this.#wrong.push(`the number is ${String(number)}, not ${range}`)
      }
      const { records } = await store.list(this.#subject, { limit: 100 })
      const ids = records.map(({ id }) => id)
      if (this.#epoch !== undefined && !ids.includes(this.#kept ?? '')) {
        this.#wrong.push(`the list lacks ${String(this.#kept)}`)
      }
      for (const id of ids) {
        if ((await store.read(id)).status !== 'found') this.#wrong.push(`${id} is listed and gone`)
      }
    }
    return {
      wrong: this.#wrong,
      answers: this.answers,
      faults: this.faults,
      slowest: this.#slowest,
    }
  }

  async #start(): Promise<void> {
    const session = this.#newSession()
    const created = await this.#call(() => this.#writer.create(session))
    if (created?.status === 'created') this.#kept = session.id
    else if (created !== undefined) this.#wrong.push(`not started: ${created.reason}`)
  }

  async #use(id: string): Promise<void> {
    const read = await this.#call(() => this.#looker.read(id))
    if (read !== undefined && read.status !== 'found') this.#wrong.push(`read: ${read.status}`)
    if (read?.status === 'found' && this.#epoch !== undefined) {
      if (read.subject.epoch !== this.#epoch) this.#wrong.push('another epoch')
    }
    this.#tried += 1
    const add = { seen: true, increment: new Map([['n', 1]]) }
    const changed = await this.#call(() => this.#writer.change(id, add))
    if (changed?.status === 'changed') {
      this.#added += 1
      const number = changed.values.get('n') ?? 0
      if (number < this.#added || number > this.#tried) this.#wrong.push('another number')
    } else if (changed !== undefined && this.#epoch !== undefined) {
      this.#wrong.push(`change: ${changed.status}`)
    }
    const list = await this.#call(() => this.#looker.list(this.#subject, { limit: 100 }))
    if (list !== undefined && this.#epoch !== undefined) {
      if (!list.records.some((record) => record.id === id)) this.#wrong.push('not in the list')
    }
  }

  async #useAnonymous(): Promise<void> {
    if (this.#hasAnonymous) {
      const read = await this.#call(() => this.#looker.read(this.#anonymous))
      if (read !== undefined && read.status !== 'found') {
        this.#wrong.push(`anonymous: ${read.status}`)
      }
      return
    }
    const session = { ...this.#newSession(), id: this.#anonymous, subject: undefined }
    const created = await this.#call(() => this.#writer.create(session))
    this.#hasAnonymous = created !== undefined
  }

  async #endOthers(kept: string): Promise<void> {
    const session = this.#newSession()
    const created = await this.#call(() => this.#writer.create(session))
    if (created?.status !== 'created') return
    const ended = await this.#call(() => this.#looker.endAll(this.#subject, 'revoked_admin', kept))
    this.#epoch = ended?.epoch
    if (ended === undefined) return
    const read = await this.#call(() => this.#writer.read(session.id))
    if (read?.status === 'found' && read.record.epoch >= read.subject.epoch) {
      this.#wrong.push('a session that was ended lives')
    }
    await this.#call(() => this.#writer.reap(this.#subject, 100))
  }

  async #call<Answer>(
    ask: () => Promise<Answer> | undefined,
  ): Promise<Awaited<Answer> | undefined> {
    const start = performance.now()
    try {
      const answer = await ask()
      this.answers += 1
      return answer
    } catch (error) {
      if (error instanceof StoreUnavailable) this.faults.push(error.message)
      else this.#wrong.push(String(error))
      return undefined
    } finally {
      this.#slowest = Math.max(this.#slowest, performance.now() - start)
    }
  }

  #newSession(): NewSession {
    return {
      id: `${this.bucket}.${randomToken(16)}`,
      subject: this.#subject,
      secretDigest: randomToken(32),
      idleTimeout: HOUR,
      absoluteTimeout: HOUR,
      traits: {},
      data: new Map(),
    }
  }
}
