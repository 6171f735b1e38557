import { countText, shareText, spanText } from './amounts.js'
import type { Facts } from './recorder.js'

/** What a run may cost before it counts as failed. */
export interface Budget {
  /** The share of requests that may fail, 0 to 1. */
  readonly maxErrors: number
  /** Milliseconds that 99 % of all requests must not exceed. */
  readonly maxP99: number | undefined
}

/** In how many ways a run has missed its budget, a sentence for each; none: it has kept it. */
export function missesOf({ all }: Pick<Facts, 'all'>, { maxErrors, maxP99 }: Budget): string[] {
  if (all.count === 0) return ['Nothing was measured.']
  const errors = errorsIn(all.errors)
  const share = errors / all.count
  const misses: string[] = []
  if (share > maxErrors) {
    const said = `${countText(errors)} of ${countText(all.count)} requests failed (${shareText(share)})`
    misses.push(`${said}; --max-errors allows ${shareText(maxErrors)}.`)
  }
  if (maxP99 !== undefined && all.latency.p99 > maxP99) {
    misses.push(`p99 was ${spanText(all.latency.p99)}; --max-p99 allows ${spanText(maxP99)}.`)
  }
  return misses
}

/** The sum of errors of all kinds. */
export function errorsIn(errors: Readonly<Record<string, number>>): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0)
}
