import type { SessionId } from '../record.js'
import { pack, type Found, type Packed } from './packing.js'

/** One session that is kept. */
export interface Entry extends Packed {
  /** It was served since the hand last passed. */
  wasUsed: boolean
  /** Where it stands in the round. */
  place: number
  /** The neighbours among the entries of its subject. */
  next: Entry | undefined
  previous: Entry | undefined
}

/** How many used entries are spared in a row before somebody has to leave, used or not. */
const MOST_SPARED = 100

/**
 * A bounded number of sessions by id and by subject. When it is full, one that was not used for a while leaves:
 * the entries stand in a round, a hand goes over them and spares once whoever was used since it last came by.
 * So a hit writes one flag, where a true order of use would cost more than the look-up.
 */
export class Entries {
  readonly #byId = new Map<SessionId, Entry>()
  /** The first entry of each subject; the others hang on it. */
  readonly #bySubject = new Map<string, Entry>()
  readonly #round: Entry[] = []
  readonly #most: number
  #hand = 0
  /** How many had to leave for others. */
  evictions = 0

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#round.length
  }

  find(id: SessionId): Entry | undefined {
    return this.#byId.get(id)
  }

  /** Keeps the answer to a read that was sent at `sentAt`, in place of an older one. */
  keep(answer: Found, sentAt: number): void {
    this.forget(answer.record.id)
    const place = this.#round.length < this.#most ? this.#round.length : this.#makeRoom()
    const { id, subject, row, numbers } = pack(answer, sentAt)
    // One literal: spread, it would take twice the room.
    const wasUsed = false
    const next = undefined
    const previous = undefined
    const entry: Entry = { id, subject, row, numbers, wasUsed, place, next, previous }
    this.#round[place] = entry
    this.#byId.set(entry.id, entry)
    this.#join(entry)
  }

  forget(id: SessionId): void {
    const entry = this.#byId.get(id)
    if (entry === undefined) return
    this.#leave(entry)
    // The last of the round takes the empty place.
    const last = this.#round.pop()
    if (last === undefined || last === entry) return
    last.place = entry.place
    this.#round[entry.place] = last
  }

  forgetSubject(subject: string): void {
    let entry = this.#bySubject.get(subject)
    while (entry !== undefined) {
      const { id, next } = entry
      this.forget(id)
      entry = next
    }
  }

  clear(): void {
    this.#byId.clear()
    this.#bySubject.clear()
    this.#round.length = 0
  }

  /** Sends away one that was not used, and gives its place. */
  #makeRoom(): number {
    for (let spared = 0; ; spared += 1) {
      this.#hand %= this.#round.length
      const entry = this.#round[this.#hand]
      this.#hand += 1
      if (entry === undefined) return 0
      if (!entry.wasUsed || spared === MOST_SPARED) {
        this.evictions += 1
        this.#leave(entry)
        return entry.place
      }
      entry.wasUsed = false
    }
  }

  #join(entry: Entry): void {
    if (entry.subject === undefined) return
    const first = this.#bySubject.get(entry.subject)
    if (first !== undefined) {
      entry.next = first
      first.previous = entry
    }
    this.#bySubject.set(entry.subject, entry)
  }

  #leave({ id, subject, next, previous }: Entry): void {
    this.#byId.delete(id)
    if (next !== undefined) next.previous = previous
    if (previous !== undefined) previous.next = next
    else if (subject === undefined) return
    else if (next === undefined) this.#bySubject.delete(subject)
    else this.#bySubject.set(subject, next)
  }
}
