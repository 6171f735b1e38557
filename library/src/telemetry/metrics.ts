import { InvalidOption } from '../errors.js'
import {
  METRICS_CONTENT_TYPES,
  OPENMETRICS_END,
  type Exemplar,
  type MetricsFormat,
} from './exposition.js'
import { BoundedFamily, type Family, type FamilyShape, type LabelValues } from './family.js'
import { HistogramCell, NumberCell, type Cell, type Counter, type Gauge } from './series.js'
import type { Histogram, SeriesReading } from './series.js'

/** Most series of one name, unless its declaration says otherwise. */
export const DEFAULT_SERIES_LIMIT = 100

/**
 * Where series are declared, counted and read. Declaring the same family twice gives the same one, so that
 * several parts of a process share it; declaring it differently throws {@link InvalidOption}, as does a
 * name that Prometheus would refuse. `limit` is the most series of the name, default 100.
 */
export interface Metrics {
  /** A count of things that happened. Its name ends in `_total`. */
  counter<Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
    limit?: number,
  ): Family<Label, Counter>
  /** A level, set when it changes or read when it is asked for. */
  gauge<Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
    limit?: number,
  ): Family<Label, Gauge>
  /** A distribution. `buckets` are upper bounds in rising order; the one for everything above is added. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    labels: readonly Label[],
    buckets: readonly number[],
    limit?: number,
  ): Family<Label, Histogram>
  /** Calls `prepare` each time before the text is made, for several series out of one reading. */
  beforeText(prepare: () => void): void
  /**
   * All series, as Prometheus reads them. `format` default `prometheus` (0.0.4); `openmetrics` has exemplars.
   * `metricsFormat(accept)` says what a reader asks for.
   */
  text(options?: { readonly format?: MetricsFormat }): string
  /**
   * What all series of one name stand at, for those who show them otherwise. Cheap, and `beforeText` is not called: what
   * only that sets is as old as the last text. Nothing where no such name is declared.
   */
  read(name: string): readonly SeriesReading[]
  /** The `Content-Type` to send {@link Metrics.text} with where no format is named; see `METRICS_CONTENT_TYPES`. */
  readonly contentType: string
}

/** Options of {@link createMetrics}. */
export interface MetricsOptions {
  /**
   * The trace that is being recorded now, shown in OpenMetrics text beside the buckets of histograms; asked with every
   * value. Default: none. `sojourn/opentelemetry` has `createExemplars`.
   */
  readonly exemplar?: () => Exemplar | undefined
}

/** Another registry beside ours, which shows the same series. */
export interface OtherRegistry {
  /** A family was declared. */
  declared(family: BoundedFamily<Cell>): void
  /** Who hears of each value of a histogram's series. */
  histogram?(shape: FamilyShape, values: LabelValues): ((value: number) => void) | undefined
}

/** Makes an empty {@link Metrics}. It starts no timer and keeps nothing but the numbers. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  return createSharedMetrics(options).metrics
}

/** A registry, and what makes its numbers current for those who read them elsewhere. */
export interface SharedMetrics {
  readonly metrics: Metrics
  prepare(): void
}

/** As {@link createMetrics}, with another registry beside it. */
export function createSharedMetrics(
  { exemplar }: MetricsOptions = {},
  other?: OtherRegistry,
): SharedMetrics {
  const families = new Map<string, BoundedFamily<Cell>>()
  const preparations: (() => void)[] = []

  const declare = <Series extends Cell>(
    shape: FamilyShape,
    make: (values: LabelValues) => Series,
  ): BoundedFamily<Series> => {
    const known = families.get(shape.name)
    if (known !== undefined) {
      if (isSameShape(known.shape, shape)) return known as BoundedFamily<Series>
      throw new InvalidOption(`The metric ${shape.name} is already declared in another way.`)
    }
    checkShape(shape)
    checkSamples(shape, families.values())
    const family = new BoundedFamily(shape, make)
    families.set(shape.name, family)
    other?.declared(family)
    return family
  }

  const number =
    (kind: 'counter' | 'gauge') =>
    (name: string, help: string, labels: readonly string[] = [], limit = DEFAULT_SERIES_LIMIT) =>
      declare({ name, kind, help, labels, buckets: [], limit }, () => new NumberCell())

  const prepare = (): void => {
    for (const one of preparations) quietly(one)
  }
  const metrics: Metrics = {
    counter: number('counter'),
    gauge: number('gauge'),
    histogram(name, help, labels, buckets, limit = DEFAULT_SERIES_LIMIT) {
      const shape: FamilyShape = { name, kind: 'histogram', help, labels, buckets, limit }
      return declare(shape, (values) => {
        const observed = other?.histogram?.(shape, values)
        return new HistogramCell(buckets, { exemplar, observed })
      })
    },
    beforeText(one) {
      preparations.push(one)
    },
    text({ format = 'prometheus' } = {}) {
      prepare()
      let text = ''
      for (const family of families.values()) text += family.render(format)
      return format === 'openmetrics' ? text + OPENMETRICS_END : text
    },
    read: (name) => families.get(name)?.read() ?? [],
    contentType: METRICS_CONTENT_TYPES.prometheus,
  }
  return { metrics, prepare }
}

function quietly(prepare: () => void): void {
  try {
    prepare()
  } catch {
    // One reading that fails must not hide every other series.
  }
}

// The colon is left to recording rules (prometheus.io/docs/practices/naming).
const METRIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/

function checkShape({ name, kind, help, labels, buckets, limit }: FamilyShape): void {
  const refuse = (why: string): never => {
    throw new InvalidOption(`The metric ${JSON.stringify(name)} ${why}.`)
  }
  if (!METRIC_NAME.test(name)) refuse('may hold only letters, digits and _')
  if ((kind === 'counter') !== name.endsWith('_total'))
    refuse('breaks a rule: counters, and only they, end in _total')
  if (help.trim() === '') refuse('needs a help text')
  const wrong = labels.find((label) => !LABEL_NAME.test(label) || label === 'le')
  if (wrong !== undefined) refuse(`has a label that Prometheus refuses: ${JSON.stringify(wrong)}`)
  if (new Set(labels).size < labels.length) refuse('has a label twice')
  if (!Number.isInteger(limit) || limit < 2) refuse('needs a limit of two series or more')
  if (kind === 'histogram' && !isRising(buckets)) refuse('needs finite buckets in rising order')
}

function isRising(buckets: readonly number[]): boolean {
  return (
    buckets.length > 0 &&
    buckets.every(
      (bound, index) => Number.isFinite(bound) && bound > (buckets[index - 1] ?? -Infinity),
    )
  )
}

/** A histogram `x` writes samples `x_sum` and so on: no other family may be called like one of them. */
function checkSamples(shape: FamilyShape, known: Iterable<BoundedFamily<Cell>>): void {
  const names = sampleNames(shape)
  for (const family of known) {
    const clash = sampleNames(family.shape).find((name) => names.includes(name))
    if (clash === undefined) continue
    throw new InvalidOption(`The metrics ${shape.name} and ${family.name} both write ${clash}.`)
  }
}

function sampleNames({ name, kind }: FamilyShape): string[] {
  return kind === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
}

function isSameShape(left: FamilyShape, right: FamilyShape): boolean {
  return (
    left.kind === right.kind &&
    left.labels.join() === right.labels.join() &&
    left.buckets.join() === right.buckets.join()
  )
}
