import type { ResilienceOptions } from '../options.js'
import type { Metrics } from './metrics.js'
import { STORE_VERBS } from './vocabulary.js'

/** Around the default deadline of 250 ms, and down to what an embedded store needs. Seconds. */
const BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
]

/**
 * Makes the `resilience.onCall` that times the calls to a store in `sojourn_store_calls_seconds`:
 * `createSojourn({ store, resilience: { onCall: observeStoreCalls(metrics, store.name) } })`.
 */
export function observeStoreCalls(
  metrics: Metrics,
  storeName: string,
): NonNullable<ResilienceOptions['onCall']> {
  const family = metrics.histogram(
    'sojourn_store_calls_seconds',
    'How long calls to the store took.',
    ['store', 'verb', 'outcome'],
    BUCKETS,
  )
  const bind = (outcome: 'ok' | 'fault') => {
    const series = (verb: string) => family.series({ store: storeName, verb, outcome })
    return { series, bound: new Map(STORE_VERBS.map((verb) => [verb, series(verb)])) }
  }
  const outcomes = { ok: bind('ok'), fault: bind('fault') }
  return (verb, milliseconds, outcome) => {
    const { bound, series } = outcomes[outcome]
    const found = bound.get(verb) ?? series('other')
    found.observe(milliseconds / 1_000)
  }
}
