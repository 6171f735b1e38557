/** What Redis and SQLite say of themselves. All processes ask the same Redis: its numbers are never added up over processes. */
import * as units from '@grafana/grafana-foundation-sdk/units'
import { lines } from './panels.mjs'
import { inRange, now, perSecond, series } from './queries.mjs'

/** The highest of what the processes say, of each part of the store. @param {string} name */
function each(name) {
  return now('max', `sojourn_redis_${name}`, 'shard')
}

/** How often a second, as the process that saw most of it says. @param {string} name */
function often(name) {
  return `max by (shard) (rate(${series(`sojourn_redis_${name}`)}[$__rate_interval]))`
}

export function redisPanels() {
  return [...memory(), ...use(), ...safety()]
}

function memory() {
  return [
    lines({
      title: 'Redis: memory',
      about: {
        shows:
          'used is what the data takes, resident what the host sees, limit is maxmemory (0: none).',
        good: 'used below 80 % of the limit.',
        act: 'runbook redis-memory-high.',
      },
      unit: units.BytesIEC,
      queries: [
        [each('memory_used_bytes'), '{{shard}} used'],
        [each('memory_resident_bytes'), '{{shard}} resident'],
        [each('memory_peak_bytes'), '{{shard}} peak'],
        [each('memory_limit_bytes'), '{{shard}} limit'],
      ],
    }),
    lines({
      title: 'Redis: fragmentation',
      about: {
        shows: 'Resident memory by used memory.',
        good: '1 to 1.5, on more than 100 MB of data.',
        act: 'Above 1.5: `activedefrag yes`. Below 1: the host swaps; give it memory.',
      },
      unit: units.NoUnit,
      queries: [[each('memory_fragmentation_ratio'), '{{shard}}']],
    }),
    lines({
      title: 'Redis: keys thrown away, and expired',
      about: {
        shows: 'Evicted keys are sessions that nobody ended. Expired ones are meant.',
        good: 'evicted is 0.',
        act: 'runbook redis-evicts.',
      },
      unit: units.OpsPerSecond,
      queries: [
        [often('evicted_keys_total'), '{{shard}} evicted'],
        [often('expired_keys_total'), '{{shard}} expired'],
      ],
    }),
    lines({
      title: 'Redis: keys',
      about: {
        shows: 'All keys, also those of other applications.',
        good: 'Follows the live sessions.',
        act: 'It only grows: sessions without an end, or somebody else in the same Redis.',
      },
      unit: units.Short,
      queries: [[each('keys'), '{{shard}}']],
    }),
  ]
}

function use() {
  return [
    lines({
      title: 'Redis: commands',
      about: {
        shows: 'Commands a second, of everybody.',
        good: 'Follows the requests.',
        act: 'Far above the calls of this dashboard: somebody else uses it.',
      },
      unit: units.OpsPerSecond,
      queries: [[often('commands_total'), '{{shard}}']],
    }),
    lines({
      title: 'Redis: found and not found',
      about: {
        shows: 'Lookups of keys that were there, and that were not.',
        good: 'Mostly found.',
        act: 'Not found rises: expired or invented session ids; see "Credentials rejected" on the security dashboard.',
      },
      unit: units.OpsPerSecond,
      queries: [
        [often('keyspace_hits_total'), '{{shard}} found'],
        [often('keyspace_misses_total'), '{{shard}} not found'],
      ],
    }),
    lines({
      title: 'Redis: connections',
      about: {
        shows: 'Connections, those that wait, and how many are allowed.',
        good: 'A handful for each process.',
        act: 'runbook redis-connections-full.',
      },
      unit: units.Short,
      queries: [
        [each('clients'), '{{shard}} open'],
        [each('clients_blocked'), '{{shard}} waiting'],
        [each('clients_limit'), '{{shard}} allowed'],
      ],
    }),
    lines({
      title: 'Redis: connections refused',
      about: {
        shows: 'Connections that Redis refused since it had too many.',
        good: '0.',
        act: 'runbook redis-connections-full.',
      },
      unit: units.Short,
      queries: [[inRange('sojourn_redis_connections_rejected_total', 'shard'), '{{shard}}']],
      limits: { bad: 1 },
    }),
  ]
}

