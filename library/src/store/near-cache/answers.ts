import type { Clock } from '../../system/clock.js'
import type { ChangeFeed, ChangeWatcher } from '../change-feed.js'
import { endedBecause, type SessionId } from '../record.js'
import type { ChangeResult, ReadResult, StoreDocument } from '../store.js'
import { Delays } from './delays.js'
import { Entries } from './entries.js'
import { markSeen, unpack, type Found } from './packing.js'
import { Tellings, type Mark } from './tellings.js'

/** What {@link Answers} is made of. */
export interface AnswersParts {
  /** Absent where nothing may be served. */
  readonly feed: ChangeFeed | undefined
  /** 0: no session is served. */
  readonly maxStaleness: number
  readonly maxDocumentStaleness: number
  readonly maxEntries: number
  readonly clock: Clock
}

/** A read that is under way. */
export interface Reading {
  readonly mark: Mark
  readonly sentAt: number
  /** By now it is known what changed: the answer can be kept. */
  readonly isWorthKeeping: boolean
}

interface DocumentEntry {
  readonly document: StoreDocument | undefined
  readonly sentAt: number
}

/** Data and attributes as JSON: larger sessions are read every time. */
const MOST_CHARACTERS = 4_096
/** Key rings and the like: there are few. */
const MOST_DOCUMENTS = 64
/** A store keeps a document for so long after the last read; those who only look here have to read now and then. */
const DOCUMENT_FOR = 24 * 3_600_000

/**
 * The answers of a store that are still known to be good, and how it is known: every change that is told drops
 * what it concerns, and the answer of a read during which it was told is not kept.
 */
export class Answers implements ChangeWatcher {
  readonly #parts: AnswersParts
  readonly #entries: Entries
  readonly #documents = new Map<string, DocumentEntry>()
  readonly #tellings = new Tellings()
  readonly delays: Delays = new Delays()
  #isOpen = true
  /** How far the host's wall clock is ahead of the one that never jumps. */
  #offset: number
  hits = 0
  misses = 0
  bypasses = 0
  flushes = 0

  constructor(parts: AnswersParts) {
    this.#parts = parts
    this.#entries = new Entries(parts.maxEntries)
    this.#offset = parts.clock.now() - parts.clock.elapsed()
  }

  get size(): number {
    return this.#entries.size
  }

  get evictions(): number {
    return this.#entries.evictions
  }

  age(): number {
    return this.#parts.feed?.age() ?? Number.POSITIVE_INFINITY
  }

  peek(id: SessionId): Found | undefined {
    const elapsed = this.#parts.clock.elapsed()
    if (!this.#mayServe(elapsed, this.#parts.maxStaleness)) {
      this.bypasses += 1
      return undefined
    }
    const entry = this.#entries.find(id)
    if (entry !== undefined) {
      const found = unpack(entry, elapsed)
      if (endedBecause(found.record, found.subject, found.now) === undefined) {
        entry.wasUsed = true
        this.hits += 1
        return found
      }
    }
    this.misses += 1
    return undefined
  }

  peekDocument(name: string): { readonly document: StoreDocument | undefined } | undefined {
    const elapsed = this.#parts.clock.elapsed()
    if (!this.#mayServe(elapsed, this.#parts.maxDocumentStaleness)) return undefined
    const entry = this.#documents.get(name)
    return entry !== undefined && elapsed - entry.sentAt < DOCUMENT_FOR ? entry : undefined
  }

  /** A read is about to be sent. */
  begin(): Reading {
    const { maxStaleness, maxDocumentStaleness } = this.#parts
    const isWorthKeeping =
      this.#isOpen && this.age() <= Math.max(maxStaleness, maxDocumentStaleness)
    return { mark: this.#tellings.mark(), sentAt: this.#parts.clock.elapsed(), isWorthKeeping }
  }

  /** Takes in what a read of `id` came back with. Only what lives is kept. */
  learn(id: SessionId, answer: ReadResult, reading: Reading): void {
    if (answer.status !== 'found' || !this.#isToKeep(id, answer, reading)) this.#entries.forget(id)
    else if (!this.#wasToldOf(answer, reading.mark)) this.#entries.keep(answer, reading.sentAt)
  }

  learnDocument(name: string, document: StoreDocument | undefined, reading: Reading): void {
    const isDoomed = this.#tellings.wasTold('document', name, reading.mark)
    if (isDoomed || !reading.isWorthKeeping || !this.#isOpen) return
    this.#documents.delete(name)
    for (const oldest of this.#documents.keys()) {
      if (this.#documents.size < MOST_DOCUMENTS) break
      this.#documents.delete(oldest)
    }
    this.#documents.set(name, { document, sentAt: reading.sentAt })
  }

  /** The session was marked as seen by this process, and nothing else of it changed: its entry stays. */
  learnSeen(id: SessionId, result: ChangeResult, sentAt: number): void {
    const entry = this.#entries.find(id)
    if (entry === undefined) return
    if (result.status !== 'changed') {
      this.#entries.forget(id)
      return
    }
    markSeen(entry, result, sentAt)
  }

  onSession(id: SessionId): void {
    this.#tellings.note('session', id)
    this.#entries.forget(id)
  }

  onSubject(subject: string): void {
    this.#tellings.note('subject', subject)
    this.#entries.forgetSubject(subject)
  }

  onDocument(name: string): void {
    this.#tellings.note('document', name)
    this.#documents.delete(name)
  }

  onEverything(): void {
    this.flushes += 1
    this.#tellings.noteEverything()
    this.#entries.clear()
    this.#documents.clear()
  }

  onDelay(milliseconds: number): void {
    this.delays.add(milliseconds)
  }

  /** Serves and keeps nothing from now on. */
  close(): void {
    this.#isOpen = false
    this.#tellings.noteEverything()
    this.#entries.clear()
    this.#documents.clear()
  }

  #mayServe(elapsed: number, maxStaleness: number): boolean {
    if (!this.#isOpen || maxStaleness === 0 || this.age() > maxStaleness) return false
    this.#noticeSleep(elapsed)
    return true
  }

  /**
   * While a machine sleeps, or a frozen process is moved, the clock that never jumps may stand still: what is hours
   * old would look fresh, to the feed as well. The wall clock tells. Setting it forward costs no more than a flush.
   */
  #noticeSleep(elapsed: number): void {
    const offset = this.#parts.clock.now() - elapsed
    const { maxStaleness, maxDocumentStaleness } = this.#parts
    const most = Math.max(maxStaleness, maxDocumentStaleness)
    if (offset - this.#offset > most) this.onEverything()
    this.#offset = offset
  }

  #isToKeep(id: SessionId, answer: Found, { isWorthKeeping }: Reading): boolean {
    const { record, subject, now } = answer
    return (
      isWorthKeeping &&
      this.#parts.maxStaleness > 0 &&
      this.#isOpen &&
      record.id === id &&
      endedBecause(record, subject, now) === undefined &&
      charactersOf(answer) <= MOST_CHARACTERS
    )
  }

  #wasToldOf({ record: { id, subject } }: Found, mark: Mark): boolean {
    if (this.#tellings.wasTold('session', id, mark)) return true
    return subject !== undefined && this.#tellings.wasTold('subject', subject, mark)
  }
}

function charactersOf({ record, subject }: Found): number {
  let characters = 0
  for (const [key, { json }] of record.data) characters += key.length + json.length
  for (const [key, json] of subject.attributes) characters += key.length + json.length
  return characters
}
