import { sha256 } from '../../system/digest.js'
import { createRedisStore } from '../../store/redis/index.js'
import type { RedisClient } from '../../store/redis/client.js'
import { keepSessions, type KeptStore, type LegacyRecords } from '../kept/index.js'
import { canRunScripts, toModern } from './commands.js'
import type { SecondsOf, UpgradeOptions } from './options.js'

/** A store as far as it decides whether its sessions can rest in records of ours. */
export interface Upgradable {
  readonly client: object
  readonly prefix: string
  readonly ttl: number | SecondsOf
  readonly disableTTL: boolean
  readonly disableTouch: boolean
  /** Somebody put methods of his own in the place of ours: they have to be called. */
  readonly isChanged: boolean
}

/**
 * Sessions in records of ours, with the records of connect-redis beside them for nodes of before. `undefined`: what this
 * store was asked for cannot be kept there, and it stays as it is.
 */
export function upgrade(
  store: Upgradable,
  legacy: LegacyRecords,
  options: UpgradeOptions | false | undefined,
): KeptStore | undefined {
  const { client, ttl } = store
  if (options === false || typeof ttl !== 'number' || !canRunScripts(client)) return undefined
  if (store.isChanged || store.disableTTL || store.disableTouch) return undefined
  return keep({ client, ttl, prefix: store.prefix }, legacy, options ?? {})
}

function keep(
  { client, ttl, prefix }: { client: RedisClient; ttl: number; prefix: string },
  legacy: LegacyRecords,
  { legacy: legacyMode = 'mirror', keyPrefix, subscriber, ...rest }: UpgradeOptions,
): KeptStore {
  return keepSessions({
    ...rest,
    idle: ttl,
    legacy,
    legacyMode,
    store: createRedisStore({
      client: toModern(client),
      keyPrefix: keyPrefix ?? keyPrefixFor(prefix),
      ...(subscriber === undefined ? {} : { subscriber }),
    }),
  })
}

/** Two applications keep apart by their prefixes in connect-redis, and so they do here. */
function keyPrefixFor(prefix: string): string {
  return /^[\w.:-]{0,60}$/.test(prefix) ? `sj:${prefix}` : `sj:${sha256(prefix).slice(0, 12)}:`
}
