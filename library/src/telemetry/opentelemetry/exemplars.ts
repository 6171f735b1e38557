import type { TraceAPI } from '@opentelemetry/api'
import type { Exemplar } from '../exposition.js'

const SAMPLED = 1

/**
 * The option `exemplar` of `createMetrics`: the trace that is active, where it is being recorded. Pass the `trace` of
 * `@opentelemetry/api`.
 */
export function createExemplars(
  trace: Pick<TraceAPI, 'getActiveSpan'>,
): () => Exemplar | undefined {
  return () => {
    const found = trace.getActiveSpan()?.spanContext()
    // What was not sampled cannot be looked up.
    return found !== undefined && (found.traceFlags & SAMPLED) === SAMPLED ? found : undefined
  }
}
