import { showFrom, type Metrics } from 'sojourn/telemetry'
import { OWN_SERIES } from './catalogue/index.js'

/** Counts the lines of the log that could not be written: a full disk, or a reader that does not read. */
export function observeLog(metrics: Metrics, sink: { readonly dropped: number }): void {
  showFrom(metrics, OWN_SERIES.logDropped, () => sink.dropped)
}
