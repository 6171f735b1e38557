/**
 * The layers of library/src, lowest first. A folder or file may import its own layer and those below:
 *
 *   live -> adapter, compat, oauth-state -> sojourn.ts, exchange.ts, options.ts -> session, guard, response
 *   -> keys -> credential, store -> request -> system, errors
 *
 * What stands beside the ladder, or keeps off a rung below it, is named in BESIDE.
 */
export const LADDER = [
  ['system', 'errors'],
  ['request'],
  ['credential', 'store'],
  ['keys'],
  ['session', 'guard', 'response'],
  ['sojourn', 'exchange', 'options'],
  ['adapter', 'compat', 'oauth-state'],
  ['live'],
]

/**
 * Differences from the ladder. `below`: the highest rung that may be imported, by one of its names.
 * `also`: layers or single files besides. `types`: files of which only types may be imported.
 *
 * @type {Readonly<Record<string, { below?: string, also?: readonly string[], types?: RegExp }>>}
 */
export const BESIDE = {
  // Sessions are made from options, so they know their types. The values stay above, see READS_OPTIONS.
  session: { types: /^options\.ts$/ },
  guard: { types: /^options\.ts$/ },
  response: { types: /^options\.ts$/ },
  // Credentials know no store, and a store no credentials: session/ brings them together.
  credential: { below: 'request' },
  store: { below: 'request' },
  // Metrics describe what the core reports: they know its words and shapes, and call nothing of it.
  telemetry: {
    below: 'system',
    also: ['store/end-reason.ts', 'request/address.ts'],
    types: /^(session\/|store\/|guard\/|options\.ts$|sojourn\.ts$)/,
  },
  sojourn: { also: ['telemetry'] },
  adapter: { also: ['telemetry'] },
  // What applications use in their tests may reach everything but the frameworks' adapters.
  testing: { below: 'options', also: ['telemetry', 'compat', 'verify'] },
  // Runs where there is no store and perhaps no Node: it reads tokens, and nothing else of ours.
  verify: {
    below: 'none',
    also: ['credential', 'errors', 'system/clock.ts', 'system/duration.ts'],
  },
  // Runs in the page: nothing of the server's code.
  browser: { below: 'none' },
  // The front door only re-exports (checked), from anywhere below the adapters.
  index: { below: 'options', also: ['telemetry'] },
}

/** The one file under the options that reads their values: it turns them into settings. */
export const READS_OPTIONS = 'session/settings.ts'

/**
 * Packages a part of library/src may load. The core has none: frameworks and store clients are passed
 * in, described by shapes of our own, so that no release of theirs can break our types.
 *
 * @type {readonly { part: RegExp, packages: RegExp, typesOnly?: true, why: string }[]}
 */
export const PACKAGES = [
  { part: /^credential\//, packages: /^jose$/, why: 'credential/ may load jose, nothing else' },
  { part: /^verify\//, packages: /^jose$/, why: 'verify/ may load jose, nothing else' },
  {
    part: /^telemetry\/opentelemetry\//,
    packages: /^@opentelemetry\/api$/,
    typesOnly: true,
    why: 'opentelemetry/ may import the types of the API, nothing else: meters and tracers are passed in',
  },
  {
    part: /^store\/sqlite\//,
    packages: /^@photostructure\/sqlite$/,
    why: 'store/sqlite may load its SQLite binding, nothing else',
  },
  {
    part: /^testing\//,
    packages: /^(?!(express|fastify|hono|koa|redis|ioredis|vitest)(\/|$))/,
    why: 'testing/ loads no framework, no Redis client and no test runner',
  },
  {
    part: /^adapter\/express\.ts$/,
    packages: /^express$/,
    typesOnly: true,
    why: 'an adapter may import the types of its own framework, nothing else',
  },
  {
    part: /^adapter\/fastify\.ts$/,
    packages: /^fastify$/,
    typesOnly: true,
    why: 'an adapter may import the types of its own framework, nothing else',
  },
  {
    part: /^adapter\/koa(-call)?\.ts$/,
    packages: /^koa$/,
    typesOnly: true,
    why: 'an adapter may import the types of its own framework, nothing else',
  },
  {
    part: /^adapter\/hono\.ts$/,
    packages: /^hono$/,
    typesOnly: true,
    why: 'an adapter may import the types of its own framework, nothing else',
  },
  {
    part: /^compat\/jwt-redis-sessions\/own-client\.ts$/,
    packages: /^redis$/,
    why: 'jwt-redis-sessions connects by itself: this one file loads the optional peer redis, nothing else does',
  },
  {
    part: /^compat\//,
    packages: /^(express|express-session)$/,
    typesOnly: true,
    why: 'a drop-in may import the types of what it stands in for, nothing else',
  },
  {
    part: /^/,
    packages: /^(?!)/,
    why: 'the library loads no package here, not even for its types',
  },
]

/** Code for pages and edge runtimes: Node's own modules are not there. */
export const WITHOUT_NODE = /^(browser|verify|credential\/jwt)\//

/**
 * Imports that a folder of service/src must not have: of another folder, or of a package.
 *
 * @type {readonly { part: RegExp, never: RegExp, why: string }[]}
 */
export const SERVICE_RULES = [
  {
    part: /^page\//,
    never:
      /^(store\/|database\/|account\/.*(store|database)|sojourn\/(redis|sqlite)$|redis$|pg$|kysely$)/,
    why: 'page/ gets what it shows as values, and reaches no store',
  },
  {
    part: /^account\//,
    never: /^(route|page)\//,
    why: 'account/ knows people and passwords, no routes and no pages',
  },
]
