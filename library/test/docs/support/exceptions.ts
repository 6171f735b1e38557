/**
 * The one table of what the documents say to do and these tests do not: each with the reason, and what is looked at instead. A
 * line that is neither run nor listed here fails the tests; so does one that is listed and is in no document any more.
 */

/** Blocks that another test runs as they stand: by page, by page and number, or by folder. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/guide/browser-client.md': 'service/test/browser/client.test.ts',
  'docs/guide/neighbours.md': 'library/test/compat/neighbours/guide.integration.test.ts',
  'docs/guide/from-express-session.md#2':
    'library/test/compat/examples/from-express-session.integration.test.ts',
  'docs/guide/from-jwt-redis-sessions.md#5':
    'library/test/compat/jwt-redis-sessions/documents.test.ts',
  'docs/guide/deploy-memorydb.md#1': 'service/test/integration/proxies.integration.test.ts',
  'docs/runbooks': 'service/test/integration/dashboards.integration.test.ts',
  'skills/session-management/SKILL.md': 'library/test/compat/examples/skill.integration.test.ts',
}

/** Why a line of shell is not run. */
export const REASONS = {
  installs: 'installs software, from the network or for the whole machine',
  engine: 'needs a container engine or a cluster, and there is none here',
  cloud: 'needs an account at a cloud',
  stays: 'runs until somebody stops it',
  whole: 'is the whole suite, which is what runs now, or takes minutes',
  writes: 'writes into the repository',
  twice: 'takes seconds, and another test runs this very command',
} as const

/** A line of shell that is not run. */
export interface NotRun {
  readonly why: keyof typeof REASONS
  /** What shows instead that it is right: a test. Besides, bash has to understand it, and what it names has to exist. */
  readonly instead: string
}

const STARTED = {
  why: 'stays',
  instead: 'library/test/tools/commands.integration.test.ts',
} as const
const SUITE = { why: 'whole', instead: 'library/test/tools/commands.integration.test.ts' } as const
const COMPOSED = {
  why: 'engine',
  instead: 'service/test/integration/image.integration.test.ts',
} as const
const AT_AMAZON = {
  why: 'cloud',
  instead: 'service/test/integration/proxies.integration.test.ts',
} as const
const REDIS_STARTED = {
  why: 'installs',
  instead: 'library/test/compat/jwt-redis-sessions/documents.test.ts',
} as const
const PACKED = {
  why: 'installs',
  instead: 'library/test/package/package.integration.test.ts',
} as const

/** By the text of the line, without its comment; the dots stand for the rest of a line. */
export const NOT_RUN: Readonly<Record<string, NotRun>> = {
  'npm start': STARTED,
  'npm test': SUITE,
  'git clone <this repository> sojourn && cd sojourn': STARTED,
  'npm install && npm run build': { why: 'installs', instead: STARTED.instead },
  'npm pack --workspace library': PACKED,
  'mkdir my-app && cd my-app && npm init --yes': PACKED,
  'npm install ../sojourn/sojourn-0.1.0.tgz @photostructure/sqlite express': PACKED,
  'npm install ./sojourn-0.1.0.tgz redis': PACKED,
  'docker compose …': COMPOSED,
  'docker run -d -p 6379:6379 redis:7-alpine': REDIS_STARTED,
  'brew services start redis': REDIS_STARTED,
  'sudo systemctl start redis-server': REDIS_STARTED,
  'kubectl …': { why: 'engine', instead: 'service/test/unit/deploy/kubernetes.test.ts' },
  'aws memorydb …': AT_AMAZON,
  'aws elasticache …': AT_AMAZON,
  'promtool …': {
    why: 'twice',
    instead: 'service/test/integration/dashboards.integration.test.ts',
  },
  'npm run lighthouse -- --write': {
    why: 'installs',
    instead: 'service/test/browser/surface.test.ts',
  },
  'npm run dashboards': {
    why: 'writes',
    instead: 'service/test/integration/dashboards.integration.test.ts',
  },
  'OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npm start': {
    why: 'stays',
    instead: 'service/test/integration/metrics.integration.test.ts',
  },
}

/** Lines that start a server, which stays: it runs beside the rest of its block, or, with all of the next blocks of the page, later. */
export const STAYS: Readonly<Record<string, 'here' | 'later'>> = {
  'REDIS_URL=redis://127.0.0.1:6379 node examples/session-recipe/server.mjs': 'here',
  'npm start --prefix examples/layered-app': 'later',
  'LEGACY=adopt PORT=3002 node examples/from-express-session/better/server.mjs': 'here',
}

/** What is listed for a line. */
export function exceptionFor(line: string): NotRun | undefined {
  const key = Object.keys(NOT_RUN).find((one) =>
    one.endsWith('…') ? line.startsWith(one.slice(0, -1)) : one === line,
  )
  return key === undefined ? undefined : NOT_RUN[key]
}
