import type { Histogram, Meter, ObservableResult } from '@opentelemetry/api'
import { unitOf } from '../catalogue/index.js'
import type { BoundedFamily, FamilyShape } from '../family.js'
import { createSharedMetrics } from '../metrics.js'
import type { Metrics, MetricsOptions, SharedMetrics } from '../metrics.js'
import { onceATurn } from '../once-a-turn.js'
import { HistogramCell, NumberCell, type Cell } from '../series.js'

/** The Unified Code for Units of Measure, as OpenTelemetry wants it. */
const UNITS: Readonly<Record<string, string>> = { seconds: 's', bytes: 'By', ratio: '1' }

/**
 * The {@link Metrics} of an application with OpenTelemetry: every series becomes an instrument of `meter` of the same
 * name and labels, and `text()` shows it to Prometheus as well. Counters and gauges are observed when the meter's reader
 * asks; histograms record each value. A histogram that somebody else counts (`sojourn_cache_news_seconds`) becomes two
 * counters, `…_count` and `…_sum`, for OpenTelemetry has none that is observed.
 */
export function createOpenTelemetryMetrics(meter: Meter, options: MetricsOptions = {}): Metrics {
  const instruments = new Map<string, Histogram>()
  const shared: SharedMetrics = createSharedMetrics(options, {
    declared(family) {
      if (family.shape.kind === 'histogram') observeHistogram(meter, family, prepare)
      else observeNumbers(meter, family, prepare)
    },
    histogram(shape, values) {
      const instrument = instruments.get(shape.name) ?? createHistogram(meter, shape)
      instruments.set(shape.name, instrument)
      return (value) => {
        instrument.record(value, values)
      }
    },
  })
  const prepare = onceATurn(() => {
    shared.prepare()
  })
  return shared.metrics
}

function createHistogram(meter: Meter, { name, help, buckets }: FamilyShape): Histogram {
  const advice = { explicitBucketBoundaries: [...buckets] }
  return meter.createHistogram(name, { ...describe(name, help), advice })
}

function describe(name: string, description: string): { description: string; unit?: string } {
  const unit = UNITS[unitOf({ name }) ?? '']
  return unit === undefined ? { description } : { description, unit }
}

function observeNumbers(meter: Meter, family: BoundedFamily<Cell>, prepare: () => void): void {
  const { name, help, kind } = family.shape
  const about = describe(name, help)
  const instrument =
    kind === 'counter'
      ? meter.createObservableCounter(name, about)
      : meter.createObservableGauge(name, about)
  instrument.addCallback((result: ObservableResult) => {
    prepare()
    for (const [values, cell] of family.entries()) {
      const value = cell instanceof NumberCell ? cell.read() : undefined
      // An infinite age has no form that every exporter can write.
      if (value !== undefined && Number.isFinite(value)) result.observe(value, values)
    }
  })
}

/** Only what somebody else counts: the rest is recorded as it comes. */
function observeHistogram(meter: Meter, family: BoundedFamily<Cell>, prepare: () => void): void {
  const { name, help } = family.shape
  const show = (suffix: string, valueOf: (cell: HistogramCell) => number | undefined): void => {
    const about = suffix === '_sum' ? describe(name, help) : { description: help }
    meter.createObservableCounter(`${name}${suffix}`, about).addCallback((result) => {
      prepare()
      for (const [values, cell] of family.entries()) {
        const isShown = cell instanceof HistogramCell && cell.isRead
        const value = isShown ? valueOf(cell) : undefined
        if (value !== undefined) result.observe(value, values)
      }
    })
  }
  show('_count', (cell) => cell.read()?.counts.reduce((sum, count) => sum + count, 0))
  show('_sum', (cell) => cell.read()?.sum)
}
