import { declareGauge, type Metrics } from 'sojourn/telemetry'
import { OWN_SERIES } from './catalogue/index.js'

/** What is running. */
export interface BuildFacts {
  /** Version of the service. */
  readonly version: string
  /** Where sessions rest: `sqlite`, `redis`, … */
  readonly store: string
}

/** `sojourn_build_info`: always 1, with what is running in its labels. */
export function observeBuild(metrics: Metrics, { version, store }: BuildFacts): void {
  declareGauge(metrics, OWN_SERIES.build)
    .series({ version, store, node: process.versions.node })
    .set(1)
}
