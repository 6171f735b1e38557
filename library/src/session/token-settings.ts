import { checkAllowedClaims } from '../credential/jwt/index.js'
import { InvalidOption } from '../errors.js'
import type { TokenOptions } from '../options.js'
import { checkSecrets, duration, whole } from './option-values.js'
import type { Defaults } from './policies.js'

/** The token options as the request path reads them. Milliseconds, but for `clockTolerance`. */
export interface TokenSettings {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly otherAudiences: readonly string[]
  readonly keys: TokenOptions['keys']
  readonly accessLifetime: number
  readonly jitter: number
  readonly claims: NonNullable<TokenOptions['claims']> | undefined
  readonly allowedClaims: readonly string[]
  readonly maxClaimBytes: number
  readonly clockTolerance: number
  /** `undefined`: DPoP is off. */
  readonly dpop: { readonly origin: string | undefined; readonly isRequired: boolean } | undefined
  readonly refreshLifetime: number
  readonly refreshIdle: number | undefined
  readonly refreshGrace: number
  readonly refreshForgive: number
  /** `undefined`: derived from the secrets of the sessions. */
  readonly refreshSecrets: readonly string[] | undefined
  readonly refreshSeedBytes: number
  readonly refreshCookiePath: string
}

const LONGEST_ACCESS = 24 * 3_600_000
const LONGEST_GRACE = 60_000

/** Checks the token options. Throws {@link InvalidOption} naming the one at fault. */
export function toTokenSettings(options: TokenOptions, defaults: Defaults): TokenSettings {
  const { keys, claims } = options
  const accessLifetime = duration(
    'tokens.accessLifetime',
    options.accessLifetime,
    defaults.accessLifetime,
  )
  if (accessLifetime < 1_000 || accessLifetime > LONGEST_ACCESS) {
    throw new InvalidOption('option tokens.accessLifetime must be from 1 second to 24 hours.')
  }
  return {
    issuer: text('tokens.issuer', options.issuer),
    audience: texts('tokens.audience', options.audience),
    otherAudiences: options.otherAudiences ?? [],
    keys,
    accessLifetime,
    jitter: share('tokens.jitter', options.jitter ?? defaults.jitter),
    claims,
    allowedClaims: allowed(options.allowedClaims ?? []),
    maxClaimBytes: whole('tokens.maxClaimBytes', options.maxClaimBytes, defaults.maxClaimBytes, 1),
    clockTolerance: whole(
      'tokens.clockTolerance',
      options.clockTolerance,
      defaults.clockTolerance,
      0,
      300,
    ),
    dpop: options.dpop && {
      origin: origin('tokens.dpop.origin', options.dpop.origin),
      isRequired: options.dpop.isRequired === true,
    },
    ...toRefresh(options.refresh ?? {}, defaults),
  }
}

function toRefresh(
  options: NonNullable<TokenOptions['refresh']>,
  defaults: Defaults,
): Pick<TokenSettings, `refresh${string}` & keyof TokenSettings> {
  const grace = duration('tokens.refresh.grace', options.grace, defaults.refreshGrace)
  if (grace > LONGEST_GRACE) {
    throw new InvalidOption(
      'option tokens.refresh.grace is over 60 seconds: who steals a token could use it for as long.',
    )
  }
  const { idle, secrets, cookiePath = defaults.refreshCookiePath } = options
  if (!/^\/[\w\-./~]*$/.test(cookiePath)) {
    throw new InvalidOption(
      'option tokens.refresh.cookiePath must be a path such as /auth/refresh.',
    )
  }
  return {
    refreshLifetime: duration(
      'tokens.refresh.lifetime',
      options.lifetime,
      defaults.refreshLifetime,
    ),
    refreshIdle: idle === undefined ? undefined : duration('tokens.refresh.idle', idle, 0),
    refreshGrace: grace,
    refreshForgive: duration('tokens.refresh.forgive', options.forgive, defaults.refreshForgive),
    refreshSecrets:
      secrets === undefined ? undefined : checkSecrets('tokens.refresh.secrets', secrets),
    refreshSeedBytes: whole(
      'tokens.refresh.seedBytes',
      options.seedBytes,
      defaults.refreshSeedBytes,
      16,
      64,
    ),
    refreshCookiePath: cookiePath,
  }
}

function allowed(names: readonly string[]): readonly string[] {
  checkAllowedClaims(names)
  return Object.freeze([...names])
}

function text(name: string, given: unknown): string {
  if (typeof given === 'string' && given !== '' && given.length <= 255) return given
  throw new InvalidOption(`option ${name} must be text of 1 to 255 characters.`)
}

function origin(name: string, given: string | undefined): string | undefined {
  if (given === undefined) return undefined
  const isOrigin = /^https?:/.test(given) && URL.canParse(given) && new URL(given).origin === given
  if (isOrigin) return given
  throw new InvalidOption(`option ${name} must be an origin such as https://app.example.`)
}

function texts(name: string, given: unknown): readonly string[] {
  const list: unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === 0) throw new InvalidOption(`option ${name} is empty.`)
  return list.map((one) => text(name, one))
}

function share(name: string, given: number): number {
  if (given >= 0 && given <= 0.5) return given
  throw new InvalidOption(`option ${name} must be a number from 0 to 0.5.`)
}
