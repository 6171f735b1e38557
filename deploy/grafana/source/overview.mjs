import * as units from '@grafana/grafana-foundation-sdk/units'
import { createBoard } from './board.mjs'
import { heat, lines, stat, table } from './panels.mjs'
import { inRange, now, perSecond, quantile, series, share } from './queries.mjs'

/** Streams stay open for as long as somebody looks: their duration says nothing. */
const SHORT = 'route!="/events"'
const ERRORS = 'status_class="5xx"'
const DURATION = 'http_request_duration_seconds'

/** What to look at first: is anything wrong, and where. */
export function createOverview() {
  return createBoard({
    name: 'overview',
    title: 'Sojourn: overview',
    about:
      'Is the service well, and do people get what they came for. The other dashboards say why not.',
    rows: [
      { title: 'Now', panels: nowPanels() },
      { title: 'Alerts', panels: alertPanels() },
      { title: 'People', panels: peoplePanels() },
      { title: 'HTTP', panels: httpPanels() },
      { title: 'Processes', panels: processPanels() },
    ],
  })
}

function nowPanels() {
  return [
    stat({
      title: 'Processes',
      about: {
        shows: 'Processes that Prometheus can read.',
        good: 'As many as you run.',
        act: 'One is down, or the metrics token is wrong: runbook down.',
      },
      unit: units.NoUnit,
      expr: now('sum', 'up'),
      limits: { warn: 1, bad: 0 },
      width: 3,
    }),
    stat({
      title: 'Version',
      about: {
        shows: 'What is running, on which version of Node.js, and where sessions rest.',
        good: 'One version; two while a deployment is under way.',
        act: 'Two versions for longer: a deployment stopped half way.',
      },
      unit: units.NoUnit,
      expr: `count by (version, node, store) (${series('sojourn_build_info')})`,
      legend: '{{version}} on {{store}}, Node {{node}}',
      isName: true,
    }),
    stat({
      title: 'Live sessions',
      about: {
        shows:
          'Sessions in the store that have not ended. Every process counts the same store, so it is not added up over processes.',
        good: 'Follows the day.',
        act: 'A sudden fall: see "Sessions ended, by reason". A rise without sign-ins: guests, maybe robots.',
      },
      unit: units.Short,
      expr: `sum(${now('max', 'sojourn_sessions_live', 'shard')})`,
      width: 3,
    }),
    stat({
      title: 'Requests',
      about: {
        shows: 'Requests a second, all routes.',
        good: 'Follows the day.',
        act: 'A sudden fall: what is in front of the service does not reach it. A rise: see the rate by route below.',
      },
      unit: units.RequestsPerSecond,
      expr: perSecond('http_requests_total'),
      width: 3,
    }),
    stat({
      title: 'Server errors',
      about: {
        shows: 'Share of answers with status 5xx, 503 included.',
        good: 'Below 0.1 %.',
        act: 'See "Errors, by route", then the dashboard of the store: runbook error-budget-burns-fast.',
      },
      unit: units.PercentUnit,
      expr: share(perSecond('http_requests_total', '', ERRORS), perSecond('http_requests_total')),
      decimals: 2,
      limits: { warn: 0.001, bad: 0.01 },
      width: 3,
    }),
    stat({
      title: 'Slowest 1 %',
      about: {
        shows: '99 of 100 requests were faster. Streams (/events) are left out.',
        good: 'Below 250 ms; signing in hashes a password and takes longer than the rest.',
        act: 'See "Duration by route": runbook requests-slow.',
      },
      unit: units.Seconds,
      expr: quantile(0.99, DURATION, '', SHORT),
      limits: { warn: 0.5, bad: 1 },
      width: 3,
    }),
    stat({
      title: 'Store',
      about: {
        shows: 'Whether the store of the sessions is asked at all.',
        good: 'Asked.',
        act: 'The breaker is open since the store did not answer; people get 503 and nobody is signed out: runbook store-breaker-open.',
      },
      unit: units.NoUnit,
      expr: now('max', 'sojourn_store_breaker_open'),
      words: { 0: 'Asked', 1: 'NOT ASKED' },
      limits: { bad: 1 },
      width: 3,
    }),
    stat({
      title: 'Alerts',
      about: {
        shows: 'Alerts that fire.',
        good: '0.',
        act: 'They are listed below; each has a runbook page.',
      },
      unit: units.NoUnit,
      expr: 'count(ALERTS{service="sojourn",alertstate="firing"}) or vector(0)',
      limits: { bad: 1 },
      width: 2,
    }),
  ]
}

