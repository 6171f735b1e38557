import type { Config } from './config.js'
import { durationText } from './duration.js'
import { HELD, ruleOf, type HeldVariable } from './policy.js'
import { Secret } from './secret.js'
import { isSet, type Environment } from './values.js'
import type { AnyVariable } from './variable.js'
import { VARIABLES, type VariableName } from './variables.js'

/** One variable: what counts, where that comes from, and what holds it. Never a secret. */
export interface Explained {
  readonly name: string
  /** What counts, as it would be written; `undefined`: nothing is set, and there is no default. */
  readonly value: string | undefined
  readonly source: 'environment' | 'policy' | 'default' | 'unset'
  readonly about: string
  readonly unit: string | undefined
  /** The most that the policy allows, with its source and its reason. */
  readonly rule: string | undefined
}

/** Every variable the service reads, explained. `config` is what was made of `environment`. */
export function explainConfig(environment: Environment, config: Config): readonly Explained[] {
  return Object.entries<AnyVariable>(VARIABLES).map(([name, variable]) => {
    const isHeld = Object.hasOwn(HELD, name)
    const isGiven = isSet(name as VariableName, environment)
    return {
      name,
      value: valueOf(name, variable, environment, config),
      source: sourceOf(isGiven, isHeld, variable, config),
      about: variable.about,
      unit: variable.unit,
      rule: isHeld ? ruleText(name as HeldVariable, config) : undefined,
    }
  })
}

function sourceOf(
  isGiven: boolean,
  isHeld: boolean,
  variable: AnyVariable,
  { session }: Config,
): Explained['source'] {
  if (isGiven) return 'environment'
  if (isHeld) return session.policy === undefined ? 'default' : 'policy'
  return variable.default === undefined && variable.defaultNote === undefined ? 'unset' : 'default'
}

/** Values that were worked out of several variables. */
const EFFECTIVE: Readonly<Record<HeldVariable, (config: Config) => string>> = {
  SESSION_TTL: ({ session }) => durationText(session.absolute),
  SESSION_IDLE: ({ session }) => durationText(session.idle),
  SESSION_MAX_PER_USER: ({ session }) => String(session.maxPerUser),
  JWT_ACCESS_TOKEN_EXPIRY: ({ tokens }) => durationText(tokens.accessLifetime),
  JWT_REFRESH_TOKEN_EXPIRY: ({ tokens }) => durationText(tokens.refreshLifetime),
  REFRESH_TOKEN_TTL: ({ tokens }) => durationText(tokens.refreshLifetime),
}

function valueOf(
  name: string,
  variable: AnyVariable,
  environment: Environment,
  config: Config,
): string | undefined {
  if (Object.hasOwn(HELD, name)) return EFFECTIVE[name as HeldVariable](config)
  const text = isSet(name as VariableName, environment) ? environment[name] : undefined
  if (text === undefined) return variable.default ?? variable.defaultNote
  if (!isSecret(name, variable.read(text, name))) return text
  return ADDRESSES.has(name) ? withoutUser(text) : '(set, not shown)'
}

/** Addresses that may hold a password; the rest of them is worth showing. */
const ADDRESSES = new Set(['REDIS_URL', 'DATABASE_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT'])
const SECRET_NAME = /SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|PEPPER/

function isSecret(name: string, value: unknown): boolean {
  return ADDRESSES.has(name) || SECRET_NAME.test(name) || holdsSecret(value)
}

function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(holdsSecret)
}

function withoutUser(text: string): string {
  // An address with several hosts.
  if (!URL.canParse(text)) return text.replace(/\/\/[^/?#]*@/, '//').replace(/[?#].*$/s, '')
  const url = new URL(text)
  return `${url.protocol}//${url.host}${url.pathname}`
}

function ruleText(name: HeldVariable, { session }: Config): string {
  const { policy } = session
  if (policy === undefined) return 'no policy is set'
  const rule = ruleOf(policy, HELD[name])
  if (rule === undefined) return `${policy}: no limit`
  const most = HELD[name] === 'limit.max' ? String(rule.most) : durationText(rule.most / 1_000)
  return `${policy}: at most ${most} (${rule.source}: ${rule.reason})`
}