function safety() {
  return [
    lines({
      title: 'Redis: written to disk',
      about: {
        shows:
          '1 is yes: the append-only file is on, its last write was good, the last snapshot was good.',
        good: 'All 1.',
        act: 'runbook redis-persistence-failing.',
      },
      unit: units.NoUnit,
      max: 1,
      queries: [
        [each('append_only'), '{{shard}} append-only file on'],
        [now('min', 'sojourn_redis_append_only_write_ok', 'shard'), '{{shard}} its write good'],
        [now('min', 'sojourn_redis_save_ok', 'shard'), '{{shard}} snapshot good'],
      ],
    }),
    lines({
      title: 'Redis: since the last snapshot',
      about: {
        shows: 'Writes since, which are lost in a crash where there is no append-only file.',
        good: 'Falls to 0 now and then, or there is an append-only file.',
        act: 'runbook redis-persistence-failing.',
      },
      unit: units.Short,
      queries: [
        [each('changes_since_save'), '{{shard}} writes'],
        [`time() - ${each('last_save_timestamp_seconds')}`, '{{shard}} seconds'],
      ],
    }),
    lines({
      title: 'Redis: replicas',
      about: {
        shows:
          'Replicas that are connected, whether this is the primary, and whether it still loads its data.',
        good: 'As many replicas as you run; primary 1; loading 0.',
        act: 'Fewer replicas: one is away. primary 0: the service writes to a replica.',
      },
      unit: units.Short,
      queries: [
        [each('replicas'), '{{shard}} replicas'],
        [each('primary'), '{{shard}} primary'],
        [each('loading'), '{{shard}} loading'],
      ],
    }),
    lines({
      title: 'Redis: replicas behind, bytes',
      about: {
        shows: 'How much of what was written the replica that is furthest behind does not have.',
        good: 'A few kilobytes.',
        act: 'runbook redis-replication-lag.',
      },
      unit: units.BytesIEC,
      queries: [[each('replication_lag_bytes'), '{{shard}}']],
    }),
    lines({
      title: 'Redis: replicas behind, time',
      about: {
        shows: 'Since when the replica that is furthest behind has not been heard of.',
        good: '0 or 1 second.',
        act: 'runbook redis-replication-lag.',
      },
      unit: units.Seconds,
      queries: [[each('replication_lag_seconds'), '{{shard}}']],
      limits: { bad: 10 },
    }),
    lines({
      title: 'Redis: uptime',
      about: {
        shows: 'Since when Redis runs. A fall to 0 is a start.',
        good: 'Falls only where you did it.',
        act: 'It crashed or was killed: look at its log, and at the losses above.',
      },
      unit: units.Seconds,
      queries: [[now('min', 'sojourn_redis_uptime_seconds', 'shard'), '{{shard}}']],
    }),
  ]
}

export function sqlitePanels() {
  return [
    lines({
      title: 'SQLite: size on disk',
      about: {
        shows: 'The file, and the log that is not yet part of it.',
        good: 'The log below 64 MB.',
        act: 'runbook sqlite-log-large.',
      },
      unit: units.BytesIEC,
      queries: [
        [now('sum', 'sojourn_sqlite_file_bytes', 'instance'), '{{instance}} file'],
        [now('sum', 'sojourn_sqlite_log_bytes', 'instance'), '{{instance}} log'],
      ],
    }),
    lines({
      title: 'SQLite: pages',
      about: {
        shows: 'Pages of the file, and those that are free for new data.',
        good: 'Some are free.',
        act: 'Most are free for long: the file may be made smaller with VACUUM, while the service is stopped.',
      },
      unit: units.Short,
      queries: [
        [now('sum', 'sojourn_sqlite_pages', 'instance'), '{{instance}} all'],
        [now('sum', 'sojourn_sqlite_free_pages', 'instance'), '{{instance}} free'],
      ],
    }),
    lines({
      title: 'SQLite: may be written to, and waits',
      about: {
        shows:
          '1 while it may be written to; and how often a second another process held the file.',
        good: '1, and no waits.',
        act: 'runbook sqlite-not-writable. Waits: two processes share one file; use Redis.',
      },
      unit: units.NoUnit,
      queries: [
        [now('min', 'sojourn_sqlite_writable', 'instance'), '{{instance}} writable'],
        [perSecond('sojourn_sqlite_busy_total', 'instance'), '{{instance}} waits'],
      ],
    }),
  ]
}
