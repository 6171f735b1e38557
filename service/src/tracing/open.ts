import { context, diag, DiagLogLevel, trace } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { setTimeout as pause } from 'node:timers/promises'
import {
  createExemplars,
  createOpenTelemetryMetrics,
  observeSpans,
  traceStore,
} from 'sojourn/opentelemetry'
import type { Logger } from '../log/index.js'
import { createContextManager } from './active-context.js'
import type { Tracing } from './index.js'
import { traceRequests } from './requests.js'

const NAME = 'sojourn'
/** Spans that may wait for the collector; what comes then is dropped. About 2 MB. */
const MOST_WAITING = 2_048
/** Milliseconds. */
const SEND_SPANS_EVERY = 1_000
const SEND_METRICS_EVERY = 15_000
const SEND_WITHIN = 5_000
const FLUSH_WITHIN = 2_000
const COMPLAIN_EVERY = 60_000

/** Opens the way to the collector at `endpoint`. It need not be there: it is tried again and again, beside the requests. */
export function open(
  endpoint: string,
  { version, log }: { readonly version: string; readonly log: Logger },
): Tracing {
  complainRarely(log)
  context.setGlobalContextManager(createContextManager())
  const resource = defaultResource().merge(
    resourceFromAttributes({ 'service.name': NAME, 'service.version': version }),
  )
  const spans = openSpans(endpoint, resource)
  const meters = openMeters(endpoint, resource)
  const tracer = spans.getTracer(NAME, version)
  const exemplar = createExemplars(trace)
  return {
    requests: traceRequests(tracer),
    exemplar,
    metrics: createOpenTelemetryMetrics(meters.getMeter(NAME, version), { exemplar }),
    store: (store) => traceStore(store, tracer),
    sojourn: (sojourn) => observeSpans(sojourn, tracer),
    async close() {
      const sent = Promise.allSettled([spans.shutdown(), meters.shutdown()])
      await Promise.race([sent, pause(FLUSH_WITHIN)])
    },
  }
}

function openSpans(endpoint: string, resource: Resource): BasicTracerProvider {
  const exporter = new OTLPTraceExporter({
    url: addressOf(endpoint, 'traces'),
    timeoutMillis: SEND_WITHIN,
  })
  const processor = new BatchSpanProcessor(exporter, {
    maxQueueSize: MOST_WAITING,
    scheduledDelayMillis: SEND_SPANS_EVERY,
    exportTimeoutMillis: SEND_WITHIN,
  })
  return new BasicTracerProvider({ resource, spanProcessors: [processor] })
}

function openMeters(endpoint: string, resource: Resource): MeterProvider {
  const exporter = new OTLPMetricExporter({
    url: addressOf(endpoint, 'metrics'),
    timeoutMillis: SEND_WITHIN,
  })
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: SEND_METRICS_EVERY,
    exportTimeoutMillis: SEND_WITHIN,
  })
  return new MeterProvider({ resource, readers: [reader] })
}

/** The path of a signal below the endpoint, as the specification of the OTLP exporter has it. */
function addressOf(endpoint: string, signal: 'traces' | 'metrics'): string {
  return new URL(`v1/${signal}`, endpoint.endsWith('/') ? endpoint : `${endpoint}/`).href
}

/** The packages' own words stay out: they may quote what the collector answered. */
function complainRarely(log: Logger): void {
  let last = -Infinity
  const complain = (): void => {
    const now = performance.now()
    if (now - last < COMPLAIN_EVERY) return
    last = now
    log.warn(
      { event: 'telemetry.failed' },
      'Traces or metrics could not be sent to the collector of OTEL_EXPORTER_OTLP_ENDPOINT',
    )
  }
  const nothing = (): void => undefined
  const logger = {
    error: complain,
    warn: complain,
    info: nothing,
    debug: nothing,
    verbose: nothing,
  }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
