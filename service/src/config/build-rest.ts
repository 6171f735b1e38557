import {
  REMEMBER,
  type LimitsConfig,
  type OperationConfig,
  type SessionConfig,
  type TokensConfig,
} from './config.js'
import type { PolicyName } from 'sojourn/policies'
import type { Context } from './context.js'
import { policyNumber, underPolicy } from './policy.js'
import { durationText } from './duration.js'
import type { ClientSecret, SigningSecret } from './secret-reader.js'
import type { Secret } from './secret.js'
import { isSet, type Values } from './values.js'

const DEFAULT_IDLE = 3_600

/** How long sessions last, and how many a person may have. */
export function buildSession(context: Context): SessionConfig {
  const { values, findings, environment } = context
  const absolute = underPolicy(context, 'SESSION_TTL', values.SESSION_TTL)
  const idleOrMost = underPolicy(context, 'SESSION_IDLE', DEFAULT_IDLE)
  const idle = isSet('SESSION_IDLE', environment) ? idleOrMost : Math.min(idleOrMost, absolute)
  if (idle > absolute) {
    const texts = [durationText(idle), durationText(absolute)] as const
    findings.refuse(
      'CONFIG_RANGE',
      `SESSION_IDLE (${texts[0]}) is longer than SESSION_TTL (${texts[1]}).`,
    )
  }
  return {
    policy: values.SESSION_POLICY,
    idle,
    absolute,
    remember: rememberUnder(values.SESSION_POLICY),
    maxPerUser: underPolicy(context, 'SESSION_MAX_PER_USER', values.SESSION_MAX_PER_USER),
    cacheStaleness: values.SESSION_CACHE_STALENESS,
  }
}

function rememberUnder(policy: PolicyName | undefined): SessionConfig['remember'] {
  if (policy === undefined) return REMEMBER
  return {
    idle: policyNumber(policy, 'remember.idle'),
    absolute: policyNumber(policy, 'remember.absolute'),
  }
}

/** What tokens hold and how long they live. */
export function buildTokens(
  context: Context,
  keys: readonly SigningSecret[],
  publicUrl: string,
): TokensConfig {
  const { values } = context
  checkAlgorithm(context, keys)
  const accessLifetime = accessLifetimeOf(context)
  return {
    keys,
    accessLifetime,
    refreshLifetime: refreshLifetime(context, accessLifetime),
    refreshGrace: values.REFRESH_GRACE,
    refreshForgive: values.REFRESH_FORGIVE ?? 0,
    clients: byId(values.OAUTH_CLIENTS ?? []),
    issuer: values.JWT_ISSUER ?? publicUrl,
    audience: values.JWT_AUDIENCE ?? publicUrl,
    allowedFields: values.JWT_ALLOWED_TOKEN_FIELDS ?? [],
    secretBytes: values.TOKEN_LENGTH,
    isFingerprinted: values.ENABLE_TOKEN_FINGERPRINTING,
    isFingerprintStrict: values.FINGERPRINT_STRICT_MODE,
  }
}

function byId(clients: readonly ClientSecret[]): ReadonlyMap<string, readonly Secret[]> {
  const secrets = new Map<string, readonly Secret[]>()
  for (const { id, secret } of clients) secrets.set(id, [...(secrets.get(id) ?? []), secret])
  return secrets
}

function checkAlgorithm({ values, findings }: Context, keys: readonly SigningSecret[]): void {
  const asked = values.JWT_ALG
  const found = keys[0]?.algorithm
  const shared = keys.filter(({ algorithm }) => algorithm === 'HS256').length
  if (shared > 0 && shared < keys.length) {
    findings.refuse(
      'CONFIG_ALG',
      'JWT_SECRET mixes shared secrets (HS256) and private keys; use one of the two kinds.',
    )
  }
  if (asked === undefined || found === undefined || asked === found) return
  findings.refuse(
    'CONFIG_ALG',
    `JWT_ALG=${asked} does not fit JWT_SECRET, whose key is for ${found}.`,
  )
}

function accessLifetimeOf(context: Context): number {
  return underPolicy(context, 'JWT_ACCESS_TOKEN_EXPIRY', context.values.JWT_ACCESS_TOKEN_EXPIRY)
}

function refreshLifetime(context: Context, access: number): number {
  const { values, environment, findings } = context
  const { JWT_REFRESH_TOKEN_EXPIRY: named, REFRESH_TOKEN_TTL: other } = values
  const isNamed = isSet('JWT_REFRESH_TOKEN_EXPIRY', environment)
  const spoken = isNamed || other === undefined ? 'JWT_REFRESH_TOKEN_EXPIRY' : 'REFRESH_TOKEN_TTL'
  const lifetime = underPolicy(context, spoken, named)
  if (isNamed && other !== undefined && other !== named) {
    const texts = [durationText(named), durationText(other)] as const
    findings.refuse(
      'CONFIG_RANGE',
      `JWT_REFRESH_TOKEN_EXPIRY (${texts[0]}) and REFRESH_TOKEN_TTL (${texts[1]}) differ; set one.`,
    )
  }
  if (lifetime < access) {
    const least = `JWT_ACCESS_TOKEN_EXPIRY (${durationText(access)})`
    const what = `${spoken} (${durationText(lifetime)}) is shorter than ${least}.`
    findings.refuse('CONFIG_RANGE', what)
  }
  return lifetime
}

/** Limits on failed sign-ins. */
export function buildLimits(values: Values): LimitsConfig {
  return {
    maxLoginAttempts: values.MAX_LOGIN_ATTEMPTS,
    lockout: values.LOCKOUT_TIME,
    perMinute: values.RATE_LIMIT,
    anomaly: values.ANOMALY,
  }
}

/** How the service is watched and run. */
export function buildOperation(values: Values): Omit<OperationConfig, 'placesFile'> {
  return {
    logLevel: values.LOG_LEVEL,
    metricsToken: values.METRICS_TOKEN,
    metricsPort: values.METRICS_PORT,
    adminToken: values.ADMIN_TOKEN,
    audit: {
      retention: values.AUDIT_RETENTION,
      address: values.AUDIT_ADDRESS,
      agent: values.AUDIT_AGENT,
    },
    otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
  }
}
