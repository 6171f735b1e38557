import { systemClock } from '../system/clock.js'
import {
  isTrace,
  renderExemplar,
  renderNumber,
  renderSample,
  type Exemplar,
  type MetricsFormat,
  type SeenExemplar,
} from './exposition.js'

/** A number that only grows. */
export interface Counter {
  /** Adds `amount` (default 1). What is negative or no number is not counted: measuring breaks nothing. */
  add(amount?: number): void
  /** Takes its value from `source` each time it is read, for totals that somebody else keeps. */
  readFrom(source: () => number | undefined): void
}

/** A number that goes up and down. */
export interface Gauge {
  /** Sets it. */
  set(value: number): void
  /** Takes its value from `source` each time it is read. `undefined`, or a throw: no sample this time. */
  readFrom(source: () => number | undefined): void
}

/** How often values fell into which range. */
export interface Histogram {
  /**
   * Counts one value. What is no number is not counted. `exemplar` is the request behind it; default: what the option
   * `exemplar` of the registry says.
   */
  observe(value: number, exemplar?: Exemplar): void
  /** Takes all of it from `source` each time it is read, where somebody else counts. A throw: no sample this time. */
  readFrom(source: () => HistogramCounts): void
}

/** A histogram as it stands. */
export interface HistogramCounts {
  /** How many values fell between each bound and the one before, and in the last place above all bounds. */
  readonly counts: readonly number[]
  readonly sum: number
}

/** What one series stands at. */
export interface SeriesReading {
  readonly labels: Readonly<Record<string, string>>
  /** The number of a counter or a gauge; of a histogram, how many values it counted. */
  readonly value: number
  /** Of a histogram: how many values fell into which range, and the upper bounds of all ranges but the last. */
  readonly histogram?: HistogramCounts & { readonly bounds: readonly number[] }
}

/** One series at rest: renders its lines. */
export interface Cell {
  /** What it stands at; `undefined`: nothing now. */
  reading(): Omit<SeriesReading, 'labels'> | undefined
  render(name: string, labels: string, format: MetricsFormat): string
}

/** A counter or a gauge: one number. */
export class NumberCell implements Counter, Gauge, Cell {
  #value = 0
  #source: (() => number | undefined) | undefined

  add(amount = 1): void {
    if (amount > 0) this.#value += amount
  }

  set(value: number): void {
    this.#value = value
  }

  readFrom(source: () => number | undefined): void {
    this.#source = source
  }

  render(name: string, labels: string): string {
    const value = this.read()
    return value === undefined ? '' : renderSample(name, labels, value)
  }

  reading(): Omit<SeriesReading, 'labels'> | undefined {
    const value = this.read()
    return value === undefined ? undefined : { value }
  }

  /** The number as it stands; `undefined`: there is none now. */
  read(): number | undefined {
    if (this.#source === undefined) return this.#value
    try {
      return this.#source()
    } catch {
      // One source that fails must not hide every other series.
      return undefined
    }
  }
}

/** Who else is told of what a histogram counts. */
export interface HistogramCellOptions {
  /** The request that is being answered now, where somebody traces it. */
  readonly exemplar?: (() => Exemplar | undefined) | undefined
  /** Hears of each value. */
  readonly observed?: ((value: number) => void) | undefined
}

/** A histogram: how many values were at most as large as each bound. */
export class HistogramCell implements Histogram, Cell {
  readonly #bounds: readonly number[]
  /** How many values fell between a bound and the one before; the last place is for those above all bounds. */
  readonly #counts: number[]
  readonly #options: HistogramCellOptions
  /** The last request that fell into a bucket, where requests can be told. */
  readonly #exemplars: SeenExemplar[] = []
  #sum = 0
  #source: (() => HistogramCounts) | undefined

  constructor(bounds: readonly number[], options: HistogramCellOptions = {}) {
    this.#bounds = bounds
    this.#options = options
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  observe(value: number, exemplar: Exemplar | undefined = this.#options.exemplar?.()): void {
    if (Number.isNaN(value)) return
    const bounds = this.#bounds
    let index = 0
    // A dozen bounds: walking them is faster than searching, and most values are small.
    while (index < bounds.length && value > (bounds[index] ?? Infinity)) index += 1
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#sum += value
    if (exemplar !== undefined) this.#keep(index, exemplar, value)
    this.#options.observed?.(value)
  }

  readFrom(source: () => HistogramCounts): void {
    this.#source = source
  }

  #keep(bucket: number, exemplar: Exemplar, value: number): void {
    if (!isTrace(exemplar)) return
    this.#exemplars[bucket] = { exemplar, value, at: systemClock.now() / 1_000 }
  }

  render(name: string, labels: string, format: MetricsFormat): string {
    const read = this.read()
    if (read === undefined) return ''
    const before = labels === '' ? '' : `${labels},`
    let total = 0
    let text = ''
    for (const [index, count] of read.counts.entries()) {
      total += count
      const bound = renderNumber(this.#bounds[index] ?? Infinity)
      const exemplar = format === 'openmetrics' ? this.exemplarOf(index) : undefined
      const told = exemplar && renderExemplar(exemplar)
      text += renderSample(`${name}_bucket`, `${before}le="${bound}"`, total, told)
    }
    return (
      text +
      renderSample(`${name}_sum`, labels, read.sum) +
      renderSample(`${name}_count`, labels, total)
    )
  }

  reading(): Omit<SeriesReading, 'labels'> | undefined {
    const read = this.read()
    if (read === undefined) return undefined
    // A copy: whoever compares it with a later one must not see it change.
    const counts = [...read.counts]
    const value = counts.reduce((sum, count) => sum + count, 0)
    return { value, histogram: { bounds: this.#bounds, counts, sum: read.sum } }
  }

  /** Whether somebody else counts. */
  get isRead(): boolean {
    return this.#source !== undefined
  }

  /** The last request that fell into a bucket, and its value. */
  exemplarOf(bucket: number): SeenExemplar | undefined {
    return this.#exemplars[bucket]
  }

  /** The counts as they stand; `undefined`: there are none now. */
  read(): HistogramCounts | undefined {
    if (this.#source === undefined) return { counts: this.#counts, sum: this.#sum }
    try {
      return this.#source()
    } catch {
      // One source that fails must not hide every other series.
      return undefined
    }
  }
}
