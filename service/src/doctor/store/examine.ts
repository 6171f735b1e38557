import type { Config, RedisConfig } from '../../config/config.js'
import { createLogger } from '../../log/index.js'
import { StoreRefused } from '../../store-refused.js'
import { answer, type Finding } from '../finding.js'
import { judgeStore } from './judge.js'
import { examineLive, type SendCommand } from './live.js'

/** How long one connection may take. */
const WITHIN = 5_000

/** The live Redis of a configuration: what INFO says of it, and what has to be asked of it. Writes nothing. */
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
  const { openRedis, createRedisClient } = await import('../../open-redis.js')
  try {
    const opened = await openRedis(redis, createLogger({ level: 'silent' }))
    try {
      const { details } = await opened.store.check()
      const isProduction = config.mode === 'production'
      const given = { details, isProduction, isEvictionAllowed: redis.isEvictionAllowed }
      const told = judgeStore({ ...given, now: now() })
      return [
        reach.pass('it runs our scripts'),
        ...told,
        ...(await askServer(redis, createRedisClient)),
      ]
    } finally {
      await opened.close()
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown fault'
    const fix =
      error instanceof StoreRefused
        ? 'Correct what it names.'
        : 'Start it, or look at REDIS_URL and the network.'
    return [reach.fail(message, fix)]
  }
}

interface Client {
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
  sendCommand(words: string[]): Promise<unknown>
}

/** One server by itself: the only one, or the first node of a cluster. Sentinels answer for no data. */
async function askServer(
  redis: RedisConfig,
  createRedisClient: (redis: RedisConfig) => unknown,
): Promise<readonly Finding[]> {
  const isLocal = redis.nodes.every(({ host }) => /^(?:localhost$|127\.|::1$)/.test(host))
  if (redis.topology === 'sentinel') return examineLive(refuse, redis, isLocal)
  const client = createRedisClient({ ...redis, topology: 'single', database: 0 }) as Client
  client.on('error', () => undefined)
  const timer = setTimeout(() => {
    client.destroy()
  }, WITHIN)
  try {
    await client.connect()
    return await examineLive(async (words) => client.sendCommand([...words]), redis, isLocal)
  } finally {
    clearTimeout(timer)
    client.destroy()
  }
}

const refuse: SendCommand = async () => Promise.reject(new Error('no connection of its own'))
