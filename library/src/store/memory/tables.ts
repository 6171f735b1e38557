import type { Endings } from '../change-feed.js'
import type { EndReason } from '../end-reason.js'
import {
  endedBecause,
  expiresAt,
  NO_SUBJECT_RECORD,
  type SessionId,
  type SessionRecord,
  type SubjectRecord,
} from '../record.js'
import type { Ending, StoreDocument, StoreOptions } from '../store.js'
import { isNews } from './change.js'
import { CounterTables } from './counters.js'
import { Documents } from './documents.js'
import { Watchers } from './watchers.js'

/** A subject: its record, the index of its sessions, and until when both have to be kept. */
interface SubjectRow {
  record: SubjectRecord
  readonly sessions: Set<SessionId>
  /** While a session of it may still be read, its epoch must not be forgotten. */
  keepUntil: number
  /** When its epoch was last raised, and which session was spared. */
  raised?: { readonly at: number; readonly except: SessionId | undefined }
}

interface Tombstone {
  readonly ending: Ending
  readonly until: number
}

/** How many rows one sweep looks at: more than one per session created, so that it catches up. */
const STRIDE = 4

/**
 * What a memory store holds, and how long. Everything here answers for one instant `now`: what is over
 * by then is as good as gone, whether or not a sweep has come by.
 */
export class Tables {
  readonly #records = new Map<SessionId, SessionRecord>()
  /** In the order in which they fall, since all stand equally long. */
  readonly #tombstones = new Map<SessionId, Tombstone>()
  readonly #subjects = new Map<string, SubjectRow>()
  readonly #documents = new Documents()
  /** Told as soon as something has changed, whichever store changed it. */
  readonly watchers: Watchers = new Watchers()
  /** What guards count. */
  readonly counters: CounterTables = new CounterTables()
  readonly #lifetime: Required<StoreOptions>
  /** What ended before this instant may have been forgotten, or was never known. */
  #endingsSince: number | undefined
  #recordsHand: MapIterator<SessionRecord> = this.#records.values()
  #subjectsHand: MapIterator<[string, SubjectRow]> = this.#subjects.entries()

  constructor(lifetime: Required<StoreOptions>) {
    this.#lifetime = lifetime
  }

  /** How much is held. */
  get sizes(): Record<'sessions' | 'tombstones' | 'subjects' | 'documents', number> {
    return {
      sessions: this.#records.size,
      tombstones: this.#tombstones.size,
      subjects: this.#subjects.size,
      documents: this.#documents.size,
    }
  }

  /** The ids of all records, also of those whose time is over, in no order. */
  ids(): Iterable<SessionId> {
    return this.#records.keys()
  }

  /** The record of a session, live or lingering. */
  record(id: SessionId, now: number): SessionRecord | undefined {
    const record = this.#records.get(id)
    return record !== undefined && this.#isReadable(record, now) ? record : undefined
  }

  /** What the tombstone of a session tells, while it stands. */
  ending(id: SessionId, now: number): Ending | undefined {
    const tombstone = this.#tombstones.get(id)
    return tombstone !== undefined && now < tombstone.until ? tombstone.ending : undefined
  }

  /** What is kept of a subject; anonymous sessions share that of somebody unknown. */
  subject(subject: string | undefined, now: number): SubjectRecord {
    const row = subject === undefined ? undefined : this.#subjects.get(subject)
    return row !== undefined && isKept(row, now) ? row.record : NO_SUBJECT_RECORD
  }

