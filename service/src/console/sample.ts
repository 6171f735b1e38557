/**
 * console/ owns what the administrators' console shows that nobody else keeps: how this process did in the last minutes,
 * sample by sample, and a look at the store as a whole. Routes ask it, pages get its values. It reads the metrics and changes
 * nothing; what it does not know is `null`, never 0.
 */

/** What is sampled, but for the instant. Each tells of the minute before it, `sessions` of the instant itself. */
export const COLUMNS = [
  'sessions',
  'signIns',
  'failures',
  'refreshes',
  'reuse',
  'refusals',
  'p50',
  'p95',
  'p99',
  'hitRate',
] as const

export type Column = (typeof COLUMNS)[number]

/** What is counted between two samples. */
export const COUNTED = ['signIns', 'failures', 'refreshes', 'reuse', 'refusals'] as const

export type Counted = (typeof COUNTED)[number]

/** How this process did at one instant. */
export interface Sample extends Readonly<Record<Column, number | null>> {
  /** Epoch milliseconds. */
  readonly at: number
  /** The store gave no answer: nothing is known of that moment. */
  readonly isAway: boolean
}

/** Samples as columns of equal length, the oldest first. */
export type Columns = Readonly<Record<Column, readonly (number | null)[]>> & {
  readonly at: readonly number[]
  readonly isAway: readonly boolean[]
}

export function toColumns(samples: readonly Sample[]): Columns {
  const columns = COLUMNS.map((name) => [name, samples.map((sample) => sample[name])] as const)
  return {
    at: samples.map(({ at }) => at),
    isAway: samples.map(({ isAway }) => isAway),
    ...(Object.fromEntries(columns) as Record<Column, (number | null)[]>),
  }
}
