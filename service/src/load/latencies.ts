import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** The percentiles that are told, in milliseconds, with the slowest of all. */
export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** One hour; what takes longer has run into a timeout long before. Microseconds. */
const HIGHEST = 3_600_000_000

/** How long things took: a histogram of constant size (HdrHistogram), right to three digits. */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: HIGHEST,
    figures: 3,
  })

  add(milliseconds: number): void {
    this.#histogram.record(Math.min(HIGHEST, Math.max(1, Math.round(milliseconds * 1_000))))
  }

  /** Adds all of the other's. */
  merge(other: Latencies): void {
    if (other.count > 0) this.#histogram.add(other.#histogram)
  }

  get count(): number {
    return this.#histogram.count
  }

  /** The smallest value that `percent` % of all do not exceed; 0 where there is none. */
  at(percent: number): number {
    return this.count === 0 ? 0 : this.#histogram.percentile(percent) / 1_000
  }

  get percentiles(): Percentiles {
    return {
      p50: this.at(50),
      p90: this.at(90),
      p99: this.at(99),
      p999: this.at(99.9),
      max: this.at(100),
    }
  }

  reset(): void {
    this.#histogram.reset()
  }
}
