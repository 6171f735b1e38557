/**
 * config/ turns the environment into one frozen {@link Config}, or says everything that is wrong with it
 * at once. `main` calls it first; nothing else reads the environment. It never prints a value that is or
 * may be a secret. `.env` is read before, by `process.loadEnvFile` in `main`.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildCookie } from './build-cookie.js'
import { buildRedis } from './build-redis.js'
import { buildSecrets, type BuiltSecrets } from './build-secrets.js'
import { buildServer } from './build-server.js'
import { buildLimits, buildOperation, buildSession, buildTokens } from './build-rest.js'
import type { Config, DatabaseConfig, Mode } from './config.js'
import type { ConfigFiles, Context } from './context.js'
import { isRemotePlain } from './database-tls.js'
import { findDevelopmentSecrets } from './development-secrets.js'
import { ConfigError, Findings, quoted } from './refusal.js'
import { readPlacesFile } from './places-file.js'
import { reportUnknown } from './unknown.js'
import { readValues, type Environment } from './values.js'

/** The machine's own files and clock. */
export const hostFiles: ConfigFiles = {
  read: (path) => readFileSync(path, 'utf8'),
  bytes: (path) => readFileSync(path),
  developmentSecrets: findDevelopmentSecrets,
  // eslint-disable-next-line no-restricted-syntax -- the door itself: `loadConfig` is given this
  now: () => Date.now(),
}

/**
 * Reads the configuration.
 *
 * @throws ConfigError with every problem; `main` prints its lines and exits with 78 (`EXIT_CONFIG`).
 */
export function loadConfig(environment: Environment, files: ConfigFiles = hostFiles): Config {
  const findings = new Findings()
  const values = readValues(environment, findings)
  const mode = modeOf(values.NODE_ENV, findings)
  const isProduction = mode === 'production'
  const context = { mode, isProduction, environment, values, findings, files }
  reportUnknown(environment, findings)
  const built = buildSecrets(context)
  const config = build(context, built)
  if (findings.refusals.length > 0) throw new ConfigError(findings.refusals)
  return deepFreeze(config)
}

function build(context: Context, built: BuiltSecrets): Config {
  const { values } = context
  const server = buildServer(context)
  const dataDir = resolve(values.DATA_DIR)
  return {
    mode: context.mode,
    server,
    secrets: built.secrets,
    tokens: buildTokens(context, built.keys, server.publicUrl),
    redis: buildRedis(context),
    session: buildSession(context),
    cookie: buildCookie(context, server),
    limits: buildLimits(values),
    database: buildDatabase(context, dataDir),
    dataDir,
    operation: { ...buildOperation(values), placesFile: readPlacesFile(context) },
    warnings: context.findings.warnings,
  }
}

function modeOf(text: string | undefined, findings: Findings): Mode {
  if (text === undefined) {
    findings.warn('CONFIG_ENV', 'NODE_ENV is not set: development rules hold.')
    return 'development'
  }
  if (text === 'development' || text === 'test') return text
  if (text !== 'production') {
    const what = `NODE_ENV=${quoted(text)} is unknown; safe production defaults are used.`
    findings.warn('CONFIG_ENV', what)
  }
  return 'production'
}

function buildDatabase(
  { values, isProduction, findings }: Context,
  dataDir: string,
): DatabaseConfig {
  const url = values.DATABASE_URL
  if (url === undefined) return { kind: 'sqlite', file: join(dataDir, 'sojourn.db') }
  if (isProduction && isRemotePlain(url)) {
    const what = 'DATABASE_URL uses no TLS to a remote host. Add ?sslmode=verify-full.'
    findings.warn('CONFIG_DATABASE_TLS', what)
  }
  return { kind: 'postgres', url }
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value) as unknown[]) {
    if (typeof part === 'object' && part !== null && !Object.isFrozen(part)) deepFreeze(part)
  }
  return Object.freeze(value)
}
