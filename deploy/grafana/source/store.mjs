import * as units from '@grafana/grafana-foundation-sdk/units'
import { createBoard } from './board.mjs'
import { heat, lines, stat } from './panels.mjs'
import { inRange, now, perSecond, quantile, series, share } from './queries.mjs'
import { redisPanels, sqlitePanels } from './servers.mjs'

const CALLS = 'sojourn_store_calls_seconds'
const ANSWERED = 'outcome="ok"'
const FAULTS = 'outcome="fault"'

/** Where sessions rest: is it asked, does it answer in time, and has it lost anything. */
export function createStore() {
  return createBoard({
    name: 'store',
    title: 'Sojourn: store',
    about:
      'The store of the sessions as the processes see it, the memory in front of it, and what Redis or SQLite say of themselves.',
    rows: [
      { title: 'Now', panels: nowPanels() },
      { title: 'Calls', panels: calls() },
      { title: 'Near cache', panels: nearCache() },
      { title: 'What was lost, and what is kept in case', panels: losses() },
      { title: 'Redis', panels: redisPanels() },
      { title: 'SQLite', panels: sqlitePanels() },
    ],
  })
}

function nowPanels() {
  return [
    stat({
      title: 'Last look',
      about: {
        shows: 'Whether the store answered when it was last looked at (every 10 s).',
        good: 'Answers.',
        act: 'runbook store-down.',
      },
      unit: units.NoUnit,
      expr: now('min', 'sojourn_store_up'),
      words: { 0: 'NO ANSWER', 1: 'Answers' },
      limits: { warn: 1, bad: 0 },
    }),
    stat({
      title: 'Breaker',
      about: {
        shows: 'The worst of all processes and parts of the store.',
        good: 'Closed.',
        act: 'Open: people get 503, nobody is signed out: runbook store-breaker-open.',
      },
      unit: units.NoUnit,
      expr: now('max', 'sojourn_store_breaker_state'),
      words: { 0: 'Closed', 1: 'Trying', 2: 'OPEN' },
      limits: { warn: 1, bad: 2 },
    }),
    stat({
      title: 'Slowest 1 % of calls',
      about: {
        shows: '99 of 100 calls were faster.',
        good: 'Below 10 ms; the deadline is 250 ms unless it was set.',
        act: 'runbook store-slow.',
      },
      unit: units.Seconds,
      expr: quantile(0.99, CALLS, '', ANSWERED),
      limits: { warn: 0.05, bad: 0.1 },
    }),
    stat({
      title: 'Calls that failed',
      about: {
        shows: 'Share of calls that were not answered.',
        good: '0.',
        act: 'runbook store-failing.',
      },
      unit: units.PercentUnit,
      expr: share(perSecond(`${CALLS}_count`, '', FAULTS), perSecond(`${CALLS}_count`)),
      decimals: 2,
      limits: { warn: 0.001, bad: 0.01 },
    }),
    stat({
      title: 'Answered from memory',
      about: {
        shows: 'Share of reads that the near cache answered.',
        good: 'Level; how high depends on how often the same people come back.',
        act: 'A fall to 0: it must not answer, since changes might go untold: runbook cache-bypassed.',
      },
      unit: units.PercentUnit,
      expr: share(
        perSecond('sojourn_cache_lookups_total', '', 'outcome="hit"'),
        perSecond('sojourn_cache_lookups_total'),
      ),
      decimals: 0,
    }),
    stat({
      title: 'Ends not stored yet',
      about: {
        shows: 'Sessions that ended here, and whose end the store has yet to take.',
        good: '0.',
        act: 'runbook ends-not-stored.',
      },
      unit: units.Short,
      expr: now('sum', 'sojourn_store_journal_pending'),
      limits: { bad: 1 },
    }),
  ]
}

