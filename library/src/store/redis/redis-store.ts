import { createRouting } from '../bucket.js'
import type { Store, StoreHealth } from '../store.js'
import { toConnection } from './client.js'
import { createCounters } from './counters.js'
import { createDocumentVerbs } from './documents.js'
import { createOutlast } from './durability.js'
import { openFeed } from './feed/open-feed.js'
import { createKeys } from './keys.js'
import { toRedisStoreSettings, type RedisStoreOptions, type RedisStoreSettings } from './options.js'
import { createPulse } from './pulse.js'
import { createRotation } from './rotation.js'
import { createRunner, type Run } from './runner.js'
import { CHECK, FOUND_FIELDS, HEALTH_FIELDS } from './scripts/check.js'
import { createSessionVerbs } from './sessions.js'
import { toShardOf } from './shard.js'
import { createSubjectVerbs } from './subjects.js'
import { createTransfer } from './transfer.js'
import { createWalk } from './walk.js'

/**
 * A store on Redis 6.2 or later, Valkey or MemoryDB: standalone, Sentinel or Cluster, any client. Every
 * verb is one script on one slot, but for {@link Store.walk}, which scans; nothing is kept without a TTL; no KEYS,
 * FUNCTION or keyspace notification is used.
 *
 * The client should fail fast: this store adds no deadline of its own (`createResilientStore` does).
 * node-redis: `disableOfflineQueue: true`; ioredis: `enableOfflineQueue: false,
 * autoResendUnfulfilledCommands: false`; both: a reconnect delay of at most a second. An ACL user needs
 * `~sj:* +eval +evalsha` and what scripts/ calls: `+@hash +@sortedset +del +unlink +exists +rename
 * +pexpire +pttl +time`, `+info` for {@link Store.check}, which estimates how many sessions live where `+dbsize +randomkey`
 * are there, `+wait` for {@link RedisStoreOptions.durability}, `+scan` for {@link Store.walk}, and `+publish
 * &sj:changes` to tell other processes of changes: what is written without that right is written, but untold,
 * and near caches elsewhere go on serving what was. The user of a {@link RedisStoreOptions.subscriber} needs `+subscribe +unsubscribe +ping
 * &sj:changes`.
 *
 * @throws InvalidOption for an unknown kind of client, a subscriber that is not one connection, a prefix with other characters, or a wrong duration.
 */
export function createRedisStore(options: RedisStoreOptions): Store {
  const settings = toRedisStoreSettings(options)
  const keys = createKeys(settings.keyPrefix)
  const bucketOf = createRouting(settings.routingKey)
  const run = createRunner(toConnection(options.client), settings)
  const shardOf = toShardOf(options.client, settings.keyPrefix)
  const outlast = createOutlast(options.client, options.durability, shardOf)
  const context = { run, keys, bucketOf, subjectKeptFor: settings.subjectKeptFor, outlast }
  const changes = openFeed({ options, settings, run, keys })
  return {
    name: 'redis',
    bucketOf,
    ...createSessionVerbs(context),
    ...createRotation(context),
    ...createSubjectVerbs(context),
    ...createDocumentVerbs(context),
    ...createWalk(context, options.client),
    ...createTransfer(context, options.client),
    ...createPulse(context),
    mayForget: true,
    changes,
    counters: createCounters(context),
    ...(shardOf === undefined ? {} : { shardOf }),
    // A key of a random bucket: on a cluster, repeated checks come to every node.
    check: async () => {
      const bucket = bucketOf(undefined)
      const { details } = await check(run, keys.subject(bucket, ''), settings)
      const shard = shardOf?.(bucket)
      return { details: shard === undefined ? details : { ...details, shard } }
    },
    close: async () => changes?.close(),
  }
}

async function check(run: Run, key: string, { clock }: RedisStoreSettings): Promise<StoreHealth> {
  const start = clock.elapsed()
  const { now, words } = await run(CHECK, key)
  const roundTrip = Math.round((clock.elapsed() - start) * 100) / 100
  const details: Record<string, string | number> = { roundTrip, time: now }
  for (const [name, field] of Object.entries({ ...HEALTH_FIELDS, ...FOUND_FIELDS })) {
    const at = words.indexOf(field)
    const value = at < 0 ? undefined : words[at + 1]
    if (value !== undefined) details[name] = /^\d{1,15}$/.test(value) ? Number(value) : value
  }
  return { details }
}
