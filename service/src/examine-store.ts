/** Looks at a live Redis when the service starts: whether it keeps what it is given, and what the time is there. */
import { StoreUnavailable, type Store, type StoreHealth } from 'sojourn'
import type { Config, RedisConfig } from './config/config.js'
import { gather } from './doctor/store/gather.js'
import { judgeStore } from './doctor/store/judge.js'
import type { Finding } from './doctor/finding.js'
import type { Logger } from './log/index.js'
import { StoreRefused } from './store-refused.js'

/** What is worth a line in the log at start, and under which code. */
const CODES: Readonly<Record<string, string>> = {
  'store.eviction': 'STORE_EVICTION',
  'store.durability': 'STORE_DURABILITY',
  'store.memory': 'STORE_MEMORY',
  'store.clock': 'CLOCK_SKEW',
  'store.version': 'STORE_VERSION',
}
const AGAIN = 5_000
// eslint-disable-next-line no-restricted-syntax -- the host's clock is what is examined
const hostNow = (): number => Date.now()

/**
 * Warns of what is wrong with the store. A Redis that is away is looked at when it comes; it is then too late to
 * refuse, and said as an error.
 *
 * @throws StoreRefused in production, where it may evict sessions and nobody has allowed that.
 */
export async function examineStore(
  store: Store,
  config: Config,
  log: Logger,
  now: () => number = hostNow,
): Promise<void> {
  if (config.redis === undefined) return
  const findings = await examine(store, config, now)
  if (findings === undefined) {
    const timer = setInterval(() => {
      void examine(store, config, now).then((late) => {
        if (late === undefined) return
        clearInterval(timer)
        tell(late, log)
      })
    }, AGAIN).unref()
    return
  }
  const refused = findings.find(({ verdict }) => verdict === 'fail')
  if (refused !== undefined) {
    const code = 'STORE_EVICTION'
    throw new StoreRefused(code, `${refused.seen} ${refused.fix ?? ''}`.trimEnd())
  }
  tell(findings, log)
}

/** `undefined`: the store does not answer. */
async function examine(
  store: Store,
  config: Config,
  now: () => number,
): Promise<readonly Finding[] | undefined> {
  try {
    const { details } = await store.check()
    const how = {
      isEvictionAllowed: config.redis?.isEvictionAllowed ?? false,
      isProduction: config.mode === 'production',
      now: now(),
    }
    const others = await detailsOfAll(config.redis)
    if (others.length === 0) others.push({ name: '', details })
    const judged = others.map((one) => ({
      name: one.name,
      findings: judgeStore({ details: one.details, ...how }).filter(({ id }) => id in CODES),
    }))
    return gather(judged)
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined
    throw error
  }
}

/** What each server says, where there are several: any of them may be the primary tomorrow. */
async function detailsOfAll(
  given: RedisConfig | undefined,
): Promise<{ name: string; details: StoreHealth['details'] }[]> {
  if (given === undefined) return []
  const { recognise, listParts } = await import('./redis/servers.js')
  const { hearAll } = await import('./doctor/store/servers.js')
  const redis = await recognise(given)
  if (redis.topology === 'single') return []
  const parts = await listParts(redis).catch(() => [])
  const heard = await hearAll(redis, parts)
  return heard.flatMap(({ name, details, fault }) =>
    fault === undefined ? [{ name, details }] : [],
  )
}

function tell(findings: readonly Finding[], log: Logger): void {
  for (const { id, verdict, seen, fix } of findings) {
    if (verdict === 'pass' || verdict === 'skipped') continue
    const level = verdict === 'fail' ? 'error' : 'warn'
    const code = CODES[id] ?? id
    log[level]({ event: 'store.examined', code, fix }, `${code}: ${seen}`)
  }
}
