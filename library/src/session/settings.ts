import { InvalidOption } from '../errors.js'
import {
  DEFAULTS,
  LONGEST_LIFETIME,
  type AnonymousOptions,
  type CacheOptions,
  type PrivacyMode,
  type SojournOptions,
} from '../options.js'
import type { SessionLimit } from '../store/store.js'
import type { Duration } from '../system/duration.js'
import type { Lifetime, Lifetimes } from './lifetime.js'
import { checkSecrets, duration, whole } from './option-values.js'
import { checkPolicy, defaultsUnder, type Defaults, type PolicyName } from './policies.js'
import { toTokenSettings, type TokenSettings } from './token-settings.js'

/** The options as the request path reads them: every default filled in, every duration in milliseconds. */
export interface Settings {
  readonly secrets: readonly string[]
  /** None: the values of sessions rest in clear. */
  readonly encryptionSecrets: readonly string[]
  readonly lifetimes: Lifetimes
  readonly renewal: number | undefined
  readonly mayBeAnonymous: boolean
  readonly anonymousMaxBytes: number
  readonly anonymousPerMinute: number
  readonly touchEvery: number
  readonly renewalGrace: number
  readonly signInGrace: number
  /** How old a sign-in may be where nothing else is said. */
  readonly recent: number
  /** `undefined`: none holds. */
  readonly policy: PolicyName | undefined
  readonly limit: SessionLimit | undefined
  readonly maxSessionBytes: number
  readonly secretBytes: number
  readonly address: PrivacyMode
  readonly agent: PrivacyMode
  readonly describeAgent: (userAgent: string) => string
  readonly isPassive: NonNullable<SojournOptions['isPassive']>
  readonly commandDeadline: number
  readonly failuresToOpen: number
  readonly probeEvery: number
  /** `undefined`: cookies only. */
  readonly tokens: TokenSettings | undefined
  readonly maxStaleness: number
  readonly maxCacheEntries: number
  readonly onStoreReset: 'accept' | 'fail'
}

/** Checks the options and fills in the defaults. Throws {@link InvalidOption} naming the one at fault. */
export function toSettings<Data extends object>(options: SojournOptions<Data>): Settings {
  const defaults = defaultsUnder(options.policy, DEFAULTS)
  const settings = fillIn(options, defaults)
  checkPolicy(options.policy, settings)
  return settings
}

function fillIn<Data extends object>(options: SojournOptions<Data>, defaults: Defaults): Settings {
  const anonymous: AnonymousOptions = options.anonymous === false ? {} : (options.anonymous ?? {})
  const lifetimes = toLifetimes(options, anonymous, defaults)
  return {
    secrets: checkSecrets('secrets', options.secrets),
    encryptionSecrets: toEncryptionSecrets(options.encryption),
    lifetimes,
    policy: options.policy,
    recent: duration('recent', options.recent, defaults.recent),
    renewal:
      options.renewal === undefined ? defaults.renewal : duration('renewal', options.renewal, 0),
    mayBeAnonymous: options.anonymous !== false,
    anonymousMaxBytes: whole(
      'anonymous.maxBytes',
      anonymous.maxBytes,
      DEFAULTS.anonymousMaxBytes,
      1,
    ),
    anonymousPerMinute: whole(
      'anonymous.perMinute',
      anonymous.perMinute,
      DEFAULTS.anonymousPerMinute,
      1,
    ),
    touchEvery: duration('touchEvery', options.touchEvery, DEFAULTS.touchEveryAtMost),
    renewalGrace: duration('renewalGrace', options.renewalGrace, DEFAULTS.renewalGrace),
    signInGrace: duration('signInGrace', options.signInGrace, DEFAULTS.signInGrace),
    limit: toLimit(options.limit, defaults),
    maxSessionBytes: whole('maxSessionBytes', options.maxSessionBytes, DEFAULTS.maxSessionBytes, 1),
    secretBytes: whole('secretBytes', options.secretBytes, DEFAULTS.secretBytes, 16, 64),
    address: privacyMode('privacy.address', options.privacy?.address, 'full'),
    agent: privacyMode('privacy.agent', options.privacy?.agent, 'truncated'),
    describeAgent: options.privacy?.describeAgent ?? firstWords,
    isPassive: options.isPassive ?? (() => false),
    ...toResilience(options.resilience),
    tokens: options.tokens === undefined ? undefined : toTokenSettings(options.tokens, defaults),
    ...toCache(options.cache),
    onStoreReset: toResetPolicy(options.onStoreReset),
  }
}