function alertPanels() {
  return [
    table({
      title: 'Firing and pending alerts',
      about: {
        shows: 'What fires, and what will if it lasts.',
        good: 'Empty.',
        act: 'Open docs/runbooks/ at the page that is named like the alert.',
      },
      unit: units.NoUnit,
      expr: 'ALERTS{service="sojourn"}',
      hidden: ['__name__', 'service', 'Value'],
    }),
  ]
}

function peoplePanels() {
  return [
    lines({
      title: 'Live sessions, over time',
      about: {
        shows: 'Sessions in the store that have not ended; an estimate on Redis.',
        good: 'Follows the day.',
        act: 'A step down: sessions were ended at once, or the store lost them: runbooks store-reset and store-rolled-back.',
      },
      unit: units.Short,
      queries: [[now('max', 'sojourn_sessions_live', 'shard'), 'shard {{shard}}']],
      stacked: true,
    }),
    lines({
      title: 'Sessions started',
      about: {
        shows: 'New sessions: of people who signed in, and of guests.',
        good: 'Follows the day; few guests for each person who signs in.',
        act: 'Many guests: robots that keep no cookie, or cookies that get lost (see "Cookies that get lost" below).',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_sessions_started_total', 'kind'), '{{kind}}']],
      stacked: true,
    }),
    lines({
      title: 'Sessions ended, by reason',
      about: {
        shows:
          'Each end once, counted by the process that caused or found it. Sessions that run out and are never asked for again are not counted.',
        good: 'logged_out and the expired_… reasons.',
        act: 'refresh_reuse or anomaly: the security dashboard. evicted_limit: people have more devices than SESSION_MAX_PER_USER.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_sessions_ended_total', 'reason'), '{{reason}}']],
      stacked: true,
    }),
    lines({
      title: 'Sign-ins',
      about: {
        shows: 'Attempts by outcome; limited ones were refused before the password was looked at.',
        good: 'Mostly ok.',
        act: 'More failed than ok: the security dashboard, runbook sign-in-failures.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_sign_ins_total', 'outcome'), '{{outcome}}']],
      stacked: true,
    }),
    lines({
      title: 'Sessions not started',
      about: {
        shows: 'Somebody proved who they are and got no session: too many of them, or disabled.',
        good: '0, or a few.',
        act: 'disabled: somebody tries on. limit: raise SESSION_MAX_PER_USER, if that is meant.',
      },
      unit: units.OpsPerSecond,
      queries: [[perSecond('sojourn_sessions_refused_total', 'reason'), '{{reason}}']],
    }),
    lines({
      title: 'Cookies that get lost',
      about: {
        shows:
          'Cookies that could not be set or would not come back. Each cause is told once an hour.',
        good: '0.',
        act: 'The log says cause and fix (cookie.diagnostic); `sojourn doctor <address>` asks the address: runbook cookies-lost.',
      },
      unit: units.Short,
      queries: [[inRange('sojourn_cookie_diagnostics_total'), 'in the time shown']],
      limits: { bad: 1 },
    }),
  ]
}

