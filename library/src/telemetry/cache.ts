import type { NearCacheStats } from '../store/near-cache.js'
import { CACHE_SERIES } from './catalogue/index.js'
import { declareCounter, declareHistogram, showFrom } from './declare.js'
import type { Metrics } from './metrics.js'

/** Shows how a near cache does: `observeCache(metrics, () => sojourn.cacheStats())`. Read when the text is made. */
export function observeCache(metrics: Metrics, stats: () => NearCacheStats): void {
  const asked = declareCounter(metrics, CACHE_SERIES.lookups)
  asked.series({ outcome: 'hit' }).readFrom(() => stats().hits)
  asked.series({ outcome: 'miss' }).readFrom(() => stats().misses)
  asked.series({ outcome: 'bypass' }).readFrom(() => stats().bypasses)
  showFrom(metrics, CACHE_SERIES.flushes, () => stats().flushes)
  showFrom(metrics, CACHE_SERIES.evictions, () => stats().evictions)
  showFrom(metrics, CACHE_SERIES.entries, () => stats().entries)
  showFrom(metrics, CACHE_SERIES.age, () => stats().age / 1_000)
  const buckets = stats().delays.bounds.map((bound) => bound / 1_000)
  const news = declareHistogram(metrics, { ...CACHE_SERIES.news, buckets })
  news.series({}).readFrom(() => {
    const { counts, sum } = stats().delays
    return { counts, sum: sum / 1_000 }
  })
}
