import type { SessionRecord } from './record.js'

/** Where a walk over all sessions goes on. */
export interface WalkStep {
  /** About how many sessions to look at: a whole number from 1 to 1,000; anything else throws {@link InvalidInput} for `limit`. */
  readonly limit: number
  /** The `next` of the step before; absent at the start. One that is malformed throws {@link InvalidInput} for `cursor`. */
  readonly cursor?: string | undefined
}

export interface WalkResult {
  /** Live sessions with their data; those of disabled subjects or of older epochs are left out. May be empty before the end. */
  readonly records: readonly SessionRecord[]
  /** `undefined`: everything was met. */
  readonly next: string | undefined
  readonly now: number
}
