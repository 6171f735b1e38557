/**
 * guard/anomaly/ owns the judgement whether a session is still used by the person it began with: what differs, how much that
 * weighs, and what follows. Adapters ask it with each request. It binds nobody to an address unless it is told to, never looks
 * into a session's data, and asks the store only where something differs from what the session's record says.
 */
export { createAnomalyGuard, type AnomalyGuard } from './guard.js'
export type {
  AnomalyContext,
  AnomalyNotice,
  AnomalyOptions,
  Answer,
  Binding,
  SignalName,
  SignIn,
} from './options.js'
export type { AnomalyReport } from './report.js'
