import { STORE_SERIES } from './catalogue/index.js'
import { declareCount, declareGauge } from './declare.js'
import type { Metrics } from './metrics.js'
import type { Observable } from './observe.js'

/** How far open a circuit breaker is. */
const OPENNESS = { closed: 0, 'half-open': 1, open: 2 } as const
/** The part of a store that is all of it. */
const WHOLE = 'all'

/** What is found out about the store itself. */
export function observeStore(sojourn: Observable, metrics: Metrics): (() => void)[] {
  const failed = declareCount(metrics, STORE_SERIES.failed)
  const upkeepFailed = declareCount(metrics, STORE_SERIES.upkeepFailed)
  const corrupt = declareCount(metrics, STORE_SERIES.corrupt)
  const rollback = declareCount(metrics, STORE_SERIES.rollbacks)
  const reset = declareCount(metrics, STORE_SERIES.resets)
  const skew = declareGauge(metrics, STORE_SERIES.clockAhead).series({})
  return [
    sojourn.on('store.failed', ({ operation }) => {
      // Upkeep tells why it stopped; the call that failed was told before, and counts once.
      if (operation === 'upkeep') upkeepFailed([])
      else failed([operation])
    }),
    sojourn.on('store.corrupt', () => {
      corrupt([])
    }),
    sojourn.on('store.rollback', () => {
      rollback([])
    }),
    sojourn.on('store.reset', () => {
      reset([])
    }),
    sojourn.on('store.clock_skew', ({ isApart, ahead }) => {
      skew.set(isApart ? ahead / 1_000 : 0)
    }),
    observeBreaker(sojourn, metrics),
  ]
}

function observeBreaker(sojourn: Observable, metrics: Metrics): () => void {
  const breaker = declareGauge(metrics, STORE_SERIES.breakerOpen).series({})
  const states = declareGauge(metrics, STORE_SERIES.breakerState)
  const changed = declareCount(metrics, STORE_SERIES.breakerChanged)
  states.series({ shard: WHOLE }).set(OPENNESS.closed)
  /** Parts of the store that are not asked. */
  const open = new Set<string>()
  return sojourn.on('store.breaker', ({ state, shard = WHOLE }) => {
    if (state === 'closed') open.delete(shard)
    else open.add(shard)
    breaker.set(open.size > 0 ? 1 : 0)
    states.series({ shard }).set(OPENNESS[state])
    changed([state])
  })
}
