import type { SessionId, SessionRecord, SubjectRecord } from './record.js'
import type { Ending, StoreDocument } from './store.js'
import type { WalkStep } from './walk.js'

/**
 * What a store can be moved by: all that rests in it in a form that every store of ours reads, and how to put that where it
 * belongs. For administration, and for that alone: it costs what there is.
 *
 * Taking an item twice is taking it once, so a move that broke off can begin anew, and one over a store in use can be
 * made again for what has changed since. Where both sides have something, the rule is: an end beats a live session, a
 * higher epoch beats a lower one, and what was used later stays. Counts of guards are not given: they end by themselves.
 */
export interface Transfer {
  /** A part of all that rests, in no order; an item may come twice. Cursors are as those of `walk`. */
  give(step: WalkStep): Promise<GiveResult>
  /** Puts an item where it belongs, whole or not at all. */
  take(item: Resting): Promise<TakeResult>
}

/** One thing that rests in a store. Instants are epoch milliseconds, and are kept: both stores need the same time. */
export type Resting = RestingSession | RestingEnding | RestingSubject | RestingDocument

/** A session as it rests, with whom it belongs to. */
export interface RestingSession {
  readonly kind: 'session'
  readonly record: SessionRecord
  /** The record of its subject, which decides whether it lives; `undefined` for an anonymous one. */
  readonly owner: RestingSubject | undefined
}

/** A tombstone. */
export interface RestingEnding {
  readonly kind: 'ending'
  readonly id: SessionId
  readonly ending: Ending
}

/** What is kept of a subject: its epoch, attributes and whether it is disabled. */
export interface RestingSubject {
  readonly kind: 'subject'
  readonly subject: string
  readonly record: SubjectRecord
  /** When its epoch was last raised, where it was. */
  readonly epochAt: number | undefined
}

/** A document beside the sessions, such as a key ring. */
export interface RestingDocument {
  readonly kind: 'document'
  readonly name: string
  readonly document: StoreDocument
}

/** One part of what rests in a store. */
export interface GiveResult {
  readonly items: readonly Resting[]
  /** How many things were met that this version cannot read; they are left. */
  readonly unreadable: number
  /** `undefined`: everything was met. */
  readonly next: string | undefined
  readonly now: number
}

/** What became of a thing that was given to a store. */
export type TakeResult =
  /** It rests there now, or did so already. */
  | 'taken'
  /** What rests there is newer, and stays. */
  | 'kept'
  /** A session that is over there, or out of time: it is not brought to life. */
  | 'over'
  /** A session of a bucket that is not its subject's in this store: ending all sessions of the subject would miss it. */
  | 'misplaced'

/** Whether the record that rests was used after the one that comes. */
export function isUsedLater(there: SessionRecord, given: SessionRecord): boolean {
  return (
    (there.family?.generation ?? 0) > (given.family?.generation ?? 0) ||
    there.revision > given.revision ||
    there.lastSeenAt > given.lastSeenAt
  )
}

/** Whether what comes of a subject counts, and not what rests. Of two that are alike, what comes: it is still in use. */
export function replacesSubject(there: SubjectRecord, given: SubjectRecord): boolean {
  if (given.epoch !== there.epoch) return given.epoch > there.epoch
  return given.version >= there.version
}