function toEncryptionSecrets(given: SojournOptions['encryption']): readonly string[] {
  if (given === undefined) return []
  // `null` must not pass for "not wanted".
  return checkSecrets('encryption.secrets', (given as typeof given | null)?.secrets)
}

function toCache(
  given: SojournOptions['cache'],
): Pick<Settings, 'maxStaleness' | 'maxCacheEntries'> {
  const { maxStaleness, maxEntries }: CacheOptions =
    given === false ? { maxStaleness: 0 } : (given ?? {})
  return {
    maxStaleness: duration('cache.maxStaleness', maxStaleness, DEFAULTS.maxStaleness),
    maxCacheEntries: whole('cache.maxEntries', maxEntries, DEFAULTS.maxCacheEntries, 1),
  }
}

function toResetPolicy(given: SojournOptions['onStoreReset']): 'accept' | 'fail' {
  const policy = given ?? DEFAULTS.onStoreReset
  if (['accept', 'fail'].includes(policy)) return policy
  throw new InvalidOption("option onStoreReset must be 'accept' or 'fail'.")
}

function toResilience(
  options: SojournOptions['resilience'],
): Pick<Settings, 'commandDeadline' | 'failuresToOpen' | 'probeEvery'> {
  const name = 'resilience.failuresToOpen'
  return {
    commandDeadline: duration(
      'resilience.commandDeadline',
      options?.commandDeadline,
      DEFAULTS.commandDeadline,
    ),
    failuresToOpen: whole(name, options?.failuresToOpen, DEFAULTS.failuresToOpen, 1),
    probeEvery: duration('resilience.probeEvery', options?.probeEvery, DEFAULTS.probeEvery),
  }
}

function toLifetimes<Data extends object>(
  options: SojournOptions<Data>,
  anonymous: AnonymousOptions,
  defaults: Defaults,
): Lifetimes {
  const { remember } = options
  return {
    signedIn: lifetime('', options, defaults.idle, defaults.absolute),
    remembered: lifetime('remember.', remember, defaults.rememberIdle, defaults.rememberAbsolute),
    anonymous: lifetime(
      'anonymous.',
      anonymous,
      DEFAULTS.anonymousIdle,
      DEFAULTS.anonymousAbsolute,
    ),
  }
}

function lifetime(
  prefix: string,
  given: { readonly idle?: Duration; readonly absolute?: Duration } | undefined,
  defaultIdle: number,
  defaultAbsolute: number,
): Lifetime {
  const absolute = duration(`${prefix}absolute`, given?.absolute, defaultAbsolute)
  const idle = duration(`${prefix}idle`, given?.idle, Math.min(defaultIdle, absolute))
  if (idle === 0 || absolute === 0) {
    throw new InvalidOption(`${prefix}idle and ${prefix}absolute must be longer than nothing.`)
  }
  if (idle > absolute) {
    throw new InvalidOption(
      `${prefix}idle is longer than ${prefix}absolute; it would never matter.`,
    )
  }
  if (absolute > LONGEST_LIFETIME) {
    throw new InvalidOption(`${prefix}absolute is over 400 days, which browsers cap cookies at.`)
  }
  return { idle, absolute }
}

function toLimit(
  given: SessionLimit | false | undefined,
  defaults: Defaults,
): SessionLimit | undefined {
  if (given === false) return undefined
  const limit = given ?? defaults.limit
  whole('limit.max', limit.max, 0, 1)
  if (!['evict-oldest', 'evict-least-recent', 'refuse'].includes(limit.whenFull)) {
    throw new InvalidOption(
      "option limit.whenFull must be 'evict-oldest', 'evict-least-recent' or 'refuse'.",
    )
  }
  return limit
}

function privacyMode(
  name: string,
  given: PrivacyMode | undefined,
  otherwise: PrivacyMode,
): PrivacyMode {
  const mode = given ?? otherwise
  if (!['full', 'truncated', 'keyed-hash', 'none'].includes(mode)) {
    throw new InvalidOption(`option ${name} must be 'full', 'truncated', 'keyed-hash' or 'none'.`)
  }
  return mode
}

/** The first product and the platform of a user agent: enough to tell devices apart, short enough to keep. */
function firstWords(userAgent: string): string {
  const product = userAgent.split(' ', 1)[0] ?? ''
  const platform = /\(([^;)]{1,24})/.exec(userAgent)?.[1]
  return platform === undefined ? product : `${product} (${platform})`
}