function httpPanels() {
  return [
    lines({
      title: 'Requests, by route',
      about: {
        shows: 'The pattern of the route that answered; none where no route matched.',
        good: 'Follows the day.',
        act: 'Much "none": somebody tries addresses. One route far above the others: a client that loops.',
      },
      unit: units.RequestsPerSecond,
      queries: [[perSecond('http_requests_total', 'route'), '{{route}}']],
      stacked: true,
    }),
    lines({
      title: 'Answers, by class of status',
      about: {
        shows: 'aborted: the client went away before the answer was complete.',
        good: '2xx and 3xx, some 4xx.',
        act: '5xx: the panel beside this one. Many aborted: answers are too slow for what is in front.',
      },
      unit: units.RequestsPerSecond,
      queries: [[perSecond('http_requests_total', 'status_class'), '{{status_class}}']],
      stacked: true,
    }),
    lines({
      title: 'Errors, by route',
      about: {
        shows: 'Status 5xx. 503 says that the store or the hashing of passwords was overrun.',
        good: '0.',
        act: 'All routes at once: the store. One route: the log, event request.failed.',
      },
      unit: units.RequestsPerSecond,
      queries: [[perSecond('http_requests_total', 'route', ERRORS), '{{route}}']],
      stacked: true,
    }),
    lines({
      title: 'Duration',
      about: {
        shows: 'Half, 95 of 100 and 99 of 100 requests were faster. Streams are left out.',
        good: 'The median a few milliseconds.',
        act: 'All three rise: the process or the store. Only the slowest: sign-ins, or a slow store node.',
      },
      unit: units.Seconds,
      queries: [
        [quantile(0.5, DURATION, '', SHORT), 'median'],
        [quantile(0.95, DURATION, '', SHORT), '95 %'],
        [quantile(0.99, DURATION, '', SHORT), '99 %'],
      ],
      limits: { bad: 1 },
    }),
    lines({
      title: 'Duration by route, slowest 1 %',
      about: {
        shows: '99 of 100 requests of the route were faster.',
        good: 'Routes that take a password up to 500 ms, all others below 100 ms.',
        act: 'One route: its own work. All: the store or the event loop.',
      },
      unit: units.Seconds,
      queries: [[quantile(0.99, DURATION, 'route', SHORT), '{{route}}']],
    }),
    heat({
      title: 'Duration, all of it',
      about: {
        shows: 'How many requests took how long.',
        good: 'One dark band at the bottom, a lighter one for passwords.',
        act: 'A second band that appears: look at when it began, and at the start marks.',
      },
      unit: units.Seconds,
      expr: perSecond(`${DURATION}_bucket`, 'le', SHORT),
    }),
    lines({
      title: 'Requests under way',
      about: {
        shows: 'Requests that have no answer yet, streams included.',
        good: 'As many as there are streams, and a few.',
        act: 'It climbs and does not come down: answers wait for the store or for hashing.',
      },
      unit: units.Short,
      queries: [[now('sum', 'http_requests_in_flight', 'instance'), '{{instance}}']],
    }),
  ]
}

function processPanels() {
  return [
    lines({
      title: 'Memory',
      about: {
        shows: 'Resident is what the host sees; the heap is what JavaScript uses of it.',
        good: 'A saw-tooth with a level floor.',
        act: 'A floor that rises for hours: take a heap snapshot before the process is ended.',
      },
      unit: units.BytesIEC,
      queries: [
        [now('sum', 'process_resident_memory_bytes', 'instance'), '{{instance}} resident'],
        [now('sum', 'nodejs_heap_size_used_bytes', 'instance'), '{{instance}} heap used'],
        [now('sum', 'nodejs_heap_size_total_bytes', 'instance'), '{{instance}} heap'],
        [now('sum', 'nodejs_external_memory_bytes', 'instance'), '{{instance}} buffers'],
      ],
    }),
    lines({
      title: 'CPU',
      about: {
        shows: 'Cores in use. One process can use one for JavaScript, and more for hashing.',
        good: 'Below 0.8 a process.',
        act: 'Above: more processes. Hashing of passwords is the most expensive thing the service does.',
      },
      unit: units.Short,
      queries: [[perSecond('process_cpu_seconds_total', 'instance'), '{{instance}}']],
    }),
    lines({
      title: 'Lag of the event loop',
      about: {
        shows: 'How late timers were between two readings.',
        good: 'Below 50 ms.',
        act: 'Something keeps the process from answering: runbook event-loop-slow.',
      },
      unit: units.Seconds,
      queries: [
        [now('max', 'nodejs_eventloop_lag_p50_seconds', 'instance'), '{{instance}} median'],
        [now('max', 'nodejs_eventloop_lag_p99_seconds', 'instance'), '{{instance}} 99 %'],
      ],
      limits: { bad: 0.2 },
    }),
    lines({
      title: 'Uptime',
      about: {
        shows: 'How long each process has been running. A fall to 0 is a start.',
        good: 'Falls only where you deployed.',
        act: 'Falls by itself: it crashed or was killed: runbook restarting.',
      },
      unit: units.Seconds,
      queries: [[now('min', 'process_uptime_seconds', 'instance'), '{{instance}}']],
      width: 24,
    }),
  ]
}
