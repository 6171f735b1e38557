import type { Metrics } from 'sojourn/telemetry'

/** What is running. */
export interface BuildFacts {
  /** Version of the service. */
  readonly version: string
  /** Where sessions rest: `sqlite`, `redis`, … */
  readonly store: string
}

/** `sojourn_build_info`: always 1, with what is running in its labels. */
export function observeBuild(metrics: Metrics, { version, store }: BuildFacts): void {
  metrics
    .gauge('sojourn_build_info', 'What is running; always 1.', ['version', 'node', 'store'], 2)
    .series({ version, store, node: process.versions.node })
    .set(1)
}
