/**
 * tracing/ owns what the service sends to an OpenTelemetry collector: a span for each request and each verb below it, and
 * its metrics. open-parts.ts opens it, where `OTEL_EXPORTER_OTLP_ENDPOINT` is set; nothing of OpenTelemetry is loaded
 * otherwise. No request waits for the collector, and no id, name, address or credential goes to it.
 */
import type { RequestHandler } from 'express'
import type { Sojourn, Store } from 'sojourn'
import type { Exemplar, Metrics } from 'sojourn/telemetry'
import type { Logger } from '../log/index.js'

/** What is wrapped so that it can be traced. */
export interface Tracing {
  /** A span for each request, below the one that its `traceparent` names. Mount it first. */
  readonly requests: RequestHandler
  /** The trace of the request that is being answered. */
  readonly exemplar: () => Exemplar | undefined
  /** Shown to Prometheus, and sent to the collector. */
  readonly metrics: Metrics
  store(store: Store): Store
  sojourn<Data extends object>(sojourn: Sojourn<Data>): Sojourn<Data>
  /** Sends what waits, for two seconds at most. Never rejects. */
  close(): Promise<void>
}

/** `undefined` where nobody collects. */
export async function openTracing(
  endpoint: string | undefined,
  facts: { readonly version: string; readonly log: Logger },
): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined
  // The packages take 100 ms and some MB, which nobody pays who does without them.
  const { open } = await import('./open.js')
  return open(endpoint, facts)
}
