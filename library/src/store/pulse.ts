/** What a process tells the storage, about once a second, to learn whether it is still what it was. */
export interface Beat {
  /** Which process: a random text that it made for itself. */
  readonly process: string
  /** The count of its own beats that the storage is known to hold. */
  readonly expected: number
  /** The name for the history of this storage, where it has none. */
  readonly history: string
}

/** What the storage holds of such beats. */
export interface Pulse {
  /** The name that this part of the storage was once given; `undefined`: it had none, so it was empty. */
  readonly history: string | undefined
  /** The name that it has now; `undefined` where it takes no writes. */
  readonly historyNow: string | undefined
  /** The count of this process' beats as it was found, 0 where there was none. Less than expected: writes are gone. */
  readonly beats: number
  /** The count as it is now: one more, where it takes writes and none were gone. */
  readonly beatsNow: number
  readonly now: number
}

/** How long a storage remembers the beats of a process that has gone quiet. Milliseconds. */
export const BEATS_KEPT_FOR = 3_600_000
