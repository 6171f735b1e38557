import type { SessionId } from './record.js'

/**
 * How a store tells of what anybody changed, in this process or another. What is told is only ever "look again":
 * a name, never a value, so that a message that comes late, twice or out of order does no harm.
 *
 * ## The contract
 *
 * 1. Every verb that changed more of a session than that it was seen, and every end, is told as its session;
 *    a raised epoch, a disabled subject and changed attributes as their subject; a document by its name. Told
 *    are the changes of this very store object, too.
 * 2. A verb and its message are one step: no crash leaves a change untold to those who listen.
 * 3. Whatever happened {@link ChangeFeed.age} milliseconds ago or earlier has been told.
 * 4. Where something may have been missed, `onEverything` is told instead.
 */
export interface ChangeFeed {
  /** Begins to tell `watcher`. `close` stops it; closing the last one lets go of what was opened for it. */
  watch(watcher: ChangeWatcher): Watching

  /**
   * For how many milliseconds changes may have gone untold by now, at the worst. `Infinity` while nothing is
   * known (not connected, or nobody watches). Costs no round trip: called before anything cached is served.
   */
  age(): number

  /**
   * What ended at `since` (epoch milliseconds by the store's clock) or later, for verifiers that have no store.
   * The answer's own `since` says from when on it is complete: later than asked for, where the store cannot
   * look back so far.
   */
  endings(since: number): Promise<Endings>
}

/** Who hears of changes. Must not throw. */
export interface ChangeWatcher {
  onSession(id: SessionId): void
  onSubject(subject: string): void
  onDocument(name: string): void
  /** Anything may have changed. */
  onEverything(): void
  /** For measuring: for how many milliseconds the news of an end was under way, at most. */
  onDelay?(milliseconds: number): void
  /** Told beside {@link onSession}, where it is known that the session has ended. A store that forgets must tell it. */
  onEnded?(id: SessionId): void
  /** Told beside {@link onSubject}, where sessions of older epochs have ended. A store that forgets must tell it. */
  onEpoch?(ending: Endings['subjects'][number]): void
  /** Asks for no {@link ChangeFeed.age}, so that nothing has to be sent for its sake. Default false. */
  readonly isAgeless?: boolean
}

/** A watcher that is being told. */
export interface Watching {
  close(): void
}

/** See {@link ChangeFeed.endings}. */
export interface Endings {
  readonly since: number
  /** The instant of the answer, by the store's clock: pass it as the next `since`. */
  readonly now: number
  readonly sessions: readonly { readonly id: SessionId; readonly endedAt: number }[]
  /** Every session of the subject of an epoch below this one has ended; the spared one has the new epoch. */
  readonly subjects: readonly {
    readonly subject: string
    readonly epoch: number
    /** The session that was spared: its tokens of older epochs stay good. */
    readonly except: SessionId | undefined
    readonly endedAt: number
  }[]
}
