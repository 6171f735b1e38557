import type { Metrics } from 'sojourn/telemetry'

/** Counts the lines of the log that could not be written: a full disk, or a reader that does not read. */
export function observeLog(metrics: Metrics, sink: { readonly dropped: number }): void {
  metrics
    .counter('sojourn_log_lines_dropped_total', 'Lines of the log that could not be written.')
    .series({})
    .readFrom(() => sink.dropped)
}
