import type { QueueStats } from './audit/queue.js'
import { AUDIT_SERIES } from './catalogue/index.js'
import { showFrom } from './declare.js'
import type { Metrics } from './metrics.js'

/** Shows how an audit trail is being written: `observeAudit(metrics, () => audit.stats())`. Read when the text is made. */
export function observeAudit(metrics: Metrics, stats: () => QueueStats): void {
  showFrom(metrics, AUDIT_SERIES.waiting, () => stats().waiting)
  showFrom(metrics, AUDIT_SERIES.written, () => stats().written)
  showFrom(metrics, AUDIT_SERIES.dropped, () => stats().dropped)
  showFrom(metrics, AUDIT_SERIES.failures, () => stats().failures)
}
