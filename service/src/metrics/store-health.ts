import type { Store } from 'sojourn'
import type { Metrics } from 'sojourn/telemetry'

/** So often at most the store is asked for what it says of itself. */
const EVERY = 10_000

/** What is shown, by the name under which the store tells it. */
const SHOWN = [
  ['evictedKeys', 'sojourn_store_evicted_keys', 'Keys that Redis threw away for want of memory.'],
  ['memoryUsed', 'sojourn_store_memory_used_bytes', 'Memory that Redis uses.'],
  ['memoryLimit', 'sojourn_store_memory_limit_bytes', 'maxmemory of Redis; 0: none.'],
  ['clients', 'sojourn_store_clients', 'Connections to Redis.'],
] as const

/**
 * Shows how the store does, as far as it tells. Asked beside the reading of the metrics, so a text may be one reading
 * old. The answer asks at once.
 */
export function observeStoreHealth(
  metrics: Metrics,
  store: Pick<Store, 'check'>,
): () => Promise<void> {
  let askedAt = -Infinity
  const ask = async (): Promise<void> => {
    askedAt = performance.now()
    try {
      const { details } = await store.check()
      for (const [field, name, help] of SHOWN) {
        const value = details[field]
        if (typeof value === 'number') metrics.gauge(name, help).series({}).set(value)
      }
    } catch {
      // Whether the store answers is what other series show.
    }
  }
  metrics.beforeText(() => {
    if (performance.now() - askedAt >= EVERY) void ask()
  })
  return ask
}
