import { InvalidOption } from '../../errors.js'
import type { SameSite } from '../../response/cookie.js'
import { LONGEST_MAX_AGE } from '../../response/cookie.js'
import type { AttemptRule, Rate } from '../../store/counters.js'
import { toMilliseconds, type Duration } from '../../system/duration.js'

/** What a person should hear of about their own account (ASVS 6.3.5, 6.3.7). Holds no credential. */
export interface SignInNotice {
  readonly kind: 'after_failures' | 'new_device' | 'credential_changed'
  readonly subject: string
  readonly address: string
  /** Foreign text: escape it wherever it is shown. */
  readonly agent: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
  /** `after_failures`: how many attempts had failed before. */
  readonly count?: number
  /** `credential_changed`: what was changed, such as `password`. */
  readonly credential?: string
}

/** How long answers to failed attempts wait. */
export interface SignInDelay {
  /** The failure whose answer is the first to wait. Default 3. */
  readonly from?: number
  /** How long that one waits; each further one waits twice as long. Default 250 ms. */
  readonly first?: Duration
  /** The longest wait. Default 2 s. */
  readonly most?: Duration
  /** Most answers that wait at once in this process; beyond, nobody waits. Default 100. */
  readonly waiting?: number
}

/** The cookie that says "this browser has signed in as this person before". */
export interface DeviceCookieOptions {
  /** Its name, without a prefix. Default: `device-` and a tag of the application's secret. */
  readonly name?: string
  /** Whether it is sent where another site leads here. Default `'strict'`: it is looked at only where a person signs in on one's own page. */
  readonly sameSite?: SameSite
  /** How long a device is known. Default 180 days after the last sign-in; at most 400. */
  readonly lifetime?: Duration
  /** `true`: Secure and `__Host-` also where this process sees plain http. Default: as the connection is. */
  readonly secure?: true
}

/** How sign-in attempts are counted, slowed and told. {@link SIGN_IN_DEFAULTS} has the numbers. */
export interface SignInGuardOptions {
  /** Failed attempts on one account from one network, and from one known device, before it has to wait. */
  readonly maxAttempts?: number
  /** How long it has to wait. Attempts are forgotten so long after the last one. */
  readonly lockout?: Duration
  /** Failed attempts on one account from anywhere within `lockout`; beyond, only known devices get in. Default 4 x `maxAttempts`. */
  readonly accountAttempts?: number
  /** The same within a day. Default 20 x `maxAttempts`: no more than NIST SP 800-63B allows in a row. */
  readonly accountAttemptsPerDay?: number
  /** Failed attempts from one network on whatever accounts within `lockout`. Default 4 x `maxAttempts`. */
  readonly networkAttempts?: number
  /** `false`: no answer waits. */
  readonly delay?: SignInDelay | false
  /** Failed attempts before a success that its person hears of. */
  readonly tellAfter?: number
  /** Accounts that fail with one password (spray), or from one network (stuffing), before it is told. */
  readonly sprayAccounts?: number
  /** How long such accounts are put together; it is told once in that time. */
  readonly sprayWindow?: Duration
  /** Name and lifetime of the cookie by which a known browser gets a count of its own. */
  readonly deviceCookie?: DeviceCookieOptions
  /** How long a token that unlocks is good. At most a day. */
  readonly unlockTokenLifetime?: Duration
  /** One text for all spellings of a name. Default: NFKC, no white space around it, lower case. */
  readonly normalise?: (account: string) => string
  /** Tells a person. What it throws or rejects with is swallowed; no answer waits for it. */
  readonly notify?: (notice: SignInNotice) => unknown
}

/** The defaults of {@link SignInGuardOptions}; `docs/guide/sign-in-protection.md` shows the same numbers. */
export const SIGN_IN_DEFAULTS = {
  // ASVS 6.3.1 leaves the number open; five is what people know, and a mistyped password is rarely mistyped five times.
  maxAttempts: 5,
  lockout: '15m',
  accountAttempts: 20,
  accountAttemptsPerDay: 100,
  networkAttempts: 20,
  delayFrom: 3,
  delayFirst: '250ms',
  delayMost: '2s',
  delayWaiting: 100,
  tellAfter: 3,
  sprayAccounts: 10,
  sprayWindow: '1h',
  deviceLifetime: '180d',
  unlockTokenLifetime: '30m',
} as const

/** How much of an attempt one counter bears. */
export interface Limits {
  readonly own: AttemptRule
  readonly account: Rate
  readonly accountPerDay: Rate
  readonly network: Rate
}

