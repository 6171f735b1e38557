import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { openSqliteStore } from 'sojourn/sqlite'
import { loadConfig } from '../../config/load.js'
import type { RedisConfig } from '../../config/config.js'
import type { Environment } from '../../config/values.js'
import { createLogger } from '../../log/index.js'
import type { OpenedStore } from '../../session-store.js'
import { CommandFailed } from '../exit.js'

/** One of our stores, as `--from` and `--to` name it. */
export interface StorePlace {
  /** In words, without a password; the same words for the same place. */
  readonly name: string
  readonly exists: boolean
  open(): Promise<OpenedStore>
}

/** Other ways to say where Redis is: here the address alone counts. */
const OTHER_WAYS = [
  ...['REDIS_HOST', 'REDIS_PORT', 'REDIS_USERNAME', 'REDIS_PASSWORD', 'REDIS_DB', 'REDIS_SSL'],
  ...['REDIS_CLUSTER_NODES', 'REDIS_SENTINELS'],
]

/**
 * Reads `sqlite:<file>`, an address of Redis, or `env:<NAME>` for a variable that holds either. What is refused is never
 * repeated: it may hold a password.
 */
export function toPlace(
  text: string,
  option: string,
  environment: Environment,
  prefix: string | undefined,
): StorePlace {
  const variable = /^env:([A-Za-z_]\w{0,99})$/.exec(text)?.[1]
  const address = (variable === undefined ? text : environment[variable]) ?? ''
  if (address === '')
    throw new CommandFailed(`${option}: the variable ${variable ?? ''} is not set.`)
  const file = /^(?:sqlite|file):(?:\/\/)?(.+)$/.exec(address)?.[1]
  if (file !== undefined) return sqlitePlace(resolve(file))
  checkAddress(address, option, variable !== undefined)
  return redisPlace(readRedis(address, environment, prefix))
}

function checkAddress(address: string, option: string, isOfVariable: boolean): void {
  if (!/^rediss?(?:[+-]sentinel)?:\/\//.test(address)) {
    throw new CommandFailed(
      `${option} wants sqlite:<file>, redis://host:port, rediss://host:port, or env:<NAME> for a variable that holds such an address.`,
    )
  }
  if (!isOfVariable && /:\/\/[^/?#]*@/.test(address)) {
    throw new CommandFailed(
      `${option}: an address with a password stands in the history of the shell. Put it into a variable, and say env:<NAME>.`,
    )
  }
}

function sqlitePlace(file: string): StorePlace {
  return {
    name: `SQLite in ${file}`,
    exists: existsSync(file),
    async open() {
      const store = await openSqliteStore({ file })
      return { store, close: async () => store.close() }
    },
  }
}

/** With the authorities and certificates of the service, which hold for every Redis. */
function readRedis(
  address: string,
  environment: Environment,
  prefix: string | undefined,
): RedisConfig {
  const rest = Object.entries(environment).filter(([name]) => !OTHER_WAYS.includes(name))
  const { redis } = loadConfig({
    ...Object.fromEntries(rest),
    REDIS_URL: address,
    ...(prefix === undefined ? {} : { REDIS_KEY_PREFIX: prefix }),
  })
  if (redis === undefined) throw new CommandFailed('This is no address of a Redis.')
  return redis
}

function redisPlace(redis: RedisConfig): StorePlace {
  const nodes = redis.nodes.map(({ host, port }) => `${host}:${String(port)}`).join(',')
  return {
    name: `Redis at ${nodes}, database ${String(redis.database)}, keys ${redis.keyPrefix}*`,
    exists: true,
    async open() {
      const { openRedis } = await import('../../redis/open.js')
      return openRedis(redis, createLogger({ level: 'silent' }))
    },
  }
}
