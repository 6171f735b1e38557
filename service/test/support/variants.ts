import { startRedis } from '../../../library/test/support/redis-server.js'
import { startPostgres } from './postgres.js'
import { dumpPostgres, dumpRedis } from './records.js'
import type { Environment } from './service.js'

/** What a service rests on besides its data folder. */
export interface Ground {
  readonly environment: Environment
  /** Everything at rest there. */
  dump(): Promise<string>
  stop(): Promise<void>
}

/** Where sessions and accounts may rest. */
export interface Variant {
  readonly name: string
  start(): Promise<Ground>
}

/** The three ways in which the service is run. */
export const VARIANTS: readonly Variant[] = [
  {
    name: 'SQLite',
    start: async () => ({
      environment: {},
      dump: async () => '',
      stop: async () => undefined,
    }),
  },
  {
    name: 'Redis',
    async start() {
      const redis = await startRedis()
      return {
        environment: { REDIS_URL: redis.url },
        dump: () => dumpRedis(redis),
        stop: () => redis.stop(),
      }
    },
  },
  {
    name: 'Redis and PostgreSQL',
    async start() {
      const [redis, postgres] = await Promise.all([startRedis(), startPostgres()])
      return {
        environment: { REDIS_URL: redis.url, DATABASE_URL: postgres.url },
        dump: async () => (await dumpRedis(redis)) + (await dumpPostgres(postgres.url)),
        async stop() {
          await Promise.all([redis.stop(), postgres.remove()])
        },
      }
    },
  },
]
