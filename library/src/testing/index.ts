/**
 * testing/ owns what applications and authors of stores use in their tests. Nothing outside of tests
 * imports it.
 */
export { createManualClock, type ManualClock } from './manual-clock.js'
export { describeStoreConformance } from './store-conformance.js'
export type {
  ConformanceOptions,
  OpenedStore,
  StoreHarness,
  TestRunner,
} from './conformance/harness.js'
