/**
 * The one table of settings: every environment variable this service reads, with its meaning, unit and
 * default. `.env.example` is generated from it; nothing else in the service looks at `process.env`.
 */
import * as address from './address-readers.js'
import { duration } from './duration.js'
import { redisVariables } from './redis-variables.js'
import * as readers from './readers.js'
import { secret } from './secret-reader.js'
import { secrets, tokens } from './token-variables.js'
import { DURATION, SECONDS } from './units.js'
import { optional, withDefault } from './variable.js'

const { choice, flag, line, listOf, port, wholeNumber } = readers

const PRIVACY_MODES = ['full', 'truncated', 'keyed-hash', 'none'] as const

const BROWSERS = 'Browsers cap cookies at 400 days.'

const server = {
  NODE_ENV: optional((text) => text, {
    about:
      'Which rules hold: "development", "test" or "production". Any other word counts as production.',
    defaultNote: 'development, and start-up says so',
    example: 'development',
  }),
  PORT: withDefault('3000', port(0), {
    about: 'The port to listen on. 0 takes any free one.',
  }),
  HOST: optional(line(255), {
    about: 'The address to listen on.',
    defaultNote: '127.0.0.1, and every address of the machine in production',
    example: '127.0.0.1',
  }),
  PUBLIC_URL: optional(address.publicUrl, {
    about:
      'The address people see, without a path: redirects, origin checks and token issuers are made from it. Required, with https, in production.',
    defaultNote: 'http://localhost:PORT',
    example: 'http://localhost:3000',
  }),
  TRUST_PROXY: optional(address.trustProxy, {
    about: 'Who may say what the client address and scheme are, by X-Forwarded-For and -Proto.',
    unit: 'number of proxies, or comma-separated addresses, networks and the word loopback',
    defaultNote: 'nobody: forwarded headers are ignored',
    example: '1',
  }),
  HTTPS_CERT_FILE: optional(line(4096), {
    about:
      'Certificate chain (PEM) to serve https with. Goes with HTTPS_KEY_FILE. A new one is taken into use without a restart.',
    example: '/etc/sojourn/tls.crt',
  }),
  HTTPS_KEY_FILE: optional(line(4096), {
    about: 'Private key (PEM) of the certificate.',
    example: '/etc/sojourn/tls.key',
  }),
  CORS_ORIGIN: optional(listOf(readers.origin), {
    about: 'Other origins whose pages may call this service with cookies.',
    unit: 'comma-separated origins',
    defaultNote: 'none',
    example: 'https://app.example',
  }),
  ALLOWED_HOSTS: optional(listOf(address.hostHeader), {
    about:
      'The only hosts that may be asked for; others get 421. Counts where PUBLIC_URL is https; health and metrics answer to any.',
    unit: 'comma-separated hosts as in the Host header',
    defaultNote: 'any: nothing is made of the Host header where PUBLIC_URL is https',
    example: 'app.example',
  }),
  HSTS_PRELOAD: withDefault('false', flag, {
    about:
      'Ask for a place in the list of https hosts that comes with browsers (hstspreload.org). It holds for all subdomains, and leaving it takes months.',
  }),
  CSP_REPORT_URI: optional(address.reportAddress, {
    about: 'Where browsers report what the content security policy of our pages stopped.',
    unit: 'an https address',
    defaultNote: 'nowhere',
    example: 'https://reports.example/csp',
  }),
}

const sessions = {
  SESSION_TTL: withDefault(
    '24h',
    duration({ least: '1m', most: '400d', why: BROWSERS, isSecondsAllowed: true }),
    {
      about: 'A session ends this long after its sign-in, whatever happens.',
      unit: SECONDS,
      isEmptyRefused: true,
    },
  ),
  SESSION_IDLE: optional(duration({ least: '10s', most: '400d' }), {
    about: 'A session ends after this long without a request. At most SESSION_TTL.',
    unit: DURATION,
    defaultNote: '1h, or SESSION_TTL where that is shorter',
    isEmptyRefused: true,
    example: '1h',
  }),
  SESSION_CACHE_STALENESS: withDefault('500', wholeNumber(0, 10_000), {
    about:
      'For how long at most the end of a session in another process may go unnoticed here. 0 asks the store each time.',
    unit: 'milliseconds',
  }),
  SESSION_MAX_PER_USER: withDefault('100', wholeNumber(1, 10_000), {
    about: 'How many live sessions a person may have. One more ends the oldest.',
  }),
  SESSION_POLICY: optional(choice(['asvs-l2', 'nist-aal1', 'nist-aal2', 'nist-aal3'] as const), {
    about:
      'The rule book for lifetimes: asvs-l2, nist-aal1, nist-aal2 or nist-aal3. It sets the defaults of SESSION_TTL, SESSION_IDLE, SESSION_MAX_PER_USER, JWT_ACCESS_TOKEN_EXPIRY and JWT_REFRESH_TOKEN_EXPIRY, and refuses more.',
    defaultNote: 'none: the defaults are those of asvs-l2, and more may be set',
    example: 'asvs-l2',
  }),
  COOKIE_NAME: optional(address.cookieName, {
    about: 'Name of the session cookie.',
    defaultNote: 'made by the library, with the prefix __Host- on https',
    isEmptyRefused: true,
    example: '__Host-session',
  }),
  COOKIE_DOMAIN: optional(address.cookieDomain, {
    about: 'Shares the session cookie with every subdomain of this domain. Better left out.',
    defaultNote: 'this host only',
    example: 'example.com',
  }),
  COOKIE_SAMESITE: withDefault(
    'lax',
    choice(['lax', 'strict', 'none'] as const, 'CONFIG_SAMESITE'),
    {
      about: 'When another site leads here, is the cookie sent: lax, strict or none (needs https).',
    },
  ),
}

