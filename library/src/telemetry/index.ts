/**
 * telemetry/ owns how a `Sojourn` is watched: a small registry of numbers, the text that Prometheus reads,
 * and the series that the event catalogue makes. Applications call it; nothing in the library does. It changes
 * no outcome, starts no timer, and puts no credential, id, subject or address into a label.
 *
 * ```ts
 * const metrics = createMetrics()
 * const onCall = observeStoreCalls(metrics, store.name)
 * const sojourn = createSojourn({ store, secrets, resilience: { onCall } })
 * observeSojourn(sojourn, metrics)
 * ```
 *
 * @module
 */
export type { Family } from './family.js'
export * from './audit/index.js'
export { observeAdoption, type AdoptionStats } from './adoption.js'
export { observeAudit } from './audit-queue.js'
export { observeCache } from './cache.js'
export { SERIES, unitOf } from './catalogue/index.js'
export {
  declareCount,
  declareCounter,
  declareGauge,
  declareHistogram,
  showFrom,
} from './declare.js'
export type { Count, LabelText, SeriesText } from './declare.js'
export { METRICS_CONTENT_TYPES, metricsFormat } from './exposition.js'
export type { Exemplar, MetricsFormat } from './exposition.js'
export { observeJournal } from './journal.js'
export { observeLimits } from './limits.js'
export { createMetrics, DEFAULT_SERIES_LIMIT, type Metrics } from './metrics.js'
export type { MetricsOptions } from './metrics.js'
export { observeSojourn } from './observe.js'
export type { Observable, ObserveOptions } from './observe.js'
export { createRegistryMetrics, type PrometheusRegistry } from './prometheus-registry.js'
export { observeSignInGuard } from './sign-in-guard.js'
export { observeStoreCalls } from './store-calls.js'
export type { Counter, Gauge, Histogram, HistogramCounts, SeriesReading } from './series.js'
