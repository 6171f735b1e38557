import type { SecretsConfig } from './config.js'
import type { Context } from './context.js'
import { isMarked, type FoundSecrets } from './development-secrets.js'
import { Refusal } from './refusal.js'
import { isSample } from './secret-samples.js'
import { CREATE_SECRET, type SigningSecret } from './secret-reader.js'
import type { Secret } from './secret.js'
import { isSet } from './values.js'
import { VARIABLES } from './variables.js'

/** The secrets, with the keys for tokens apart. */
export interface BuiltSecrets {
  readonly secrets: SecretsConfig
  readonly keys: readonly SigningSecret[]
}

const REQUIRED = ['SESSION_SECRET', 'JWT_SECRET', 'REFRESH_SECRET'] as const
type Required = (typeof REQUIRED)[number]

/** Takes the secrets from the environment; outside production, missing ones come from DATA_DIR. */
export function buildSecrets(context: Context): BuiltSecrets {
  const missing = REQUIRED.filter((name) => !isSet(name, context.environment))
  const found = missing.length > 0 ? findMissing(context, missing) : undefined
  const { values } = context
  const session = take(context, 'SESSION_SECRET', values.SESSION_SECRET, found)
  const keys = take(context, 'JWT_SECRET', values.JWT_SECRET, found)
  const refresh = take(context, 'REFRESH_SECRET', values.REFRESH_SECRET, found)
  refuseReuse(context, [
    ['SESSION_SECRET', session],
    ['JWT_SECRET', keys.map((key) => key.secret)],
    ['REFRESH_SECRET', refresh],
    ['METRICS_TOKEN', listed(values.METRICS_TOKEN)],
    ['ADMIN_TOKEN', listed(values.ADMIN_TOKEN)],
  ])
  if (context.isProduction) refuseSamplePassword(context)
  return { secrets: { session, refresh, development: found && facts(found) }, keys }
}

function listed(secret: Secret | undefined): readonly Secret[] {
  return secret === undefined ? [] : [secret]
}

function facts(found: FoundSecrets): { readonly file: string; readonly isNew: boolean } {
  return { file: found.file, isNew: found.isNew }
}

function findMissing(context: Context, missing: readonly Required[]): FoundSecrets | undefined {
  const { findings, files, values } = context
  if (context.isProduction) {
    for (const name of missing) {
      findings.refuse('CONFIG_SECRET_MISSING', `${name} is not set. ${CREATE_SECRET}`)
    }
    return undefined
  }
  try {
    return files.developmentSecrets(values.DATA_DIR)
  } catch (error) {
    // No `cause`: what is in the file, or in a parser's complaint about it, is secret.
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it is damaged'
    const where = `in ${values.DATA_DIR}/development-secrets.json`
    findings.refuse(
      'CONFIG_SECRET_FILE',
      `The development secrets ${where} cannot be used: ${reason}.`,
    )
    return undefined
  }
}

/**
 * The secrets of one variable: its `own`, else those that were found for it. Nothing where they are refused.
 */
function take<Entry>(
  { environment, findings }: Context,
  name: Required,
  own: readonly Entry[] | undefined,
  found: FoundSecrets | undefined,
): readonly Entry[] {
  if (own !== undefined) return own
  if (found === undefined || isSet(name, environment)) return []
  const value = VARIABLES[name].read(found.secrets[name], name)
  if (!(value instanceof Refusal)) return value as readonly Entry[]
  findings.refuse('CONFIG_SECRET_FILE', `In ${found.file}: ${value.message}`)
  return []
}

/** One secret for one purpose; and none that says it was made for another environment. */
function refuseReuse(
  { findings, isProduction }: Context,
  kinds: readonly (readonly [string, readonly Secret[]])[],
): void {
  const owners = new Map<string, string>()
  for (const [name, secrets] of kinds) {
    for (const text of new Set(secrets.map((secret) => secret.reveal()))) {
      const owner = owners.get(text)
      owners.set(text, owner ?? name)
      if (owner !== undefined) {
        findings.refuse('CONFIG_SECRET_REUSED', `${name} equals ${owner}; use two secrets.`)
      }
      if (isProduction && isMarked(text)) {
        const what = `${name} is marked as made for another environment.`
        findings.refuse(
          'CONFIG_SECRET_REUSED',
          `${what} Production needs its own. ${CREATE_SECRET}`,
        )
      }
    }
  }
}

function passwordOf(url: Secret | undefined): string | undefined {
  const password = url === undefined ? '' : new URL(url.reveal()).password
  try {
    return password === '' ? undefined : decodeURIComponent(password)
  } catch {
    return password
  }
}

function refuseSamplePassword({ values, findings }: Context): void {
  const passwords = [
    ['REDIS_PASSWORD', values.REDIS_PASSWORD],
    ['The password in REDIS_URL', values.REDIS_URL?.password?.reveal()],
    ['The password in DATABASE_URL', passwordOf(values.DATABASE_URL)],
  ] as const
  for (const [name, text] of passwords) {
    if (text === undefined || !isSample(text)) continue
    findings.refuse('CONFIG_SECRET_SAMPLE', `${name} is a published sample value.`)
  }
}
