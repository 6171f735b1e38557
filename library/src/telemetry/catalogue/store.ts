import type { SeriesText } from '../declare.js'
import * as vocabulary from '../vocabulary.js'

/** Around the default deadline of 250 ms, and down to what an embedded store needs. Seconds. */
const BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
]
/** A cluster has at most a thousand nodes; whoever has more than this looks at them elsewhere. */
export const MOST_SHARDS = 64
export const SHARD = 'The address of a node of a cluster; `all` where the store is one.'

type Name =
  | 'failed'
  | 'upkeepFailed'
  | 'corrupt'
  | 'rollbacks'
  | 'resets'
  | 'breakerOpen'
  | 'breakerChanged'
  | 'clockAhead'

/** How the calls to a store go, and what was found out about it. */
export const STORE_SERIES: Readonly<Record<Name, SeriesText>> & {
  readonly calls: SeriesText<'store' | 'verb' | 'outcome'>
  readonly breakerState: SeriesText<'shard'>
} = {
  calls: {
    name: 'sojourn_store_calls_seconds',
    kind: 'histogram',
    help: 'How long calls to the store took.',
    labels: {
      store: 'The name of the store: `redis`, `sqlite`, `memory` …',
      verb: vocabulary.STORE_VERBS,
      outcome: ['ok', 'fault'],
    },
    buckets: BUCKETS,
    when: '`resilience.onCall` is `observeStoreCalls`',
  },
  failed: {
    name: 'sojourn_store_failures_total',
    kind: 'counter',
    help: 'Store calls that were not answered.',
    labels: { operation: vocabulary.STORE_VERBS },
  },
  upkeepFailed: {
    name: 'sojourn_upkeep_failures_total',
    kind: 'counter',
    help: 'Touches and tidying that a store failure cut short.',
    labels: {},
  },
  corrupt: {
    name: 'sojourn_records_corrupt_total',
    kind: 'counter',
    help: 'Records that this version could not read.',
    labels: {},
  },
  rollbacks: {
    name: 'sojourn_store_rollbacks_total',
    kind: 'counter',
    help: 'How often the store had lost writes that it had acknowledged.',
    labels: {},
  },
  resets: {
    name: 'sojourn_store_resets_total',
    kind: 'counter',
    help: 'How often the store was found empty, or was another one.',
    labels: {},
  },
  breakerOpen: {
    name: 'sojourn_store_breaker_open',
    kind: 'gauge',
    help: 'Whether calls to the store, or to a part of it, are refused at once: 1, else 0.',
    labels: {},
  },
  breakerState: {
    name: 'sojourn_store_breaker_state',
    kind: 'gauge',
    help: 'The circuit breaker in front of each part of the store: 0 closed, 1 half-open, 2 open.',
    labels: { shard: SHARD },
    limit: MOST_SHARDS,
  },
  breakerChanged: {
    name: 'sojourn_store_breaker_changes_total',
    kind: 'counter',
    help: 'How often a circuit breaker changed, by what it became.',
    labels: { state: ['closed', 'half-open', 'open'] },
  },
  clockAhead: {
    name: 'sojourn_store_clock_ahead_seconds',
    kind: 'gauge',
    help: 'By how much the clock of the store is ahead of that of the host, where that is over a minute; else 0.',
    labels: {},
  },
}
