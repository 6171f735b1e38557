import { InvalidOption } from '../errors.js'
import type { DEFAULTS } from '../options.js'
import type { Settings } from './settings.js'

/** A rule book for lifetimes. */
export type PolicyName = 'asvs-l2' | 'nist-aal1' | 'nist-aal2' | 'nist-aal3'

/** One number of a policy, and where it comes from. It is the default, and the most that an option may say. */
export interface PolicyRule {
  /** Milliseconds; for `limit`, sessions of one person. */
  readonly most: number
  /** Who says so. `ours`: the source leaves it open, and this is our choice. */
  readonly source: string
  readonly reason: string
}

/** The rules of a policy, by the option that each of them holds. */
export interface Policy {
  readonly idle: PolicyRule
  readonly absolute: PolicyRule
  readonly 'remember.idle': PolicyRule
  readonly 'remember.absolute': PolicyRule
  /** `undefined`: secrets change at sign-in and step-up, and need not otherwise. */
  readonly renewal: PolicyRule | undefined
  readonly 'limit.max': PolicyRule
  readonly 'tokens.accessLifetime': PolicyRule
  readonly 'tokens.refresh.lifetime': PolicyRule
  /** How old a sign-in may be where a route asks for a recent one. */
  readonly recent: PolicyRule
}

/** The name of a rule. */
export type PolicyRuleName = keyof Policy

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const AAL1 = 'NIST SP 800-63B-4 section 2.1.3'
const AAL2 = 'NIST SP 800-63B-4 section 2.2.3'
const AAL3 = 'NIST SP 800-63B-4 section 2.3.3'

const rule = (most: number, source: string, reason: string): PolicyRule => ({
  most,
  source,
  reason,
})

const manySessions = rule(100, 'ours', 'more than a person has devices; the oldest has to go')
const shortToken = rule(15 * MINUTE, 'ours', 'a copied access token is of use for no longer')
const sameAsOthers = 'at this level nobody may stay longer for having asked to'

/**
 * All policies, number by number. `docs/reference/session-policies.md` shows this very table, and a test
 * compares the two (ASVS 7.1.1).
 */
export const POLICIES: Readonly<Record<PolicyName, Policy>> = Object.freeze({
  'asvs-l2': {
    idle: rule(HOUR, AAL2, 'ASVS 7.3.1 refers to NIST; inactivity SHOULD be no more than 1 hour'),
    absolute: rule(DAY, AAL2, 'ASVS 7.3.2 refers to NIST; overall SHOULD be no more than 24 hours'),
    'remember.idle': rule(14 * DAY, 'ours', 'two weeks without a visit: the device may be lost'),
    'remember.absolute': rule(
      30 * DAY,
      AAL1,
      'who asks to be remembered stays at AAL1; what matters needs a recent sign-in (ASVS 7.5.1, 7.5.3)',
    ),
    renewal: undefined,
    'limit.max': manySessions,
    'tokens.accessLifetime': shortToken,
    'tokens.refresh.lifetime': rule(7 * DAY, 'ours', 'ASVS 10.4.8 wants an absolute end'),
    recent: rule(15 * MINUTE, 'ours', 'long enough for a form, short enough for a desk left alone'),
  },
  'nist-aal1': {
    idle: rule(
      14 * DAY,
      'ours',
      'NIST needs none at AAL1; a lost device must not stay for a month',
    ),
    absolute: rule(30 * DAY, AAL1, 'overall SHOULD be no more than 30 days'),
    'remember.idle': rule(14 * DAY, 'ours', 'as for everybody at this level'),
    'remember.absolute': rule(30 * DAY, AAL1, 'as for everybody at this level'),
    renewal: undefined,
    'limit.max': manySessions,
    'tokens.accessLifetime': shortToken,
    'tokens.refresh.lifetime': rule(30 * DAY, AAL1, 'a refresh token is a session by another name'),
    recent: rule(
      HOUR,
      'ours',
      'the level asks for little; a guessed password is the likelier harm',
    ),
  },
  'nist-aal2': {
    idle: rule(HOUR, AAL2, 'inactivity SHOULD be no more than 1 hour'),
    absolute: rule(DAY, AAL2, 'overall SHOULD be no more than 24 hours'),
    'remember.idle': rule(HOUR, AAL2, sameAsOthers),
    'remember.absolute': rule(DAY, AAL2, sameAsOthers),
    renewal: undefined,
    'limit.max': manySessions,
    'tokens.accessLifetime': shortToken,
    'tokens.refresh.lifetime': rule(DAY, AAL2, 'a refresh token is a session by another name'),
    recent: rule(15 * MINUTE, 'ours', 'long enough for a form, short enough for a desk left alone'),
  },
  'nist-aal3': {
    idle: rule(15 * MINUTE, AAL3, 'inactivity SHOULD be no more than 15 minutes'),
    absolute: rule(12 * HOUR, AAL3, 'overall SHALL be no more than 12 hours'),
    'remember.idle': rule(15 * MINUTE, AAL3, sameAsOthers),
    'remember.absolute': rule(12 * HOUR, AAL3, sameAsOthers),
    renewal: rule(HOUR, 'ours', 'a copied secret dies within the hour, and its use shows'),
    'limit.max': rule(10, 'ours', 'who works at this level has few devices'),
    'tokens.accessLifetime': rule(
      5 * MINUTE,
      'ours',
      'a copied access token is of use for no longer',
    ),
    'tokens.refresh.lifetime': rule(
      12 * HOUR,
      AAL3,
      'a refresh token is a session by another name',
    ),
    recent: rule(5 * MINUTE, 'ours', 'each act that matters is confirmed by itself'),
  },
})

