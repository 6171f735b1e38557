import { z } from 'zod'
import { COLUMNS } from '../../console/index.js'
import { browsersGoTo, jsonOrPage, refuses, textOf } from '../answers.js'
import type { Paths } from '../operation.js'
import { instant, NOW } from '../shapes.js'

const toSignIn = browsersGoTo('whoever is not signed in, to `/login`')
const breaker = z
  .enum(['closed', 'half-open', 'open'])
  .meta({ description: 'Its circuit breaker.' })
const values = z.array(z.number().nullable())
const columns = z.object({
  at: z.array(z.number()).meta({ description: 'Epoch milliseconds.' }),
  isAway: z.array(z.boolean()).meta({ description: 'The store gave no answer.' }),
  ...(Object.fromEntries(COLUMNS.map((name) => [name, values])) as Record<
    (typeof COLUMNS)[number],
    typeof values
  >),
})
const COLUMNS_SHOWN = {
  ...{ at: [1_772_357_400_000], isAway: [false], sessions: [1_204], signIns: [31] },
  ...{ failures: [2], refreshes: [118], reuse: [0], refusals: [1] },
  ...{ p50: [0.00042], p95: [0.0011], p99: [0.0024], hitRate: [0.93] },
}
const count = z.int().min(0)
const overview = z
  .object({
    process: z.object({
      name: z.string(),
      host: z.string(),
      pid: z.int(),
      version: z.string(),
      startedAt: instant,
    }),
    store: z.object({ isAnswering: z.boolean(), awaySince: instant.nullable(), breaker }),
    isCacheOff: z.boolean(),
    totals: z
      .object({ signIns: count, failures: count, refreshes: count, reuse: count, refusals: count })
      .meta({ description: 'What was counted in all samples together.' }),
    sampleEvery: z.int().meta({ description: 'Seconds.' }),
    samples: columns,
  })
  .meta({ id: 'Overview', description: 'How one process does.' })
const OVERVIEW = {
  process: { name: 'sojourn', host: 'app-1', pid: 7, version: '1.0.0', startedAt: NOW },
  store: { isAnswering: true, awaySince: null, breaker: 'closed' },
  isCacheOff: false,
  totals: { signIns: 31, failures: 2, refreshes: 118, reuse: 0, refusals: 1 },
  sampleEvery: 5,
  samples: COLUMNS_SHOWN,
}

const fact = z.union([z.string(), z.number(), z.boolean()])
const storeHealth = z
  .object({
    at: instant,
    kind: z.string(),
    topology: z.enum(['single', 'cluster', 'sentinel', 'embedded']),
    isUp: z.boolean().meta({ description: 'Whether it answered us just now.' }),
    roundTrip: z.number().nullable().meta({ description: 'Milliseconds until it did.' }),
    awaySince: instant.nullable(),
    breaker,
    journal: z.object({
      pending: count.meta({ description: 'Ends that the store has yet to take.' }),
      isRestoring: z.boolean(),
    }),
    sessions: z.number().nullable().meta({ description: 'That live in it; Redis: an estimate.' }),
    servers: z.array(
      z.object({
        name: z.string(),
        role: z.enum(['primary', 'replica', 'embedded']),
        details: z.record(z.string(), fact),
        fault: z.string().nullable().meta({ description: 'Why it said nothing.' }),
      }),
    ),
    findings: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        verdict: z.enum(['pass', 'warn', 'fail', 'skipped']),
        seen: z.string(),
        fix: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'StoreHealth', description: 'The whole store, as it was a moment ago.' })
const STORE = {
  ...{ at: NOW, kind: 'redis', topology: 'single', isUp: true, roundTrip: 0.42, awaySince: null },
  ...{ breaker: 'closed', journal: { pending: 0, isRestoring: false }, sessions: 1_204 },
  servers: [
    {
      name: 'redis-1:6379',
      role: 'primary',
      details: { version: '8.2.2', memoryUsed: 1_883_000 },
      fault: null,
    },
  ],
  findings: [
    {
      id: 'store.durability',
      title: 'What was ended stays ended after a crash of Redis',
      verdict: 'pass',
      seen: 'it keeps an AOF',
      fix: null,
    },
  ],
}
const EVENTS = `event: window\ndata: ${JSON.stringify({ every: 5_000, kept: 180, columns: COLUMNS_SHOWN })}\n\n`

/** How this process and the store do. */
export const adminHealth: Paths = {
  '/admin': {
    get: {
      id: 'showOverview',
      summary: 'How this process does',
      about:
        'One sample every 5 seconds, 15 minutes of them. Each tells of the minute before it, `sessions` of the whole store at that instant. `p50` and so on are seconds. `null`: nothing is known of that moment. It answers the token while the store is away, too.',
      who: 'admin',
      answers: { 200: jsonOrPage('The numbers.', overview, OVERVIEW), ...toSignIn },
    },
  },
  '/admin/stream': {
    get: {
      id: 'followOverview',
      summary: 'The same, as it comes',
      about:
        'A stream of server-sent events for an administrator who has signed in, with the session as `/events` tells of it. `window` carries all samples as columns, `sample` one more, every 5 seconds; both with the words that the page shows (`texts`). It is no activity. It ends with the session and with the role (`forbidden` is the last event then), and when the service stops.',
      who: 'admin',
      answers: {
        200: textOf('Events, as long as the session lives.', 'text/event-stream', EVENTS),
        ...toSignIn,
        406: refuses('The token has no session that the stream could hang on.', ['not_acceptable']),
        429: refuses(
          'More open streams than a session (10), a person or a process (50) may have.',
          ['rate_limited'],
        ),
        503: refuses('', ['unavailable']),
      },
    },
  },
  '/admin/store': {
    get: {
      id: 'showStore',
      summary: 'How the store does',
      about:
        'Every server of it is asked for itself, at most once in 3 seconds, and judged as `sojourn doctor` would. It answers the token while the store is away, too.',
      who: 'admin',
      answers: { 200: jsonOrPage('The store.', storeHealth, STORE), ...toSignIn },
    },
  },
}
