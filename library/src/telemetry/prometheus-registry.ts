import type { BoundedFamily, LabelValues } from './family.js'
import { createSharedMetrics } from './metrics.js'
import type { Metrics, MetricsOptions, SharedMetrics } from './metrics.js'
import { onceATurn } from './once-a-turn.js'
import { HistogramCell, NumberCell, type Cell } from './series.js'

/** The part of prom-client's `Registry` (12 to 15) that is used. */
export interface PrometheusRegistry {
  registerMetric(metric: never): void
}

/** A number as prom-client keeps it. */
interface Value {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  readonly metricName?: string
  readonly exemplar?: object
}

/**
 * The {@link Metrics} of an application that has prom-client already: every series is counted by us, and shown by
 * `registry.metrics()` among the application's own. Throws, as prom-client does, for a name that the registry has.
 *
 * ```ts
 * const metrics = createRegistryMetrics(register)
 * observeSojourn(sojourn, metrics)
 * ```
 */
export function createRegistryMetrics(
  registry: PrometheusRegistry,
  options: MetricsOptions = {},
): Metrics {
  const shared: SharedMetrics = createSharedMetrics(options, {
    declared(family) {
      registry.registerMetric(toMetric(family, prepare) as never)
    },
  })
  const prepare = onceATurn(() => {
    shared.prepare()
  })
  return shared.metrics
}

/** A metric as prom-client's registry asks it. */
function toMetric(family: BoundedFamily<Cell>, prepare: () => void): object {
  const { name, help, kind } = family.shape
  const metric = {
    // The registry takes `_total` off the names of counters where it writes OpenMetrics, so it must be able to set it.
    name,
    help,
    type: kind,
    aggregator: 'sum',
    get() {
      prepare()
      const values = valuesOf(family)
      return Promise.resolve({ name: metric.name, help, type: kind, aggregator: 'sum', values })
    },
    // What is counted here is not the registry's to forget.
    reset: () => undefined,
  }
  return metric
}

function valuesOf(family: BoundedFamily<Cell>): Value[] {
  return [...family.entries()].flatMap(([labels, cell]) => {
    if (cell instanceof NumberCell) {
      const value = cell.read()
      return value === undefined ? [] : [{ labels, value }]
    }
    return cell instanceof HistogramCell ? histogramValues(family, labels, cell) : []
  })
}

function histogramValues(
  { shape: { name, buckets } }: BoundedFamily<Cell>,
  labels: LabelValues,
  cell: HistogramCell,
): Value[] {
  const read = cell.read()
  if (read === undefined) return []
  let total = 0
  const values = read.counts.map((count, index): Value => {
    total += count
    const le = buckets[index] ?? '+Inf'
    const exemplar = exemplarOf(cell, index)
    const metricName = `${name}_bucket`
    return { labels: { le, ...labels }, value: total, metricName, ...(exemplar && { exemplar }) }
  })
  return [
    ...values,
    { labels, value: read.sum, metricName: `${name}_sum` },
    { labels, value: total, metricName: `${name}_count` },
  ]
}

function exemplarOf(cell: HistogramCell, bucket: number): object | undefined {
  const found = cell.exemplarOf(bucket)
  if (found === undefined) return undefined
  const { exemplar, value, at } = found
  const labelSet = { trace_id: exemplar.traceId, span_id: exemplar.spanId }
  return { labelSet, value, timestamp: at }
}
