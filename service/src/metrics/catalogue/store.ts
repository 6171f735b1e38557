import type { SeriesText } from 'sojourn/telemetry'

/** What a store tells of itself in `check()`. */
export type Details = Readonly<Record<string, string | number | boolean>>

/** A series, and where its value is found. */
export interface HealthSeries {
  readonly text: SeriesText<'shard'>
  /** `undefined`: it was not told. */
  readonly valueOf: (details: Details) => number | undefined
}

const SHARD = 'The address of a node of a cluster; `all` where the store is one.'
const MOST_SHARDS = 64

function healthSeries(when: string) {
  return (
    name: string,
    help: string,
    from: string | ((details: Details) => number | undefined),
  ): HealthSeries => ({
    text: {
      name,
      kind: name.endsWith('_total') ? 'counter' : 'gauge',
      help,
      labels: { shard: SHARD },
      limit: MOST_SHARDS,
      when,
    },
    valueOf: typeof from === 'string' ? (details) => numberIn(details, from) : from,
  })
}

function numberIn(details: Details, name: string): number | undefined {
  const value = details[name]
  if (value === undefined || value === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** 1 where a fact is this word, 0 where it is another. */
function isWord(name: string, word: string): (details: Details) => number | undefined {
  return (details) => (details[name] === undefined ? undefined : Number(details[name] === word))
}

/** What replicas have yet to read of what the primary wrote. */
function behind(details: Details): number | undefined {
  const own = numberIn(details, 'replicationOffset')
  const slowest = numberIn(details, 'replicaOffset')
  return own === undefined || slowest === undefined ? undefined : Math.max(0, own - slowest)
}

const ofRedis = healthSeries('sessions rest in Redis, whose user may ask for INFO')

/** How each server of Redis does. */
export const REDIS_SERIES: readonly HealthSeries[] = [
  ofRedis('sojourn_redis_memory_used_bytes', 'Memory that Redis uses for its data.', 'memoryUsed'),
  ofRedis(
    'sojourn_redis_memory_resident_bytes',
    'Memory of Redis, as its host sees it.',
    'memoryResident',
  ),
  ofRedis('sojourn_redis_memory_peak_bytes', 'The most memory that Redis used.', 'memoryPeak'),
  ofRedis('sojourn_redis_memory_limit_bytes', 'maxmemory of Redis; 0: none.', 'memoryLimit'),
  ofRedis(
    'sojourn_redis_memory_fragmentation_ratio',
    'Resident memory divided by what is used. Well over 1: fragmented; under 1: swapped out.',
    'memoryFragmentation',
  ),
  ofRedis(
    'sojourn_redis_evicted_keys_total',
    'Keys that Redis threw away for want of memory.',
    'evictedKeys',
  ),
  ofRedis('sojourn_redis_expired_keys_total', 'Keys whose time was over.', 'expiredKeys'),
  ofRedis(
    'sojourn_redis_keyspace_hits_total',
    'Keys that were there when asked for.',
    'keyspaceHits',
  ),
  ofRedis(
    'sojourn_redis_keyspace_misses_total',
    'Keys that were not there when asked for.',
    'keyspaceMisses',
  ),
  ofRedis('sojourn_redis_commands_total', 'Commands that Redis carried out.', 'commands'),
  ofRedis('sojourn_redis_keys', 'Keys in the database that holds the sessions.', 'keys'),
  ofRedis('sojourn_redis_clients', 'Connections to Redis.', 'clients'),
  ofRedis(
    'sojourn_redis_clients_blocked',
    'Connections that wait for something to come.',
    'clientsBlocked',
  ),
  ofRedis('sojourn_redis_clients_limit', 'Connections that Redis accepts at most.', 'clientLimit'),
  ofRedis(
    'sojourn_redis_connections_rejected_total',
    'Connections that Redis refused, since it had as many as it may.',
    'connectionsRejected',
  ),
  ofRedis('sojourn_redis_loading', '1 while Redis reads its data from the disk.', 'isLoading'),
  ofRedis('sojourn_redis_append_only', '1 where Redis logs every write to its disk.', 'appendOnly'),
  ofRedis(
    'sojourn_redis_append_only_write_ok',
    '1 where the last write to that log went well.',
    isWord('appendOnlyWrite', 'ok'),
  ),
  ofRedis(
    'sojourn_redis_save_ok',
    '1 where the last snapshot went well, or there was none yet.',
    isWord('saveStatus', 'ok'),
  ),
  ofRedis(
    'sojourn_redis_last_save_timestamp_seconds',
    'When the last snapshot was made, since the Unix epoch; before the first, when Redis started.',
    'lastSaveAt',
  ),
  ofRedis(
    'sojourn_redis_changes_since_save',
    'Changes that no snapshot holds yet.',
    'changesSinceSave',
  ),
  ofRedis('sojourn_redis_primary', '1 for a primary, 0 for a replica.', isWord('role', 'master')),
  ofRedis('sojourn_redis_replicas', 'Replicas that are connected.', 'replicas'),
  ofRedis(
    'sojourn_redis_replication_lag_bytes',
    'What the replica that is furthest behind has yet to read. Absent without replicas.',
    behind,
  ),
  ofRedis(
    'sojourn_redis_replication_lag_seconds',
    'For how long the most silent replica has not been heard of. Absent without replicas.',
    'replicaSilence',
  ),
  ofRedis('sojourn_redis_uptime_seconds', 'How long Redis has been running.', 'uptimeSeconds'),
]

const ofSqlite = healthSeries('sessions rest in SQLite')

/** How the embedded file does. */
export const SQLITE_SERIES: readonly HealthSeries[] = [
  ofSqlite('sojourn_sqlite_file_bytes', 'Size of the file of sessions.', 'fileBytes'),
  ofSqlite('sojourn_sqlite_log_bytes', 'Size of the write-ahead log beside it.', 'logBytes'),
  ofSqlite('sojourn_sqlite_pages', 'Pages of the file.', 'pages'),
  ofSqlite(
    'sojourn_sqlite_free_pages',
    'Pages of the file that are free to be used again.',
    'freePages',
  ),
  ofSqlite('sojourn_sqlite_writable', '1 where the file can be written, else 0.', (details) =>
    details['isWritable'] === undefined ? undefined : Number(details['isWritable']),
  ),
  ofSqlite(
    'sojourn_sqlite_busy_total',
    'Tries to write that found another process writing; each is tried again a millisecond later.',
    'busy',
  ),
]