/** The options, checked. Times are milliseconds. */
export interface SignInRules {
  readonly limits: Limits
  readonly delay: { from: number; first: number; most: number; waiting: number } | undefined
  readonly tellAfter: number
  readonly spray: { readonly accounts: number; readonly window: number }
  readonly deviceCookie: DeviceCookieOptions
  readonly deviceLifetime: number
  readonly unlockTokenLifetime: number
  readonly normalise: (account: string) => string
}

const DAY = 86_400_000
const MONTH = 30 * DAY
const MOST = 1_000_000

/** @throws InvalidOption */
export function toRules(options: SignInGuardOptions): SignInRules {
  const { maxAttempts = SIGN_IN_DEFAULTS.maxAttempts, deviceCookie = {} } = options
  const max = whole('maxAttempts', maxAttempts, MOST)
  const lockout = span('lockout', options.lockout ?? SIGN_IN_DEFAULTS.lockout, MONTH)
  const times = (name: keyof SignInGuardOptions & keyof typeof SIGN_IN_DEFAULTS, by: number) =>
    whole(name, (options[name] as number | undefined) ?? Math.min(max * by, MOST), MOST)
  const lifetime = deviceCookie.lifetime ?? SIGN_IN_DEFAULTS.deviceLifetime
  const unlock = options.unlockTokenLifetime ?? SIGN_IN_DEFAULTS.unlockTokenLifetime
  return {
    limits: {
      own: { max, lockFor: lockout, forgetAfter: lockout },
      account: { quota: times('accountAttempts', 4), window: lockout },
      accountPerDay: {
        quota: times('accountAttemptsPerDay', 20),
        window: Math.max(DAY, lockout),
      },
      network: { quota: times('networkAttempts', 4), window: lockout },
    },
    delay: toDelay(options.delay ?? {}),
    tellAfter: whole('tellAfter', options.tellAfter ?? SIGN_IN_DEFAULTS.tellAfter, MOST),
    spray: toSpray(options),
    deviceCookie,
    deviceLifetime: span('deviceCookie.lifetime', lifetime, LONGEST_MAX_AGE * 1_000),
    unlockTokenLifetime: span('unlockTokenLifetime', unlock, DAY),
    normalise: options.normalise ?? sameName,
  }
}

/** Where the shared counters are away, each process counts for itself: half of everything, and never nothing. */
export function halved({ own, account, accountPerDay, network }: Limits): Limits {
  const half = (count: number): number => Math.ceil(count / 2)
  const less = (rate: Rate): Rate => ({ ...rate, quota: half(rate.quota) })
  return {
    own: { ...own, max: half(own.max) },
    account: less(account),
    accountPerDay: less(accountPerDay),
    network: less(network),
  }
}

function toSpray({
  sprayAccounts = SIGN_IN_DEFAULTS.sprayAccounts,
  sprayWindow = SIGN_IN_DEFAULTS.sprayWindow,
}: SignInGuardOptions): SignInRules['spray'] {
  return {
    accounts: whole('sprayAccounts', sprayAccounts, MOST),
    window: span('sprayWindow', sprayWindow, MONTH),
  }
}

function toDelay(delay: SignInDelay | false): SignInRules['delay'] {
  if (delay === false) return undefined
  return {
    from: whole('delay.from', delay.from ?? SIGN_IN_DEFAULTS.delayFrom, MOST),
    first: span('delay.first', delay.first ?? SIGN_IN_DEFAULTS.delayFirst, 60_000),
    most: span('delay.most', delay.most ?? SIGN_IN_DEFAULTS.delayMost, 60_000),
    waiting: whole('delay.waiting', delay.waiting ?? SIGN_IN_DEFAULTS.delayWaiting, MOST),
  }
}

/** Lower case can bring forth what composition would have composed: hence twice. */
function sameName(account: string): string {
  const text = Buffer.from(account).toString()
  return text.normalize('NFKC').trim().toLowerCase().normalize('NFKC').trim()
}

function whole(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new InvalidOption(
    `option ${name} of the sign-in guard must be a whole number from 1 to ${String(most)}.`,
  )
}

function span(name: string, value: Duration, most: number): number {
  const milliseconds = toMilliseconds(value)
  if (milliseconds !== undefined && milliseconds >= 1 && milliseconds <= most) return milliseconds
  throw new InvalidOption(
    `option ${name} of the sign-in guard must be a duration such as "15m", at most ${String(most / 1_000)} s.`,
  )
}
