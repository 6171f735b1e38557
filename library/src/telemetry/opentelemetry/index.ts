/**
 * telemetry/opentelemetry/ owns how a `Sojourn` is seen by OpenTelemetry: its series as instruments, its verbs as spans,
 * and its slow calls as exemplars. Applications call it and hand in their meter and tracer; of `@opentelemetry/api` it takes
 * types alone. No id, name, address or credential gets into an attribute.
 *
 * ```ts
 * const tracer = trace.getTracer('sojourn')
 * const metrics = createOpenTelemetryMetrics(otel.getMeter('sojourn'), { exemplar: createExemplars(trace) })
 * const sojourn = observeSpans(createSojourn({ store: traceStore(store, tracer), secrets }), tracer)
 * observeSojourn(sojourn, metrics)
 * ```
 *
 * @module
 */
export { createExemplars } from './exemplars.js'
export { createOpenTelemetryMetrics } from './metrics.js'
export { observeSpans } from './sojourn.js'
export { traceStore } from './store.js'