const limits = {
  MAX_LOGIN_ATTEMPTS: withDefault('5', wholeNumber(1, 100_000), {
    about: 'Failed sign-ins after which an account and an address have to wait.',
  }),
  ANOMALY: withDefault('observe', choice(['off', 'observe', 'step-up', 'revoke'] as const), {
    about:
      'What follows where a session is used from elsewhere and by another browser: observe (a line in the log), step-up (the password is asked for once more), revoke (also ended where much speaks against it), or off.',
  }),
  RATE_LIMIT: optional(wholeNumber(1, 100_000), {
    about:
      'How many sign-ins and registrations a network may try, right or wrong. Refreshing may be done 5 times as often, listing sessions 10 times, introspection 100 times.',
    unit: 'per minute',
    defaultNote: '60 in production, elsewhere no limit',
    example: '60',
  }),
  LOCKOUT_TIME: withDefault('900', duration({ least: '1s', most: '30d', isSecondsAllowed: true }), {
    about: 'How long they have to wait.',
    unit: 'whole seconds (900) or a duration with its unit (15m)',
    isEmptyRefused: true,
  }),
}

const operation = {
  DATA_DIR: withDefault('data', line(4096), {
    about: 'The folder of the embedded database and of development secrets.',
  }),
  DATABASE_URL: optional(address.databaseUrl, {
    about: 'Keeps accounts and the audit trail in PostgreSQL.',
    defaultNote: 'none: they rest in DATA_DIR/sojourn.db',
    example: 'postgres://sojourn:password@localhost:5432/sojourn',
  }),
  LOG_LEVEL: withDefault(
    'info',
    choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const),
    {
      about: 'The least severity that is logged: fatal, error, warn, info, debug, trace or silent.',
    },
  ),
  METRICS_TOKEN: optional(secret, {
    about: 'Who sends this as a bearer token may read /metrics. 32 bytes or more.',
  }),
  METRICS_PORT: optional(port(0), {
    about: 'Serves /metrics on a port of its own, without a token.',
    example: '9464',
  }),
  ADMIN_TOKEN: optional(secret, {
    about:
      'Opens the admin API under /admin to who sends it as a bearer token. 32 bytes or more. Without it there is no /admin.',
  }),
  AUDIT_RETENTION: withDefault('90d', duration({ least: '1d', most: '10y' }), {
    about: 'How long a record of the audit trail is kept.',
    unit: DURATION,
    isEmptyRefused: true,
  }),
  AUDIT_ADDRESS: withDefault('truncated', choice(PRIVACY_MODES), {
    about:
      'What the audit trail keeps of client addresses: full, truncated (/24 or /48), keyed-hash or none.',
  }),
  AUDIT_AGENT: withDefault('truncated', choice(PRIVACY_MODES), {
    about:
      'What it keeps of user agents: full, truncated (browser and system), keyed-hash or none.',
  }),
  PLACES_FILE: optional(line(4096), {
    about:
      "A file of towns or countries in MaxMind's format (.mmdb), of any vendor: pages then show places beside networks. A new one is taken into use without a restart.",
    defaultNote: 'none: the network alone is shown',
    example: '/etc/sojourn/city.mmdb',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(address.httpUrl, {
    about:
      'Sends traces and metrics to the OpenTelemetry collector at this address (OTLP over HTTP, as JSON).',
    example: 'http://localhost:4318',
  }),
}

/** The variables, in the order and under the headings of `.env.example`. */
export const GROUPS = {
  Server: server,
  Secrets: secrets,
  Tokens: tokens,
  Redis: redisVariables,
  'Sessions and cookies': sessions,
  'Sign-in limits': limits,
  Operation: operation,
} as const

/** All variables by name. */
export const VARIABLES = {
  ...server,
  ...secrets,
  ...tokens,
  ...redisVariables,
  ...sessions,
  ...limits,
  ...operation,
} as const

export type VariableName = keyof typeof VARIABLES
