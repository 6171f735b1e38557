import { POLICIES, type PolicyName, type PolicyRule, type PolicyRuleName } from 'sojourn/policies'
import type { Context } from './context.js'
import { durationText } from './duration.js'
import { isSet } from './values.js'

/** The variables that a policy has a rule for. */
export const HELD = {
  SESSION_TTL: 'absolute',
  SESSION_IDLE: 'idle',
  SESSION_MAX_PER_USER: 'limit.max',
  JWT_ACCESS_TOKEN_EXPIRY: 'tokens.accessLifetime',
  JWT_REFRESH_TOKEN_EXPIRY: 'tokens.refresh.lifetime',
  REFRESH_TOKEN_TTL: 'tokens.refresh.lifetime',
} as const satisfies Readonly<Record<string, PolicyRuleName>>

/** A variable that a policy has a rule for. */
export type HeldVariable = keyof typeof HELD

/** What counts for `name`: what is set, else what the policy says, else `usual`. Refuses what is laxer. */
export function underPolicy(context: Context, name: HeldVariable, usual: number): number {
  const { values, environment, findings } = context
  const policy = values.SESSION_POLICY
  if (policy === undefined) return values[name] ?? usual
  const most = policyNumber(policy, HELD[name])
  const given = isSet(name, environment) ? values[name] : undefined
  if (given !== undefined && given > most) {
    const [asked, allowed] = [given, most].map((number) => shown(name, number))
    const what = `${name} (${asked ?? ''}) is more than SESSION_POLICY=${policy} allows`
    findings.refuse('CONFIG_RANGE', `${what} (${allowed ?? ''}).`)
  }
  return given ?? most
}

/** The number of a rule in the units of the configuration: seconds, or a count. */
export function policyNumber(policy: PolicyName, rule: PolicyRuleName): number {
  const most = ruleOf(policy, rule)?.most ?? 0
  return rule === 'limit.max' ? most : most / 1_000
}

/** The rule itself, with its source and its reason. */
export function ruleOf(policy: PolicyName, rule: PolicyRuleName): PolicyRule | undefined {
  return POLICIES[policy][rule]
}

function shown(name: HeldVariable, value: number): string {
  return name === 'SESSION_MAX_PER_USER' ? String(value) : durationText(value)
}
