import type { EndReason } from './end-reason.js'
import type { ChangeFeed } from './change-feed.js'
import type { Counters } from './counters.js'
import type { Change, ChangeResult } from './change.js'
import type { NewFamily, RotateResult, Rotation } from './rotation.js'
import type { Transfer } from './transfer.js'
import type { WalkResult, WalkStep } from './walk.js'
import type { Beat, Pulse } from './pulse.js'
import type { SessionId, SessionRecord, SubjectRecord } from './record.js'

export type { Change, ChangeResult, Renewal } from './change.js'
export type { NewFamily, RotateResult, Rotation } from './rotation.js'
export type { Beat, Pulse } from './pulse.js'
export type { GiveResult, Resting, TakeResult, Transfer } from './transfer.js'
export type { WalkResult, WalkStep } from './walk.js'

/**
 * store/ owns where records rest. session/ calls it; it never calls back, and never sees a credential:
 * only digests reach it.
 *
 * ## The contract
 *
 * 1. **Only `create` creates.** Every other verb on a missing, ended or expired session writes nothing
 *    and answers `gone`. A verb that races an `end` either happened before it or finds it gone.
 * 2. **Every verb is atomic**: other callers, in this process or another, see all of it or nothing, and
 *    a crash leaves all of it or nothing. The subject's index never disagrees with the records.
 * 3. **The store's clock rules.** Instants in records and answers come from one clock for all processes.
 *    Callers hand in durations, and compare with the `now` of an answer.
 * 4. **An end leaves a tombstone** that tells the reason until {@link StoreOptions.tombstoneFor} has passed;
 *    a record that ran out of time is itself readable for {@link StoreOptions.lingerFor}.
 * 5. **Data is patched by top-level key** and opaque: what was not named is not written back.
 * 6. **A fault throws** {@link StoreUnavailable}; "no such session" is an answer, never an error, and a
 *    fault is never an answer.
 * 7. Nothing is kept for ever: every key, row or entry has an end.
 *
 * `sojourn/testing` exports the conformance suite that proves these sentences for any store.
 */
export interface Store {
  /** What this store is called in logs and metrics: `memory`, `sqlite`, `redis`, … */
  readonly name: string

  /**
   * The two-character bucket in which everything about `subject` lives (one Redis Cluster slot each);
   * for an anonymous session, a random one. Stable for the life of the stored data.
   */
  bucketOf(subject: string | undefined): string

  /** Keeps a new session, makes room for it as its limit says, and adds it to its subject's index. */
  create(session: NewSession): Promise<CreateResult>

  /** The session with its subject's record, as they are at one instant; judging them is the caller's. */
  read(id: SessionId): Promise<ReadResult>

  /** Applies one change to a live session, whole or not at all. */
  change(id: SessionId, change: Change): Promise<ChangeResult>

  /**
   * Exchanges a refresh token of a live session for its successor, as one step, and ends the session as
   * `refresh_reuse` where a spent token comes in. See {@link RotateResult} for what can become of it.
   */
  rotate(id: SessionId, rotation: Rotation): Promise<RotateResult>

  /** Ends a session now, or `after` milliseconds from now at the latest. */
  end(id: SessionId, reason: EndReason, options?: EndOptions): Promise<EndResult>

  /**
   * Ends all sessions of a subject that exist now, but for `except`, by raising the subject's epoch:
   * one write whatever their number. Sessions started afterwards live. {@link Store.reap} tidies up.
   */
  endAll(subject: string, reason: EndReason, except?: SessionId): Promise<EndAllResult>

  /**
   * Turns at most `limit` sessions of older epochs, or out of time, into tombstones, and drops them from
   * the index. No other verb does: every end is told once, by `end`, by `create` (evicted) or by `reap`.
   */
  reap(subject: string, limit: number): Promise<ReapResult>

  /** The subject's live sessions, most recently seen first, without their data. */
  list(subject: string, page: Page): Promise<ListResult>

  /**
   * A part of all live sessions, in no order, for administration: it costs what there is, and no request path may
   * call it. A session that lives throughout the walk is met at least once. Absent where this store cannot.
   */
  walk?(step: WalkStep): Promise<WalkResult>

  /** What the store keeps of a subject: while a session of it may live, and `tombstoneFor` after the last change. */
  readSubject(subject: string): Promise<SubjectRecord>

  /**
   * Changes a subject's record; all its sessions see that on their next read. Disabling raises the epoch
   * as `endAll` with `subject_disabled` would, so that enabling brings no session back.
   */
  changeSubject(subject: string, change: SubjectChange): Promise<SubjectRecord>

  /** A small text that all processes share (a key ring, say), or `undefined` where there is none of that name. */
  readDocument(name: string): Promise<StoreDocument | undefined>

  /**
   * Keeps a text of at most 65,536 characters under `name`, where its revision is still `expect` (0: there is
   * none yet). `undefined`: somebody else was first, and nothing was written. It is kept 400 days after the
   * last write or read.
   */
  writeDocument(name: string, text: string, expect: number): Promise<StoreDocument | undefined>

  /** Tells of changes as they happen, for near caches. Absent where this store cannot (Redis without a subscriber). */
  readonly changes?: ChangeFeed | undefined

  /** Counts for guards. Absent where this store cannot: then each process counts for itself. */
  readonly counters?: Counters | undefined

