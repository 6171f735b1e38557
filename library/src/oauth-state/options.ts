import { InvalidOption } from '../errors.js'
import { toMilliseconds, type Duration } from '../system/duration.js'

/** Options of `createOauthState`. */
export interface OauthStateOptions {
  /** Path to which the provider sends people back, such as `/auth/callback`. */
  readonly callbackPath: string
  /** How long somebody may stay with the provider. Default `'10m'`, at most an hour. */
  readonly lifetime?: Duration
  /**
   * `false` for plain http while developing: then the cookies are called `oauth-state-…`. Default `true`: `__Host-oauth-state-…`,
   * which only this very host can set, over https.
   */
  readonly secure?: boolean
}

/** What the options come to. */
export interface OauthStateSettings {
  readonly callbackPath: string
  /** Milliseconds. */
  readonly lifetime: number
  readonly isSecure: boolean
}

const LONGEST = 3_600_000
/** What stands in an address as it is: no query, no dots that lead elsewhere. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/

const KNOWN: ReadonlySet<string> = new Set<keyof OauthStateOptions>([
  'callbackPath',
  'lifetime',
  'secure',
])

export function readOauthStateOptions(options: OauthStateOptions): OauthStateSettings {
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name)) throw new InvalidOption(`unknown option ${name}.`)
  }
  const { callbackPath, lifetime = '10m', secure = true } = options
  if (typeof callbackPath !== 'string' || !PATH.test(callbackPath)) {
    throw new InvalidOption('option callbackPath must be a path such as "/auth/callback".')
  }
  if (typeof secure !== 'boolean') throw new InvalidOption('option secure must be true or false.')
  return { callbackPath, lifetime: readLifetime(lifetime), isSecure: secure }
}

function readLifetime(lifetime: Duration): number {
  const milliseconds = toMilliseconds(lifetime)
  if (milliseconds === undefined || milliseconds < 1_000 || milliseconds > LONGEST) {
    throw new InvalidOption('option lifetime must be a duration from 1 second to 1 hour.')
  }
  return milliseconds
}