  /** The records in a subject's index: live ones, and those due to be reaped. */
  sessionsOf(subject: string, now: number): SessionRecord[] {
    const ids = [...(this.#subjects.get(subject)?.sessions ?? [])]
    return ids.map((id) => this.record(id, now)).filter((record) => record !== undefined)
  }

  /** Keeps a new record, and puts it into its subject's index. */
  add(record: SessionRecord, now: number): void {
    this.#records.set(record.id, record)
    if (record.subject === undefined) return
    const row = this.#row(record.subject, now)
    row.sessions.add(record.id)
    row.keepUntil = Math.max(row.keepUntil, record.absoluteExpiresAt + this.#lifetime.lingerFor)
  }

  /** Keeps another version of a record. */
  replace(record: SessionRecord): void {
    const before = this.#records.get(record.id)
    this.#records.set(record.id, record)
    if (before !== undefined && isNews(before, record)) this.watchers.session(record.id)
  }

  /** Puts a tombstone where a record was. */
  bury(record: SessionRecord, reason: EndReason, now: number): void {
    this.#drop(record)
    const until = now + this.#lifetime.tombstoneFor
    this.#tombstones.set(record.id, { ending: toEnding(record, reason, now), until })
    this.watchers.session(record.id)
  }

  /**
   * Changes what is kept of a subject, and keeps it as long as a tombstone at least. `except` is the
   * session that is spared where the epoch is raised.
   */
  setSubject(
    subject: string,
    change: Partial<SubjectRecord>,
    now: number,
    except?: SessionId,
  ): SubjectRecord {
    const row = this.#row(subject, now)
    const before = row.record
    row.record = { ...before, ...change }
    row.keepUntil = Math.max(row.keepUntil, now + this.#lifetime.tombstoneFor)
    if (row.record.epoch > before.epoch) row.raised = { at: now, except }
    if (isNewsOfSubject(before, row.record)) this.watchers.subject(subject)
    return row.record
  }

  /** What is kept under a name. To read it keeps it. */
  document(name: string, now: number): StoreDocument | undefined {
    return this.#documents.read(name, now)
  }

  /** Keeps a text under a name, unless somebody else was first. */
  setDocument(name: string, text: string, expect: number, now: number): StoreDocument | undefined {
    const document = this.#documents.write(name, text, expect, now)
    if (document !== undefined) this.watchers.document(name)
    return document
  }

  /** From now on, everything that ends is known. */
  begin(now: number): void {
    this.#endingsSince ??= now
  }

  /** All that ended at an instant or later, by decision or because its time ran out. */
  endings(since: number, now: number): Endings {
    const tombstones = [...this.#tombstones]
      .filter(([, { ending, until }]) => ending.endedAt >= since && now < until)
      .map(([id, { ending }]) => ({ id, endedAt: ending.endedAt }))
    const expired = [...this.#records.values()]
      .map((record) => ({ id: record.id, endedAt: expiresAt(record) }))
      .filter(({ endedAt }) => endedAt >= since && endedAt <= now)
    const subjects = [...this.#subjects].flatMap(([subject, { raised, record }]) => {
      if (raised === undefined || raised.at < since) return []
      return [{ subject, epoch: record.epoch, except: raised.except, endedAt: raised.at }]
    })
    const known = Math.max(this.#endingsSince ?? now, now - this.#lifetime.tombstoneFor + 1)
    return { since: Math.max(since, known), now, sessions: [...tombstones, ...expired], subjects }
  }

  /** Index entries that name no record: none, at any time. For the conformance suite alone. */
  strayEntries(): SessionId[] {
    const entries = [...this.#subjects.values()].flatMap(({ sessions }) => [...sessions])
    return entries.filter((id) => !this.#records.has(id))
  }

  /** Loses a subject's index, as a fault might; for the conformance suite alone. */
  forgetIndex(subject: string): void {
    this.#subjects.get(subject)?.sessions.clear()
  }

  /** Removes a few of the rows whose time is over. Called with every create, it keeps the tables small. */
  sweep(now: number): void {
    for (let step = 0; step < STRIDE; step += 1) {
      this.#sweepRecord(now)
      this.#sweepSubject(now)
    }
    this.#sweepTombstones(now, STRIDE)
  }

  /** Removes every row whose time is over. */
  sweepAll(now: number): void {
    for (const record of this.#records.values()) {
      if (!this.#isReadable(record, now)) this.#drop(record)
    }
    for (const [subject, row] of this.#subjects) {
      if (!isKept(row, now)) this.#subjects.delete(subject)
    }
    this.#documents.sweep(now)
    this.counters.sweep(now)
    this.#sweepTombstones(now, Number.POSITIVE_INFINITY)
  }

  /** Turns every record that is over into a tombstone, so that there is room for live ones. */
  buryAll(now: number): void {
    this.sweepAll(now)
    for (const record of this.#records.values()) {
      const reason = endedBecause(record, this.subject(record.subject, now), now)
      if (reason !== undefined) this.bury(record, reason, now)
    }
  }

  /** Forgets the oldest endings over a number of them. Their sessions are then missing: still not live. */
  forgetTombstonesOver(max: number): void {
    for (const [id, { ending }] of this.#tombstones) {
      if (this.#tombstones.size <= max) return
      this.#tombstones.delete(id)
      this.#endingsSince = Math.max(this.#endingsSince ?? 0, ending.endedAt + 1)
    }
  }

  #row(subject: string, now: number): SubjectRow {
    const row = this.#subjects.get(subject)
    if (row !== undefined && isKept(row, now)) return row
    const fresh = { record: NO_SUBJECT_RECORD, sessions: new Set<SessionId>(), keepUntil: now }
    this.#subjects.set(subject, fresh)
    return fresh
  }

  #isReadable(record: SessionRecord, now: number): boolean {
    return now < expiresAt(record) + this.#lifetime.lingerFor
  }

  #drop(record: SessionRecord): void {
    this.#records.delete(record.id)
    if (record.subject !== undefined) {
      this.#subjects.get(record.subject)?.sessions.delete(record.id)
    }
  }

  #sweepRecord(now: number): void {
    const { value } = this.#recordsHand.next()
    if (value === undefined) this.#recordsHand = this.#records.values()
    else if (!this.#isReadable(value, now)) this.#drop(value)
  }

  #sweepSubject(now: number): void {
    const { value } = this.#subjectsHand.next()
    if (value === undefined) this.#subjectsHand = this.#subjects.entries()
    else if (!isKept(value[1], now)) this.#subjects.delete(value[0])
  }

  #sweepTombstones(now: number, most: number): void {
    let removed = 0
    for (const [id, tombstone] of this.#tombstones) {
      if (now < tombstone.until || removed === most) return
      this.#tombstones.delete(id)
      removed += 1
    }
  }
}

/** That a subject is disabled has to outlive everything else about it. */
function isKept(row: SubjectRow, now: number): boolean {
  return row.record.isDisabled || now < row.keepUntil
}

function isNewsOfSubject(before: SubjectRecord, after: SubjectRecord): boolean {
  return (
    before.epoch !== after.epoch ||
    before.isDisabled !== after.isDisabled ||
    before.version !== after.version
  )
}

/** What there is to tell of a session that is over; of one that ran out of time, since when. */
export function toEnding(record: SessionRecord, reason: EndReason, now: number): Ending {
  return { reason, endedAt: Math.min(now, expiresAt(record)), subject: record.subject }
}
