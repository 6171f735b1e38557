import { duration, whole } from '../session/option-values.js'
import { InvalidOption } from '../errors.js'
import type { Duration } from '../system/duration.js'

/** Options of `createLive`. */
export interface LiveOptions {
  /**
   * The origin that people see, such as `https://app.example`: the pages of which may open sockets with its cookies. Default: the
   * `Host` header, with either scheme. Set it in production.
   */
  readonly origin?: string
  /** Other origins whose pages may. Compared exactly. Default none. */
  readonly trustedOrigins?: readonly string[]
  /**
   * Lets a WebSocket with a cookie be opened where the client says no origin. Browsers always say one; programs that send
   * cookies may not. Default `false`.
   */
  readonly mayOmitOrigin?: boolean
  /** Sessions of people who have not signed in may open connections too. Default `false`. */
  readonly mayBeGuest?: boolean
  /** What comes in over a socket keeps the session from expiring, as a request would. Default `false`. */
  readonly isActivity?: boolean
  /**
   * How often each session is looked at where nobody tells of changes: a store without a change feed, or a feed that has
   * been silent for longer than `cache.maxStaleness`. Default `'750ms'`.
   */
  readonly recheckEvery?: Duration
  /** How long connections are kept while the store does not answer, before they are closed with 1013. Default `'60s'`. */
  readonly awayLimit?: Duration
  /** Connections of one session, per process. Default 20. */
  readonly maxPerSession?: number
  /** Connections of all sessions of one person, per process. Default 100. */
  readonly maxPerSubject?: number
  /** Connections of this process. Default 20,000. */
  readonly maxConnections?: number
  /** How long a ticket can be used. Default `'30s'`, at most `'60s'`. */
  readonly ticketLifetime?: Duration
}

/** The options with every default filled in, durations in milliseconds. */
export interface LiveSettings {
  readonly origin: string | undefined
  readonly trustedOrigins: readonly string[]
  readonly mayOmitOrigin: boolean
  readonly mayBeGuest: boolean
  readonly isActivity: boolean
  readonly recheckEvery: number
  readonly awayLimit: number
  readonly maxPerSession: number
  readonly maxPerSubject: number
  readonly maxConnections: number
  readonly ticketLifetime: number
}

/** All defaults. Milliseconds. */
export const LIVE_DEFAULTS = {
  recheckEvery: 750,
  awayLimit: 60_000,
  maxPerSession: 20,
  maxPerSubject: 100,
  maxConnections: 20_000,
  ticketLifetime: 30_000,
} as const

const LONGEST_TICKET = 60_000
const SHORTEST_RECHECK = 100

export function toLiveSettings(options: LiveOptions): LiveSettings {
  const { origin, trustedOrigins = [] } = options
  for (const one of origin === undefined ? trustedOrigins : [origin, ...trustedOrigins]) {
    checkOrigin(one)
  }
  const most = (name: 'maxPerSession' | 'maxPerSubject' | 'maxConnections'): number =>
    whole(name, options[name], LIVE_DEFAULTS[name], 1)
  const time = (name: 'recheckEvery' | 'awayLimit' | 'ticketLifetime'): number =>
    duration(name, options[name], LIVE_DEFAULTS[name])
  const ticketLifetime = time('ticketLifetime')
  if (ticketLifetime < 1_000 || ticketLifetime > LONGEST_TICKET) {
    throw new InvalidOption("option ticketLifetime must be '1s' to '60s'.")
  }
  return {
    origin,
    trustedOrigins,
    mayOmitOrigin: options.mayOmitOrigin ?? false,
    mayBeGuest: options.mayBeGuest ?? false,
    isActivity: options.isActivity ?? false,
    recheckEvery: Math.max(SHORTEST_RECHECK, time('recheckEvery')),
    awayLimit: time('awayLimit'),
    maxPerSession: most('maxPerSession'),
    maxPerSubject: most('maxPerSubject'),
    maxConnections: most('maxConnections'),
    ticketLifetime,
  }
}

function checkOrigin(text: string): void {
  if (URL.canParse(text) && new URL(text).origin === text) return
  throw new InvalidOption(
    `option origin or trustedOrigins: ${text} is not an origin such as https://app.example`,
  )
}
