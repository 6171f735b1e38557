import type { Config, RedisConfig } from '../../config/config.js'
import { createLogger } from '../../log/index.js'
import { openRedis } from '../../redis/open.js'
import { listParts, recognise } from '../../redis/servers.js'
import { StoreRefused } from '../../store-refused.js'
import { answer, type Finding } from '../finding.js'
import { gather } from './gather.js'
import { judgeStore } from './judge.js'
import { judgeTls } from './live.js'
import { examineSentinels } from './sentinels.js'
import { hearAll, judgeServers, type Heard } from './servers.js'

/**
 * The live Redis of a configuration: every server that it consists of, with what INFO says of it and what has to be asked
 * beside. Writes nothing.
 */
export async function examineStoreOf(
  config: Config,
  now: () => number,
): Promise<readonly Finding[]> {
  const { redis } = config
  if (redis === undefined) return []
  const reach = answer({
    id: 'store.reach',
    group: 'store',
    asvs: ['12.3.2'],
    box: 'redis',
    title: 'Redis answers, and lets us in',
  })
  try {
    await runOnce(redis)
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown fault'
    const isRefused = error instanceof StoreRefused
    const fix = isRefused
      ? 'Correct what it names.'
      : 'Start it, or look at REDIS_URL and the network.'
    const reached = reach.fail(message, fix)
    // It let us in, but not do enough: what is missing is told below.
    const isLetIn = isRefused && message.includes('NOPERM')
    return isLetIn ? [reached, ...(await askAll(redis, config, now))] : [reached]
  }
  return [reach.pass('it runs our scripts'), ...(await askAll(redis, config, now))]
}

/** What the service would do at its start. */
async function runOnce(redis: RedisConfig): Promise<void> {
  const opened = await openRedis(redis, createLogger({ level: 'silent' }))
  try {
    await opened.store.check()
  } finally {
    await opened.close()
  }
}

async function askAll(
  given: RedisConfig,
  config: Config,
  now: () => number,
): Promise<readonly Finding[]> {
  return (await askServers(given, config, now)).findings
}

/** What all servers of a Redis said, and what is to be thought of it. */
export interface Asked {
  readonly topology: RedisConfig['topology']
  readonly heard: readonly Heard[]
  readonly findings: readonly Finding[]
}

/** Asks every server that a Redis consists of. Fails where nobody knows which those are. */
export async function askServers(
  given: RedisConfig,
  { mode }: Pick<Config, 'mode'>,
  now: () => number,
): Promise<Asked> {
  const redis = await recognise(given)
  const heard = await hearAll(redis, await listParts(redis))
  const how = { isProduction: mode === 'production', isEvictionAllowed: redis.isEvictionAllowed }
  const answers = heard
    .filter(({ fault }) => fault === undefined)
    .map(({ name, details, findings }) => ({
      name,
      findings: [...judgeStore({ details, ...how, now: now() }), ...findings],
    }))
  const findings = [
    judgeServers(heard, redis.topology),
    ...(await examineSentinels(redis)),
    ...gather(answers),
    judgeTls(redis),
  ]
  return { topology: redis.topology, heard, findings }
}