  /** How all of it is moved to another store: see {@link Transfer}. Absent where this store cannot. */
  readonly transfer?: Transfer

  /**
   * What this store acknowledged may be gone later: Redis after a failover, or started again from an older file. Then
   * each process keeps a journal of the ends that it knows of, and holds the store to them. Default false.
   */
  readonly mayForget?: boolean

  /**
   * The part of the storage that holds a bucket now, where parts fail apart from each other: the node of a cluster. One
   * breaker is kept for each. `undefined`: not known at the moment. Absent where all of it fails together.
   */
  shardOf?(bucket: string): string | undefined

  /**
   * Tells the part of the storage that holds `bucket` that this process is there, and answers what it remembers: less
   * than before means that writes were lost. Absent where this store cannot forget, or cannot tell.
   */
  pulse?(bucket: string, beat: Beat): Promise<Pulse>

  /** Reaches for the storage and says how it is; throws `StoreUnavailable` where it cannot be reached. */
  check(): Promise<StoreHealth>

  /** Lets go of what the store itself opened. A client that was passed in stays open. */
  close(): Promise<void>
}

/** How long a store remembers what is over. */
export interface StoreOptions {
  /** Milliseconds for which the reason of an end can be told. Default 24 hours. */
  readonly tombstoneFor?: number
  /** Milliseconds for which a record that ran out of time stays readable, so that its reason can be told. Default 1 hour. */
  readonly lingerFor?: number
}

/** Defaults of {@link StoreOptions}. */
export const STORE_DEFAULTS: Required<StoreOptions> = {
  tombstoneFor: 24 * 3_600_000,
  lingerFor: 3_600_000,
}

/** A session about to be created. Durations are milliseconds; the store fills in the instants. */
export interface NewSession {
  /** `bucket.id` with the bucket from {@link Store.bucketOf}. */
  readonly id: SessionId
  readonly subject: string | undefined
  readonly secretDigest: string
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  readonly traits: SessionRecord['traits']
  /** JSON text by key. */
  readonly data: ReadonlyMap<string, string>
  /** How many live sessions the subject may have, this one included. */
  readonly limit?: SessionLimit
  /** The first refresh token is issued with the session. */
  readonly family?: NewFamily
}

/** A cap on the live sessions of one subject. */
export interface SessionLimit {
  /** How many may live at once. */
  readonly max: number
  /** `evict-oldest` ends those created first, `evict-least-recent` those seen least recently, `refuse` says no. */
  readonly whenFull: 'evict-oldest' | 'evict-least-recent' | 'refuse'
}

export type CreateResult =
  | {
      readonly status: 'created'
      readonly record: SessionRecord
      readonly evicted: readonly SessionId[]
    }
  /** `limit`: the subject has its number of sessions; `disabled`: it may have none; `exists`: the id is taken. */
  | { readonly status: 'refused'; readonly reason: 'limit' | 'disabled' | 'exists' }

export type ReadResult =
  | {
      readonly status: 'found'
      readonly record: SessionRecord
      readonly subject: SubjectRecord
      readonly now: number
    }
  | { readonly status: 'ended'; readonly ending: Ending; readonly now: number }
  | { readonly status: 'missing'; readonly now: number }
  /** Something rests there that this version cannot read. It is left as it is. */
  | { readonly status: 'corrupt'; readonly now: number }

/** What a tombstone tells. */
export interface Ending {
  readonly reason: EndReason
  readonly endedAt: number
  readonly subject: string | undefined
  /** This process holds to it, and the store has yet to take it: whoever asked for it was told that it failed. */
  readonly isPending?: boolean
}

/** There is no live session of that id; `ending` tells why, where that is still known. */
export interface Gone {
  readonly status: 'gone'
  readonly ending: Ending | undefined
}

/** A text that all processes share. */
export interface StoreDocument {
  readonly text: string
  /** Grows by one with every write; the first has 1. */
  readonly revision: number
}

export interface EndOptions {
  /** Milliseconds for which the session may still be used; afterwards it ends as `reason`. Default 0: now. */
  readonly after?: number
}

export type EndResult =
  /** `record` is the session as it was, without its data. */
  { readonly status: 'ended'; readonly record: SessionRecord } | Gone

export interface EndAllResult {
  /** How many live sessions ended. */
  readonly count: number
  readonly epoch: number
}

export interface ReapResult {
  readonly reaped: readonly { readonly id: SessionId; readonly reason: EndReason }[]
  /** More than `limit` were due: call again. */
  readonly hasMore: boolean
}

export interface Page {
  /** From 1 to 100. */
  readonly limit: number
  /** The `next` of the page before. One that is malformed throws `InvalidInput` for `cursor`. */
  readonly cursor?: string | undefined
}

export interface ListResult {
  readonly records: readonly SessionRecord[]
  /** Where the next page starts, or `undefined` on the last. */
  readonly next: string | undefined
  readonly now: number
}

export interface SubjectChange {
  readonly isDisabled?: boolean
  /** JSON text to write, by key. */
  readonly set?: ReadonlyMap<string, string>
  readonly delete?: readonly string[]
}

/** What a store says of itself when it is asked whether it can be reached. */
export interface StoreHealth {
  /** Facts worth showing: version, round-trip time in milliseconds, persistence, memory, … */
  readonly details: Readonly<Record<string, string | number | boolean>>
}
