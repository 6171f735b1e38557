import type { ResilienceOptions } from '../options.js'
import { STORE_SERIES } from './catalogue/index.js'
import { declareHistogram } from './declare.js'
import type { Metrics } from './metrics.js'
import { STORE_VERBS } from './vocabulary.js'

/**
 * Makes the `resilience.onCall` that times the calls to a store in `sojourn_store_calls_seconds`:
 * `createSojourn({ store, resilience: { onCall: observeStoreCalls(metrics, store.name) } })`.
 */
export function observeStoreCalls(
  metrics: Metrics,
  storeName: string,
): NonNullable<ResilienceOptions['onCall']> {
  const family = declareHistogram(metrics, STORE_SERIES.calls)
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
