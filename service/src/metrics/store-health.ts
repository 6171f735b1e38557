import type { Store } from 'sojourn'
import { declareCounter, declareGauge, type Metrics } from 'sojourn/telemetry'
import {
  OWN_SERIES,
  REDIS_SERIES,
  SQLITE_SERIES,
  type Details,
  type HealthSeries,
} from './catalogue/index.js'
import { createCensus } from './census.js'

/** So often at most the store is asked for what it says of itself. */
const EVERY = 10_000
/** What a node of a cluster said is shown for so long: it may be gone. */
const SHOWN_FOR = 300_000
/** The part of a store that is all of it. */
const WHOLE = 'all'

/** Looks at the store now, and says whether it answered. One look at a time: whoever asks meanwhile gets the same answer. */
export type Look = () => Promise<boolean>

/**
 * Shows how the store does, as far as it tells. It is asked beside the reading of the metrics, never for a request and never
 * twice at a time, so a text may be one reading old; and once now, so that the first reading shows something.
 */
export function observeStoreHealth(
  metrics: Metrics,
  store: Pick<Store, 'check' | 'name'>,
  elapsed: () => number = () => performance.now(),
): Look {
  const show = createShow(metrics, store.name === 'redis' ? REDIS_SERIES : SQLITE_SERIES, elapsed)
  let askedAt = -Infinity
  let underWay: Promise<boolean> | undefined
  const look = async (): Promise<boolean> => {
    askedAt = elapsed()
    const up = declareGauge(metrics, OWN_SERIES.storeUp).series({})
    try {
      show((await store.check()).details)
      up.set(1)
      return true
    } catch {
      up.set(0)
      return false
    }
  }
  const ask = (): Promise<boolean> =>
    (underWay ??= look().finally(() => {
      underWay = undefined
    }))
  metrics.beforeText(() => {
    if (elapsed() - askedAt >= EVERY) void ask()
  })
  void ask()
  return ask
}

function createShow(
  metrics: Metrics,
  known: readonly HealthSeries[],
  elapsed: () => number,
): (details: Details) => void {
  const census = createCensus()
  /** What each part of the store said last, and when. */
  const told = new Map<string, { readonly details: Details; readonly at: number }>()
  const current = (shard: string): Details => {
    const last = told.get(shard)
    return last !== undefined && elapsed() - last.at < SHOWN_FOR ? last.details : {}
  }
  const declare = (shard: string): void => {
    for (const { text, valueOf } of known) {
      const of = text.kind === 'counter' ? declareCounter : declareGauge
      of(metrics, text)
        .series({ shard })
        .readFrom(() => valueOf(current(shard)))
    }
    declareGauge(metrics, OWN_SERIES.live)
      .series({ shard })
      .readFrom(() => (told.has(shard) ? census.live(shard, current(shard)) : undefined))
  }
  return (details) => {
    const shard = typeof details['shard'] === 'string' ? details['shard'] : WHOLE
    const isNew = !told.has(shard)
    told.set(shard, { details, at: elapsed() })
    census.note(shard, details)
    if (isNew) declare(shard)
  }
}