/** The defaults that settings are made from; a policy changes some of the numbers. */
export type Defaults = {
  readonly [Name in keyof typeof DEFAULTS]: (typeof DEFAULTS)[Name] extends number
    ? number
    : (typeof DEFAULTS)[Name] extends { readonly max: number }
      ? { readonly max: number; readonly whenFull: 'evict-oldest' }
      : (typeof DEFAULTS)[Name]
} & { readonly renewal: number | undefined }

/** What counts where no option says otherwise. Throws {@link InvalidOption} for a policy that is none. */
export function defaultsUnder(name: PolicyName | undefined, usual: typeof DEFAULTS): Defaults {
  if (name === undefined) return { ...usual, renewal: undefined }
  const policy = policyOf(name)
  return {
    ...usual,
    idle: policy.idle.most,
    absolute: policy.absolute.most,
    rememberIdle: policy['remember.idle'].most,
    rememberAbsolute: policy['remember.absolute'].most,
    renewal: policy.renewal?.most,
    limit: { ...usual.limit, max: policy['limit.max'].most },
    accessLifetime: policy['tokens.accessLifetime'].most,
    refreshLifetime: policy['tokens.refresh.lifetime'].most,
    recent: policy.recent.most,
  }
}

function policyOf(name: PolicyName): Policy {
  if (Object.hasOwn(POLICIES, name)) return POLICIES[name]
  throw new InvalidOption(`option policy must be one of ${Object.keys(POLICIES).join(', ')}.`)
}

/** Refuses settings that are laxer than their policy. Throws {@link InvalidOption} naming both numbers. */
export function checkPolicy(name: PolicyName | undefined, settings: Settings): void {
  if (name === undefined) return
  const policy = policyOf(name)
  for (const [option, actual] of valuesOf(settings)) {
    const most = policy[option]?.most
    if (most === undefined || (actual !== undefined && actual <= most)) continue
    const shown = (value: number): string => policyNumber(option, value)
    const given = actual === undefined ? 'none' : shown(actual)
    throw new InvalidOption(
      `option ${option} (${given}) is laxer than policy ${name} allows (${shown(most)}).`,
    )
  }
}

/** Refuses a laxer age of a sign-in where a route names one. */
export function checkRecent(name: PolicyName | undefined, maxAge: number): void {
  const most = name === undefined ? maxAge : policyOf(name).recent.most
  if (maxAge <= most) return
  const texts = [policyNumber('recent', maxAge), policyNumber('recent', most)] as const
  throw new InvalidOption(
    `maxAge (${texts[0]}) is laxer than policy ${name ?? ''} allows (${texts[1]}).`,
  )
}

/** What settings say where a policy has a rule. `undefined`: without a limit. */
function valuesOf(settings: Settings): readonly (readonly [PolicyRuleName, number | undefined])[] {
  const { lifetimes, renewal, limit, tokens, recent } = settings
  return [
    ['idle', lifetimes.signedIn.idle],
    ['absolute', lifetimes.signedIn.absolute],
    ['remember.idle', lifetimes.remembered.idle],
    ['remember.absolute', lifetimes.remembered.absolute],
    ['renewal', renewal],
    ['limit.max', limit?.max],
    ['tokens.accessLifetime', tokens?.accessLifetime ?? 0],
    ['tokens.refresh.lifetime', tokens?.refreshLifetime ?? 0],
    ['recent', recent],
  ]
}

const UNITS = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', 1_000],
] as const

/** A rule's number in words: `15m`, `24h`, `30d`, or a count. */
export function policyNumber(option: PolicyRuleName, value: number): string {
  if (option === 'limit.max') return String(value)
  if (value === DAY) return '24h'
  const unit = UNITS.find(([, milliseconds]) => value >= milliseconds && value % milliseconds === 0)
  return unit === undefined ? `${String(value)}ms` : `${String(value / unit[1])}${unit[0]}`
}
