import type { Counted, Sample } from '../../console/index.js'
import type { SignedInProps } from '../props.js'

/** The circuit breaker in front of the store. */
export type Breaker = 'closed' | 'half-open' | 'open'

/** How one process does. */
export interface OverviewFacts {
  readonly name: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly now: number
  readonly startedAt: number
  /** Milliseconds that the samples reach back at most. */
  readonly kept: number
  readonly samples: readonly Sample[]
  /** What was counted in all of them together. */
  readonly totals: Readonly<Record<Counted, number>>
  /** Since when the store has given no answer. */
  readonly awaySince: number | undefined
  readonly breaker: Breaker
  readonly isCacheOff: boolean
}

export interface OverviewProps extends SignedInProps {
  readonly overview: OverviewFacts
}
