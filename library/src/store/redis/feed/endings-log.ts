import type { Endings } from '../../change-feed.js'

/** Told ends in memory at most, whatever happens: about 20 MB. */
const MOST = 100_000

type EndedSession = Endings['sessions'][number]
type EndedSubject = Endings['subjects'][number]

interface Entry {
  /** When it was told, by the store's clock, but never before what was told earlier: clocks are set back. */
  readonly at: number
  readonly session?: EndedSession
  readonly subject?: EndedSubject
}

/**
 * What this process heard of ends, in the order in which it did. Complete from `since` on, which moves
 * forward as entries are dropped.
 */
export class EndingsLog {
  readonly #keptFor: number
  #entries: Entry[] = []
  /** Entries before this one have been dropped. */
  #first = 0
  /** Complete from here on; `undefined` while nobody listens, or before it is known that somebody does. */
  #since: number | undefined
  #latest = 0

  constructor(keptFor: number) {
    this.#keptFor = keptFor
  }

  /** From this instant on everything is heard. */
  begin(now: number): void {
    this.#since = this.#advance(now)
  }

  /** Something may have been missed: what was heard before says nothing any more. */
  forget(): void {
    this.#since = undefined
    this.#entries = []
    this.#first = 0
  }

  addSession(session: EndedSession): void {
    this.#add({ at: this.#advance(session.endedAt), session })
  }

  addSubject(subject: EndedSubject): void {
    this.#add({ at: this.#advance(subject.endedAt), subject })
  }

  /** All that was told at `since` or later. Everything told until `now` must have been heard. */
  read(since: number, now: number): Endings {
    if (this.#since === undefined) return this.readNothing(now)
    const latest = this.#advance(now)
    this.#dropBefore(latest - this.#keptFor)
    const entries = this.#entries.slice(this.#firstAt(since))
    const subjects = entries.flatMap(({ subject }) => subject ?? [])
    return {
      since: Math.max(since, this.#since),
      now: latest,
      sessions: entries.flatMap(({ session }) => session ?? []),
      // The last epoch of a subject says all that those before it did.
      subjects: [...new Map(subjects.map((ending) => [ending.subject, ending])).values()],
    }
  }

  /** The answer where nothing can be told for sure. */
  readNothing(now: number): Endings {
    const latest = this.#advance(now)
    return { since: latest, now: latest, sessions: [], subjects: [] }
  }

  #add(entry: Entry): void {
    this.#dropBefore(entry.at - this.#keptFor)
    if (this.#entries.length - this.#first >= MOST) this.#drop(this.#first + 1)
    this.#entries.push(entry)
  }

  #advance(instant: number): number {
    this.#latest = Math.max(this.#latest, instant)
    return this.#latest
  }

  #dropBefore(instant: number): void {
    if (this.#since === undefined) return
    this.#since = Math.max(this.#since, instant)
    if ((this.#entries[this.#first]?.at ?? Infinity) < instant) this.#drop(this.#firstAt(instant))
  }

  /** Drops up to, but without, `end`; others of the same instant stay, so the log is complete only after it. */
  #drop(end: number): void {
    const last = this.#entries[end - 1]
    if (last !== undefined && this.#since !== undefined) {
      this.#since = Math.max(this.#since, last.at + 1)
    }
    this.#first = end
    if (this.#first * 2 < this.#entries.length) return
    this.#entries = this.#entries.slice(this.#first)
    this.#first = 0
  }

  /** Where the entries of `instant` or later begin. */
  #firstAt(instant: number): number {
    let low = this.#first
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.at ?? Infinity) < instant) low = middle + 1
      else high = middle
    }
    return low
  }
}
