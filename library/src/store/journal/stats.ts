/** How a journal does, for metrics and readiness. */
export interface JournalStats {
  /** Ended sessions that are remembered. */
  readonly sessions: number
  /** Subjects all of whose sessions were ended, and that are remembered. */
  readonly subjects: number
  /** Exchanges of refresh tokens that are remembered. */
  readonly exchanges: number
  /** Ends that the store has yet to take. */
  readonly pending: number
  /** How often the store went back in time. */
  readonly rollbacks: number
  /** How often it was found empty, or was another one. */
  readonly resets: number
  /** Ends that it had lost, and got again. */
  readonly restored: number
  /** It went back in time, and not everything is re-applied yet: not ready. */
  readonly isRestoring: boolean
  /** It was emptied, and what it held has not come back. */
  readonly isReset: boolean
  /** It took a write when it was last looked at. */
  readonly takesWrites: boolean
}
