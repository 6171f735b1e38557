import { ValidationError } from './errors.js'
import type { Config, ConfigOverrides } from './types.js'

/** Where configuration comes from; `process.env` outside of tests. */
export type Environment = Readonly<Record<string, string | undefined>>

const WEEK = '604800'
const DEFAULT_FIELDS = 'userId,id,email,role,permissions'

/** Reads every variable that either generation of the package documents. Nothing is checked here. */
export function readConfig(env: Environment): Config {
  const refreshTokenTTL = whole(env['REFRESH_TOKEN_TTL'], WEEK)
  return {
    jwt: {
      secret: env['JWT_SECRET'],
      accessTokenExpiry: given(env['JWT_ACCESS_TOKEN_EXPIRY']) ?? '15m',
      refreshTokenExpiry: given(env['JWT_REFRESH_TOKEN_EXPIRY']) ?? '7d',
      issuer: given(env['JWT_ISSUER']) ?? 'jwt-redis-sessions',
      audience: given(env['JWT_AUDIENCE']) ?? 'jwt-redis-sessions-users',
    },
    redis: readRedis(env, refreshTokenTTL),
    security: {
      tokenLength: whole(env['TOKEN_LENGTH'], '32'),
      allowedTokenFields: (given(env['JWT_ALLOWED_TOKEN_FIELDS']) ?? DEFAULT_FIELDS)
        .split(',')
        .map((field) => field.trim())
        .filter((field) => field !== ''),
      enableFingerprinting: env['ENABLE_TOKEN_FINGERPRINTING'] !== 'false',
      fingerprintStrict: env['FINGERPRINT_STRICT_MODE'] === 'true',
      maxLoginAttempts: whole(env['MAX_LOGIN_ATTEMPTS'], '5'),
      lockoutTime: whole(env['LOCKOUT_TIME'], '900'),
      maxFailedAttempts: whole(env['MAX_FAILED_ATTEMPTS'], '20'),
      refreshGrace: whole(env['REFRESH_GRACE'], '10'),
      adoption: adoptionOf(env['SESSION_ADOPTION']),
    },
  }
}

function readRedis(env: Environment, refreshTokenTTL: number): Config['redis'] {
  const host = given(env['REDIS_HOST']) ?? 'localhost'
  const port = whole(env['REDIS_PORT'], '6379')
  const ssl = env['REDIS_SSL'] === 'true'
  return {
    url: given(env['REDIS_URL']) ?? toUrl(host, port, ssl),
    host,
    port,
    password: given(env['REDIS_PASSWORD']),
    db: whole(env['REDIS_DB'], '0'),
    ssl,
    keyPrefix: given(env['REDIS_KEY_PREFIX']) ?? 'jwt-redis-sessions:',
    sessionTTL: whole(env['SESSION_TTL'], String(refreshTokenTTL)),
    refreshTokenTTL,
  }
}

/** An empty variable is one that was not set, as `.env` files leave them. */
function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function whole(text: string | undefined, otherwise: string): number {
  return Number.parseInt(given(text) ?? otherwise, 10)
}

function adoptionOf(text: string | undefined): Config['security']['adoption'] {
  return (given(text) ?? 'adopt') as Config['security']['adoption']
}

function toUrl(host: string, port: number, ssl: boolean): string {
  return `${ssl ? 'rediss' : 'redis'}://${host}:${String(port)}`
}

const SECTIONS = ['jwt', 'redis', 'security'] as const

/** Changes `config` in place, all of it or nothing. Throws {@link ValidationError} (500) naming what is wrong. */
export function applyOverrides(config: Config, overrides: ConfigOverrides): void {
  for (const section of Object.keys(overrides)) {
    if (!(SECTIONS as readonly string[]).includes(section)) {
      throw new ValidationError(`Unknown configuration section '${section}'`, 500)
    }
  }
  const candidate: Config = {
    jwt: { ...config.jwt },
    redis: { ...config.redis },
    security: { ...config.security },
  }
  for (const section of SECTIONS) {
    const changes = overrides[section]
    if (changes === undefined) continue
    checkNames(config[section], section, changes)
    Object.assign(candidate[section], changes)
  }
  if (overrides.redis !== undefined) followHost(candidate.redis, overrides.redis)
  validateConfig(candidate)
  for (const section of SECTIONS) Object.assign(config[section], candidate[section])
}

function checkNames(known: object, section: string, changes: object): void {
  for (const key of Object.keys(changes)) {
    if (!Object.hasOwn(known, key)) {
      throw new ValidationError(`Unknown configuration option '${section}.${key}'`, 500)
    }
  }
}

/** Whoever names a host and no address means that host. */
function followHost(redis: Config['redis'], changes: Partial<Config['redis']>): void {
  if (Object.hasOwn(changes, 'url')) return
  const isMoved = ['host', 'port', 'ssl'].some((name) => Object.hasOwn(changes, name))
  if (isMoved) redis.url = toUrl(redis.host, redis.port, redis.ssl)
}

/** Throws {@link ValidationError} (500) for a secret that cannot be used. */
export function validateSecret(secret: unknown): asserts secret is string {
  if (secret === undefined || secret === null || secret === '') {
    throw new ValidationError('JWT_SECRET environment variable is required', 500)
  }
  if (typeof secret !== 'string') throw new ValidationError('JWT_SECRET must be a string', 500)
  if (secret.length < 32) {
    throw new ValidationError('JWT_SECRET must be at least 32 characters long', 500)
  }
}

/** Throws {@link ValidationError} (500) naming the first option that cannot be used. */
export function validateConfig({ jwt, redis, security }: Config): void {
  validateSecret(jwt.secret)
  checkWhole('redis.sessionTTL', redis.sessionTTL, 1)
  checkWhole('redis.refreshTokenTTL', redis.refreshTokenTTL, 1)
  checkWhole('security.tokenLength', security.tokenLength, 1)
  if (security.tokenLength < 16) {
    throw new ValidationError('security.tokenLength must be at least 16 bytes', 500)
  }
  if (!Array.isArray(security.allowedTokenFields)) {
    throw new ValidationError('security.allowedTokenFields must be an array', 500)
  }
  if (typeof redis.keyPrefix !== 'string' || redis.keyPrefix === '') {
    throw new ValidationError('redis.keyPrefix must be a non-empty string', 500)
  }
  checkWhole('security.maxLoginAttempts', security.maxLoginAttempts, 1)
  checkWhole('security.lockoutTime', security.lockoutTime, 1)
  checkWhole('security.maxFailedAttempts', security.maxFailedAttempts, 0)
  checkRest(security)
}

function checkWhole(name: string, value: unknown, least: number): void {
  if (Number.isInteger(value) && (value as number) >= least) return
  const kind = least === 0 ? 'an integer of 0 or more' : 'a positive integer'
  throw new ValidationError(`${name} must be ${kind}`, 500)
}

const MODES: readonly string[] = ['adopt', 'share', 'off']

function checkRest({ refreshGrace, adoption }: Config['security']): void {
  checkWhole('security.refreshGrace', refreshGrace, 0)
  // Who steals a token could use it for as long.
  if (refreshGrace > 60) {
    throw new ValidationError('security.refreshGrace must be at most 60 seconds', 500)
  }
  if (!MODES.includes(adoption)) {
    throw new ValidationError("security.adoption must be 'adopt', 'share' or 'off'", 500)
  }
}
