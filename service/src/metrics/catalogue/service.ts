import { METHOD_WORDS, STATUS_WORDS } from '../words.js'
import type { SeriesText } from 'sojourn/telemetry'

/** From an answer out of memory to one that waited for everything. Seconds. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** A hash takes 7 to 30 ms of a core; the last in the line waits about a second. */
const PASSWORD_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
/** About 50 routes, each with a handful of methods and classes. */
const MOST_REQUEST_SERIES = 500
const ROUTE = 'The pattern of the route that answered, never the path; `none`: no route did.'

/** How requests go: rate, errors, duration. */
export const HTTP_SERIES: {
  readonly requests: SeriesText<'method' | 'route' | 'status_class'>
  readonly durations: SeriesText<'route'>
  readonly inFlight: SeriesText<never>
} = {
  requests: {
    name: 'http_requests_total',
    kind: 'counter',
    help: 'Requests, by the route that answered them.',
    labels: { method: METHOD_WORDS, route: ROUTE, status_class: STATUS_WORDS },
    limit: MOST_REQUEST_SERIES,
  },
  durations: {
    name: 'http_request_duration_seconds',
    kind: 'histogram',
    help: 'How long requests took, from their head to the end of the answer.',
    labels: { route: ROUTE },
    buckets: REQUEST_BUCKETS,
  },
  inFlight: {
    name: 'http_requests_in_flight',
    kind: 'gauge',
    help: 'Requests that are being answered now, this reading of the metrics included.',
    labels: {},
  },
}

type PeopleName = 'queueLength' | 'waited' | 'hashed' | 'turnedAway'

/** Sign-ins, and the passwords that are hashed for them. */
export const PEOPLE_SERIES: Readonly<Record<PeopleName, SeriesText<never>>> & {
  readonly signIns: SeriesText<'outcome'>
} = {
  signIns: {
    name: 'sojourn_sign_ins_total',
    kind: 'counter',
    help: 'Attempts to sign in, by outcome.',
    labels: { outcome: ['ok', 'failed', 'limited'] },
  },
  queueLength: {
    name: 'sojourn_password_queue_length',
    kind: 'gauge',
    help: 'Passwords that wait to be hashed.',
    labels: {},
  },
  waited: {
    name: 'sojourn_password_wait_seconds',
    kind: 'histogram',
    help: 'How long passwords waited before they were hashed.',
    labels: {},
    buckets: PASSWORD_BUCKETS,
  },
  hashed: {
    name: 'sojourn_password_hash_seconds',
    kind: 'histogram',
    help: 'How long it took to hash a password, or to compare one.',
    labels: {},
    buckets: PASSWORD_BUCKETS,
  },
  turnedAway: {
    name: 'sojourn_password_refused_total',
    kind: 'counter',
    help: 'Passwords that were not looked at, since too many waited already (503).',
    labels: {},
  },
}

type OwnName = 'logDropped' | 'secretAgeLimit' | 'cacheLimit' | 'storeUp'

/** What else the service tells of itself. */
export const OWN_SERIES: Readonly<Record<OwnName, SeriesText<never>>> & {
  readonly build: SeriesText<'version' | 'node' | 'store'>
  readonly secretAge: SeriesText<'secret'>
  readonly live: SeriesText<'shard'>
} = {
  build: {
    name: 'sojourn_build_info',
    kind: 'gauge',
    help: 'What is running; always 1.',
    labels: {
      version: 'Version of the service.',
      node: 'Version of Node.js.',
      store: 'Where sessions rest: `sqlite` or `redis`.',
    },
    limit: 2,
  },
  logDropped: {
    name: 'sojourn_log_lines_dropped_total',
    kind: 'counter',
    help: 'Lines of the log that could not be written.',
    labels: {},
  },
  secretAge: {
    name: 'sojourn_secret_age_seconds',
    kind: 'gauge',
    help: 'How long the newest secret of a kind is in use.',
    labels: { secret: ['SESSION_SECRET', 'REFRESH_SECRET', 'JWT_SECRET'] },
    when: 'the ages could be looked up in the store',
  },
  secretAgeLimit: {
    name: 'sojourn_secret_age_limit_seconds',
    kind: 'gauge',
    help: 'The age from which on a secret is due to be replaced.',
    labels: {},
  },
  cacheLimit: {
    name: 'sojourn_cache_staleness_limit_seconds',
    kind: 'gauge',
    help: 'For how long a change made elsewhere may go unnoticed, at the worst; 0: the store is always asked.',
    labels: {},
  },
  storeUp: {
    name: 'sojourn_store_up',
    kind: 'gauge',
    help: 'Whether the store answered when it was last looked at: 1, else 0. It is looked at every 5 seconds.',
    labels: {},
    when: 'the store was looked at once',
  },
  live: {
    name: 'sojourn_sessions_live',
    kind: 'gauge',
    help: 'Sessions in the store that live now, whoever started them. SQLite: counted, up to 100,000. Redis: estimated from keys drawn at random.',
    labels: { shard: 'The address of a node of a cluster; `all` where the store is one.' },
    limit: 64,
    when: 'the store was looked at once',
  },
}
