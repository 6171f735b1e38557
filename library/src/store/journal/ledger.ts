import type { Clock } from '../../system/clock.js'
import { bucketPart } from '../bucket.js'
import type { EndReason } from '../end-reason.js'
import type { SessionId, SessionRecord, SubjectRecord } from '../record.js'
import type { EndAllResult, Ending, Store } from '../store.js'
import { Book } from './book.js'
import { Exchanges } from './exchanges.js'
import type { JournalOptions } from './options.js'
import { Pending, type PendingListener } from './pending.js'
import { Recovery } from './recovery.js'
import type { JournalStats } from './stats.js'

/** A write whose loss would matter, and that was not looked at since. */
type Unverified =
  { readonly ended: SessionId } | { readonly exchanged: SessionId } | { readonly subject: string }

/** See {@link Ledger.question}. */
export interface Question {
  readonly places: Book['places']
  /** `elapsed`. */
  readonly at: number
  /** {@link Recovery.era}. */
  readonly era: number
}

/** All that this process knows of ends, and what follows from it. */
export class Ledger implements PendingListener {
  readonly book: Book
  readonly pending: Pending = new Pending()
  readonly exchanges: Exchanges
  readonly recovery: Recovery
  readonly #store: Store
  readonly #clock: Clock
  readonly #options: Required<JournalOptions>
  /** The last such write of each part of the storage: where that one is kept, so are those before it. */
  readonly #unverified = new Map<string | undefined, Unverified>()
  /** The store's clock minus our own that never jumps. */
  #lead: number | undefined

  constructor(store: Store, options: Required<JournalOptions>) {
    const { clock, pulseEvery, keptFor: idleAfter } = options
    this.#store = store
    this.#clock = clock
    this.#options = options
    this.book = new Book(clock, options)
    this.exchanges = new Exchanges(clock, options)
    const records = { book: this.book, exchanges: this.exchanges, now: () => this.now() }
    const listener = {
      onSession: this.onSession.bind(this),
      onSubject: this.onSubject.bind(this),
      onReset: options.onReset,
      onRollback: () => {
        const { sessions, subjects } = this.book
        options.onRollback({ sessions: sessions.size, subjects: subjects.size })
      },
    }
    const isLastWriteKept = (): Promise<boolean> => this.#isLastWriteKept()
    const { pending } = this
    const parts = {
      store,
      records,
      pending,
      listener,
      clock,
      pulseEvery,
      idleAfter,
      isLastWriteKept,
    }
    this.recovery = new Recovery(parts)
  }

  /** The present instant by the store's clock, as far as it is known. */
  now(): number {
    return this.#lead === undefined ? this.#clock.now() : this.#clock.elapsed() + this.#lead
  }

  /** What is known as the store is asked. */
  question(): Question {
    return { places: this.book.places, at: this.#clock.elapsed(), era: this.recovery.era }
  }

  /** Never behind the store's clock: the question had been sent when it looked at it. */
  hearTime(now: number, question: Question): void {
    this.#lead = now - question.at
  }

  /** Asks the store, and lets the answer wait where it cannot be believed yet. */
  async ask<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const answer = await this.attempt(call)
    if (this.recovery.isInDoubt) await this.recovery.settle()
    return answer
  }

  /** The same without waiting. */
  async attempt<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    this.recovery.noteUse()
    try {
      return await call()
    } catch (error) {
      this.recovery.hearFault(error)
      throw error
    }
  }

  /** `after`: milliseconds for which it may still be used. */
  noteEnded(id: SessionId, reason: EndReason, subject: string | undefined, after = 0): void {
    const endedAt = this.now() + after
    const liveUntil = after > 0 ? endedAt : undefined
    this.book.noteSession(id, { reason, subject, endedAt, liveUntil })
    this.exchanges.forget(id)
    this.#unverified.set(this.#store.shardOf?.(bucketPart(id)), { ended: id })
  }

  noteExchanged(id: SessionId): void {
    this.#unverified.set(this.#store.shardOf?.(bucketPart(id)), { exchanged: id })
  }

  noteAllEnded(
    subject: string,
    epoch: number,
    reason: EndReason,
    except: SessionId | undefined,
    isDisabled?: boolean,
  ): void {
    const ended = { epoch, reason, except, endedAt: this.now() }
    this.book.noteSubject(subject, ended, isDisabled)
    this.#unverified.set(this.#store.shardOf?.(this.#store.bucketOf(subject)), { subject })
  }

  /** Why a session that the store calls live is over. */
  endingOf(
    record: SessionRecord,
    subject: SubjectRecord,
    now: number,
    { places, era }: Question,
  ): Ending | undefined {
    const contradiction = this.book.contradict(record, subject, now, places)
    if (contradiction === undefined) return this.pending.endingOf(record)
    if (contradiction.isProof) this.recovery.noticeRollback(era)
    return contradiction.ending
  }

  /** The same, where only its name is known. */
  endingOfId(id: SessionId): Ending | undefined {
    return this.book.endingOf(id) ?? this.pending.endingOfId(id)
  }

  onSession(id: SessionId, record: SessionRecord | undefined, reason: EndReason): void {
    this.noteEnded(id, reason, record?.subject)
    if (record !== undefined) this.#options.onEnded(id, record.subject, reason)
  }

  onSubject(
    subject: string,
    result: EndAllResult | undefined,
    reason: EndReason,
    except: SessionId | undefined,
  ): void {
    if (result === undefined) return
    this.noteAllEnded(subject, result.epoch, reason, except)
    this.#options.onAllEnded(subject, reason, result.count)
  }

  stats(): JournalStats {
    const { book, exchanges, pending, recovery } = this
    const { rollbacks, resets, restored, isRestoring, isReset, takesWrites } = recovery
    return {
      sessions: book.sessions.size,
      subjects: book.subjects.size,
      exchanges: exchanges.size,
      pending: pending.size,
      ...{ rollbacks, resets, restored, isRestoring, isReset, takesWrites },
    }
  }

  async #isLastWriteKept(): Promise<boolean> {
    const writes = [...this.#unverified]
    const kept = await Promise.all(
      writes.map(async ([shard, write]) => {
        const isKept = await this.#isKept(write)
        if (this.#unverified.get(shard) === write) this.#unverified.delete(shard)
        return isKept
      }),
    )
    return kept.every(Boolean)
  }

  #isKept(write: Unverified): Promise<boolean> {
    if ('subject' in write) return this.#isRaised(write.subject)
    return 'ended' in write ? this.#isEnded(write.ended) : this.#isExchanged(write.exchanged)
  }

  async #isExchanged(id: SessionId): Promise<boolean> {
    const known = this.exchanges.generationOf(id)
    const answer = await this.#store.read(id)
    if (answer.status !== 'found') return true
    return (answer.record.family?.generation ?? known) >= known
  }

  async #isEnded(id: SessionId): Promise<boolean> {
    const before = this.book.places
    const answer = await this.#store.read(id)
    if (answer.status !== 'found') return true
    const { record, subject, now } = answer
    return this.book.contradict(record, subject, now, before)?.isProof !== true
  }

  async #isRaised(subject: string): Promise<boolean> {
    const known = this.book.subjects.get(subject)?.value.epoch ?? 0
    return (await this.#store.readSubject(subject)).epoch >= known
  }
}
