import type { NearCacheStats } from '../store/near-cache.js'
import type { Metrics } from './metrics.js'

/** Shows how a near cache does: `observeCache(metrics, () => sojourn.cacheStats())`. Read when the text is made. */
export function observeCache(metrics: Metrics, stats: () => NearCacheStats): void {
  const asked = metrics.counter('sojourn_cache_lookups_total', LOOKUPS, ['outcome'])
  const count = (name: string, help: string, read: () => number): void => {
    metrics.counter(name, help).series({}).readFrom(read)
  }
  const level = (name: string, help: string, read: () => number): void => {
    metrics.gauge(name, help).series({}).readFrom(read)
  }
  asked.series({ outcome: 'hit' }).readFrom(() => stats().hits)
  asked.series({ outcome: 'miss' }).readFrom(() => stats().misses)
  asked.series({ outcome: 'bypass' }).readFrom(() => stats().bypasses)
  count('sojourn_cache_flushes_total', FLUSHES, () => stats().flushes)
  count('sojourn_cache_evictions_total', EVICTIONS, () => stats().evictions)
  level('sojourn_cache_entries', 'Sessions in the near cache.', () => stats().entries)
  level('sojourn_cache_age_seconds', AGE, () => stats().age / 1_000)
  const bounds = stats().delays.bounds.map((bound) => bound / 1_000)
  const news = metrics.histogram('sojourn_cache_news_seconds', NEWS, [], bounds)
  news.series({}).readFrom(() => {
    const { counts, sum } = stats().delays
    return { counts, sum: sum / 1_000 }
  })
}

const LOOKUPS = 'Reads that the near cache answered (hit), could not (miss), or must not (bypass).'
const FLUSHES = 'How often the near cache was emptied, since changes might have gone untold.'
const AGE = 'For how long changes may have gone untold at the worst. +Inf: nobody tells.'
const EVICTIONS = 'Sessions that left the near cache for others, since it was full.'
const NEWS =
  'How long the news of an ended session was under way to this process, at most: by the clock of the store, one round trip too long at the worst.'
