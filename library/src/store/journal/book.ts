import type { Clock } from '../../system/clock.js'
import type { EndReason } from '../end-reason.js'
import { endedBecause, type SessionId, type SessionRecord, type SubjectRecord } from '../record.js'
import type { Ending } from '../store.js'

/** A session that is over for good. */
export interface EndedSession {
  readonly reason: EndReason
  readonly subject: string | undefined
  /** By the store's clock. */
  readonly endedAt: number
  /** Until then it may be used; `undefined`: it is over. By the store's clock. */
  readonly liveUntil: number | undefined
}

/** Sessions of a subject that are over for good: all of older epochs, but for one. */
export interface EndedSubject {
  readonly epoch: number
  readonly except: SessionId | undefined
  readonly reason: EndReason
  readonly endedAt: number
  readonly isDisabled: boolean
}

/** How much is kept, and how long. Milliseconds. */
export interface BookLimits {
  readonly keptFor: number
  readonly maxEntries: number
}

/** While there are no more entries than this, they are kept for a day. */
const FEW = 1_000
const DAY = 86_400_000

interface Noted<Value> {
  readonly value: Value
  /** `elapsed`. */
  readonly at: number
  /** Which entry of all it is. */
  readonly place: number
}

/** Entries by name in the order in which they were noted; the oldest go first. */
export class Shelf<Value> {
  readonly #clock: Clock
  readonly #limits: BookLimits
  readonly #entries = new Map<string, Noted<Value>>()
  #places = 0

  constructor(clock: Clock, limits: BookLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  get #longest(): number {
    return Math.max(this.#limits.keptFor, DAY)
  }

  /** The place of the latest entry: whatever is noted later has a higher one. */
  get place(): number {
    return this.#places
  }

  get(name: string): Noted<Value> | undefined {
    const noted = this.#entries.get(name)
    if (noted === undefined || this.#clock.elapsed() - noted.at < this.#longest) return noted
    this.#entries.delete(name)
    return undefined
  }

  note(name: string, value: Value): void {
    this.#entries.delete(name)
    this.#places += 1
    this.#entries.set(name, { value, at: this.#clock.elapsed(), place: this.#places })
    this.sweep()
  }

  forget(name: string): void {
    this.#entries.delete(name)
  }

  /** Drops what is old, and the oldest of what is too much. */
  sweep(): void {
    const { keptFor, maxEntries } = this.#limits
    const now = this.#clock.elapsed()
    for (const [name, { at }] of this.#entries) {
      const longest = this.#entries.size > FEW ? keptFor : this.#longest
      if (this.#entries.size <= maxEntries && now - at < longest) return
      this.#entries.delete(name)
    }
  }

  entries(): [string, Value][] {
    return [...this.#entries].map(([name, { value }]) => [name, value])
  }
}

/** What the journal says of an answer that calls a session live. */
export interface Contradiction {
  readonly ending: Ending
  /** The end was known before the store was asked: it has gone back in time. */
  readonly isProof: boolean
}

/** All ends that are known to have been acknowledged. */
export class Book {
  readonly sessions: Shelf<EndedSession>
  readonly subjects: Shelf<EndedSubject>

  constructor(clock: Clock, limits: BookLimits) {
    this.sessions = new Shelf(clock, limits)
    this.subjects = new Shelf(clock, limits)
  }

  noteSession(id: SessionId, ended: EndedSession): void {
    const known = this.sessions.get(id)?.value
    // What was heard by name alone says less than what is known already.
    const { reason, subject } = ended.reason === 'unknown' && known !== undefined ? known : ended
    this.sessions.note(id, { ...ended, reason, subject })
  }

  noteSubject(subject: string, ended: Omit<EndedSubject, 'isDisabled'>, disabled?: boolean): void {
    const known = this.subjects.get(subject)?.value
    if (known !== undefined && known.epoch > ended.epoch) return
    const isSame = known?.epoch === ended.epoch && ended.reason === 'unknown'
    const isDisabled = disabled ?? known?.isDisabled ?? false
    this.subjects.note(subject, { ...(isSame ? known : ended), isDisabled })
  }

  /** The subject may have sessions again. */
  noteEnabled(subject: string): void {
    const known = this.subjects.get(subject)?.value
    if (known?.isDisabled === true) this.subjects.note(subject, { ...known, isDisabled: false })
  }

  sweep(): void {
    this.sessions.sweep()
    this.subjects.sweep()
  }

  /** Which entries there are as a question is sent to the store. */
  get places(): readonly [sessions: number, subjects: number] {
    return [this.sessions.place, this.subjects.place]
  }

  /**
   * Whether a record that the store calls live is known to be over. `before`: {@link places} as the store was asked:
   * an end that was noted later may simply have overtaken the answer.
   */
  contradict(
    record: SessionRecord,
    subject: SubjectRecord,
    now: number,
    before: Book['places'],
  ): Contradiction | undefined {
    const bySession = this.sessions.get(record.id)
    const name = record.subject
    const bySubject = name === undefined ? undefined : this.subjects.get(name)
    if (bySession === undefined && bySubject === undefined) return undefined
    if (endedBecause(record, subject, now) !== undefined) return undefined
    if (bySession !== undefined && now >= (bySession.value.liveUntil ?? 0)) {
      const { reason, endedAt } = bySession.value
      return { ending: { reason, endedAt, subject: name }, isProof: bySession.place <= before[0] }
    }
    if (bySubject === undefined || !isOlder(record, bySubject.value)) return undefined
    const { reason, endedAt } = bySubject.value
    return { ending: { reason, endedAt, subject: name }, isProof: bySubject.place <= before[1] }
  }

  /** The end of a session that is over, whatever the store says. One that was to end later may have ended otherwise before. */
  endingOf(id: SessionId): Ending | undefined {
    const ended = this.sessions.get(id)?.value
    if (ended === undefined || ended.liveUntil !== undefined) return undefined
    const { reason, endedAt, subject } = ended
    return { reason, endedAt, subject }
  }
}

function isOlder(record: SessionRecord, ended: EndedSubject): boolean {
  return record.epoch < ended.epoch && record.id !== ended.except
}