function calls() {
  return [
    lines({
      title: 'Calls, by verb',
      about: {
        shows: 'How often the store is asked, and what for.',
        good: 'Mostly read and change.',
        act: 'walk or list that climb: somebody pages through sessions.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond(`${CALLS}_count`, 'verb'), '{{verb}}']],
      stacked: true,
    }),
    lines({
      title: 'Calls, median',
      about: {
        shows: 'Half of the calls that were answered were faster.',
        good: 'Below 2 ms.',
        act: 'All verbs rise: the network or the store. One verb: a large subject or document.',
      },
      unit: units.Seconds,
      queries: [[quantile(0.5, CALLS, 'verb', ANSWERED), '{{verb}}']],
    }),
    lines({
      title: 'Calls, slowest 1 %',
      about: {
        shows: '99 of 100 calls that were answered were faster.',
        good: 'Below 10 ms.',
        act: 'runbook store-slow.',
      },
      unit: units.Seconds,
      queries: [[quantile(0.99, CALLS, 'verb', ANSWERED), '{{verb}}']],
      limits: { bad: 0.1 },
    }),
    heat({
      title: 'Calls, all of them',
      about: {
        shows: 'How many calls took how long.',
        good: 'One dark band at the bottom.',
        act: 'A second band: one node or one process is slower than the others.',
      },
      unit: units.Seconds,
      expr: perSecond(`${CALLS}_bucket`, 'le'),
    }),
    lines({
      title: 'Failures, by verb',
      about: {
        shows: 'Calls that were not answered, and upkeep that such a call cut short.',
        good: '0.',
        act: 'runbook store-failing.',
      },
      unit: units.OpsPerSecond,
      queries: [
        [perSecond('sojourn_store_failures_total', 'operation'), '{{operation}}'],
        [perSecond('sojourn_upkeep_failures_total'), 'upkeep cut short'],
      ],
    }),
    lines({
      title: 'Breaker, by part',
      about: {
        shows:
          '0 closed, 1 trying, 2 open; a part is a node of a cluster. With how often it changed.',
        good: '0.',
        act: 'One part: that node. All: the store or the network: runbook store-breaker-open.',
      },
      unit: units.NoUnit,
      queries: [
        [now('max', 'sojourn_store_breaker_state', 'instance, shard'), '{{instance}} {{shard}}'],
        [inRange('sojourn_store_breaker_changes_total', 'state'), 'became {{state}}'],
      ],
      limits: { bad: 2 },
    }),
  ]
}

function nearCache() {
  return [
    lines({
      title: 'Lookups',
      about: {
        shows:
          'hit: answered from memory; miss: not there; bypass: must not answer, since changes might have gone untold.',
        good: 'No bypass, but for a moment after a start.',
        act: 'runbook cache-bypassed.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_cache_lookups_total', 'outcome'), '{{outcome}}']],
      stacked: true,
    }),
    lines({
      title: 'Emptied, and full',
      about: {
        shows: 'How often the cache was emptied, and how many sessions left it for others.',
        good: '0; flushes only where the connection to the store was lost.',
        act: 'Flushes: the connection that brings the news breaks. Evictions: more people than places.',
      },
      unit: units.OpsPerSecond,
      queries: [
        [perSecond('sojourn_cache_flushes_total'), 'flushes'],
        [perSecond('sojourn_cache_evictions_total'), 'evictions'],
      ],
    }),
    lines({
      title: 'Sessions in memory',
      about: {
        shows: 'Entries of the near cache.',
        good: 'Level.',
        act: 'A fall to 0: it was emptied; see beside.',
      },
      unit: units.Short,
      queries: [[now('sum', 'sojourn_cache_entries', 'instance'), '{{instance}}']],
    }),
    lines({
      title: 'For how long changes may have gone untold',
      about: {
        shows:
          'The worst case at each process, and the bound above which it serves nothing from memory.',
        good: 'Below the bound.',
        act: 'runbook cache-stale.',
      },
      unit: units.Seconds,
      queries: [
        [now('max', 'sojourn_cache_age_seconds', 'instance'), '{{instance}}'],
        [`max(${series('sojourn_cache_staleness_limit_seconds')})`, 'bound'],
      ],
    }),
    lines({
      title: 'News of ended sessions: how long under way',
      about: {
        shows: 'From the end of a session to each process that heard of it: half, and 99 of 100.',
        good: 'Below 100 ms.',
        act: 'runbook revocation-slow.',
      },
      unit: units.Seconds,
      queries: [
        [quantile(0.5, 'sojourn_cache_news_seconds'), 'median'],
        [quantile(0.99, 'sojourn_cache_news_seconds'), '99 %'],
      ],
      limits: { bad: 1 },
    }),
    heat({
      title: 'News of ended sessions, all of it',
      about: {
        shows: 'How much of the news was under way for how long.',
        good: 'One dark band at the bottom.',
        act: 'runbook revocation-slow.',
      },
      unit: units.Seconds,
      expr: perSecond('sojourn_cache_news_seconds_bucket', 'le'),
    }),
  ]
}

function losses() {
  return [
    lines({
      title: 'Losses of the store',
      about: {
        shows:
          'The store had lost acknowledged writes (rolled back), was found empty (reset), or held records that cannot be read, in the time shown.',
        good: '0.',
        act: 'runbooks store-rolled-back, store-reset, records-corrupt.',
      },
      unit: units.Short,
      queries: [
        [inRange('sojourn_store_rollbacks_total'), 'rolled back'],
        [inRange('sojourn_store_resets_total'), 'reset'],
        [inRange('sojourn_records_corrupt_total'), 'cannot be read'],
      ],
      limits: { bad: 1 },
    }),
    lines({
      title: 'Kept in case the store forgets',
      about: {
        shows: 'What each process remembers to have ended.',
        good: 'Level; it is forgotten once the store has it on disk for sure.',
        act: 'It only grows: the store writes nothing to disk.',
      },
      unit: units.Short,
      queries: [[now('sum', 'sojourn_store_journal_entries', 'kind'), '{{kind}}']],
    }),
    lines({
      title: 'Ends on their way to the store',
      about: {
        shows:
          'Ends that hold here and not there yet; and whether lost ones are being applied again.',
        good: '0.',
        act: 'runbook ends-not-stored.',
      },
      unit: units.Short,
      queries: [
        [now('sum', 'sojourn_store_journal_pending', 'instance'), '{{instance}} to be stored'],
        [now('max', 'sojourn_store_journal_restoring', 'instance'), '{{instance}} restoring'],
      ],
    }),
    lines({
      title: 'Clock of the store',
      about: {
        shows: 'By how much it is ahead of the host, where that is over a minute; else 0.',
        good: '0.',
        act: 'runbook clock-skew.',
      },
      unit: units.Seconds,
      queries: [
        [`max by (instance) (abs(${series('sojourn_store_clock_ahead_seconds')}))`, '{{instance}}'],
      ],
    }),
    lines({
      title: 'Data of sessions',
      about: {
        shows:
          'Keys that two requests wrote at once (the later won), and values that did not fit their schema.',
        good: 'Near 0.',
        act: 'Conflicts: two requests write the same key; let one of them do it. Invalid: an old release wrote it.',
      },
      unit: units.OpsPerSecond,
      queries: [
        [perSecond('sojourn_data_conflicts_total'), 'conflicts'],
        [perSecond('sojourn_data_invalid_total'), 'invalid'],
      ],
      width: 16,
    }),
  ]
}
