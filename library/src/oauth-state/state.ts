import type { Counters } from '../store/counters.js'
import { InvalidInput } from '../errors.js'
import { readCookies } from '../request/cookies.js'
import { serializeCookie, serializeDeletion } from '../response/cookie.js'
import type { Clock } from '../system/clock.js'
import { sha256 } from '../system/digest.js'
import { randomToken } from '../system/random.js'
import {
  readOauthStateOptions,
  type OauthStateOptions,
  type OauthStateSettings,
} from './options.js'
import { createSealed, type Sealed } from './sealed.js'

/** What somebody leaves with. The provider is sent `state`, `nonce` and `codeChallenge` (`S256`). */
export interface Departure {
  readonly state: string
  /** For OpenID Connect: the ID token must carry it. */
  readonly nonce: string
  /** RFC 7636: `code_challenge`, with `code_challenge_method=S256`. */
  readonly codeChallenge: string
  /** `Set-Cookie` lines for the answer that leads away. They hold what comes back, sealed. */
  readonly setCookies: readonly string[]
}

/** What coming back can turn out to be. */
export type Return =
  | {
      /** The same browser that left, within the time, for the first time. */
      readonly outcome: 'returned'
      /** What the provider said: `code`, `error`, `id_token` and so on. */
      readonly params: Readonly<Record<string, string>>
      readonly nonce: string
      /** RFC 7636: `code_verifier`, for the exchange of the code. */
      readonly codeVerifier: string
      /** Where the person wanted to go: a path of this host. */
      readonly returnTo: string
      /** As it was given to `leave`. */
      readonly data: Readonly<Record<string, string>>
      /** `Set-Cookie` lines: the cookie has done its work. */
      readonly setCookies: readonly string[]
    }
  | {
      /**
       * A form that another site sent (`response_mode=form_post`): browsers leave out cookies with `SameSite=Lax` there. Answer with
       * 303 to `location`: the browser asks for that by itself, and brings the cookie. What was in the form is in it, sealed.
       */
      readonly outcome: 'again'
      readonly location: string
    }
  | {
      /** Nothing that may go on. Answer with 400, and offer to begin anew. */
      readonly outcome: 'refused'
      /**
       * `state_missing`: no `state`, or more than one; `state_unknown`: this browser did not leave with it (another's answer was slipped in, or its
       * cookies are off); `state_expired`: it took too long; `state_used`: it was used before; `too_large`: more than any provider says.
       */
      readonly check:
        'state_missing' | 'state_unknown' | 'state_expired' | 'state_used' | 'too_large'
    }

/** What `createOauthState` makes. */
export interface OauthState {
  /**
   * Before leading away. `cookie`: the request's `Cookie` header. `returnTo`: where the person wants to go afterwards; what is no
   * path of this host, or has more than 500 bytes, becomes `/`. `data`: up to 300 bytes (as JSON) to be told again, such as which provider it is. Throws
   * `InvalidInput` where that is more.
   */
  leave(facts?: {
    readonly cookie?: string | undefined
    readonly returnTo?: unknown
    readonly data?: Readonly<Record<string, string>>
  }): Departure
  /**
   * At the callback, for GET and POST. `params`: the query, or the fields of the form. Costs one round trip to the store, which
   * remembers that a state was used. Throws `StoreUnavailable`.
   */
  comeBack(request: {
    readonly method: string
    readonly cookie?: string | undefined
    readonly params: Readonly<Record<string, unknown>>
  }): Promise<Return>
}

/** Of `createSojourn`: its secrets, its store, its clock. */
interface OauthStateParts {
  readonly counters: Counters
  readonly clock: Clock
  deriveKeys(purpose: string): readonly Uint8Array[]
}

const STATE = /^[\w-]{22}$/
const STATE_BYTES = 16
/** RFC 7636 section 4.1: 43 characters. */
const VERIFIER_BYTES = 32
/** One slash, then nothing that a browser would read as another host. */
// eslint-disable-next-line no-control-regex -- browsers drop tabs and line ends inside addresses
const LOCAL = /^\/(?![/\\])[^\\\u0000-\u001f\u007f]*$/
/** Bytes. All cookies of departures together stay well under the 8 KB of headers that servers take. */
const MOST_RETURN = 500
const MOST_DATA = 300
/** An ID token is 1 to 3 KB; the address that carries it sealed must stay under the 8 KB that servers take. */
const MOST_PARAMS = 5_000
/** The browser asks again at once. */
const AGAIN_FOR = 60_000
/** Who clicks "sign in" in many tabs leaves a cookie each time: the oldest ones go. */
const MOST_COOKIES = 4
const AGAIN = 'again'

/**
 * Away to a provider and back. `sojourn` is what `createSojourn` made.
 *
 * Throws `InvalidOption` for options that are wrong. RFC 6749 section 10.12 (`state`), RFC 7636 (PKCE), OAuth 2.0 Form Post Response
 * Mode; RFC 9700 section 4.7.
 */
export function createOauthState(sojourn: OauthStateParts, options: OauthStateOptions): OauthState {
  const settings = readOauthStateOptions(options)
  const { counters, clock } = sojourn
  const sealed = createSealed(sojourn.deriveKeys('oauth state'))
  return {
    leave: (facts = {}) => leave({ settings, sealed, now: clock.now() }, facts),
    async comeBack({ method, cookie, params }) {
      const desk = { settings, sealed, now: clock.now() }
      const said = readParams(desk, method, params)
      if (said === undefined) return { outcome: 'refused', check: 'too_large' }
      const { state } = said
      if (state === undefined || !STATE.test(state)) {
        return { outcome: 'refused', check: 'state_missing' }
      }
      const held = readHeld(desk, state, cookie)
      if (held === undefined) {
        if (method === 'POST') return { outcome: 'again', location: sendAgain(desk, said) }
        return { outcome: 'refused', check: 'state_unknown' }
      }
      if (held.until <= desk.now) return { outcome: 'refused', check: 'state_expired' }
      const lockFor = settings.lifetime
      const rule = { max: 1, lockFor, forgetAfter: lockFor }
      const { isAllowed } = await counters.attempt(`oauth:${sha256(state).slice(0, 32)}`, rule)
      if (!isAllowed) return { outcome: 'refused', check: 'state_used' }
      return returned(desk, said, held)
    },
  }
}

/** What a step is done with. */
interface Desk {
  readonly settings: OauthStateSettings
  readonly sealed: Sealed
  readonly now: number
}

/** What the cookie keeps. */
interface Held {
  readonly until: number
  readonly nonce: string
  readonly verifier: string
  readonly returnTo: string
  readonly data: Readonly<Record<string, string>>
}

function leave(desk: Desk, facts: NonNullable<Parameters<OauthState['leave']>[0]>): Departure {
  const { settings, sealed, now } = desk
  const { data = {} } = facts
  if (Buffer.byteLength(JSON.stringify(data)) > MOST_DATA) {
    throw new InvalidInput('data', `data must be at most ${MOST_DATA} bytes as JSON.`)
  }
  const state = randomToken(STATE_BYTES)
  const held: Held = {
    until: now + settings.lifetime,
    nonce: randomToken(STATE_BYTES),
    verifier: randomToken(VERIFIER_BYTES),
    returnTo: localPath(facts.returnTo),
    data,
  }
  const attributes = attributesOf(settings, Math.ceil(settings.lifetime / 1_000))
  const line = serializeCookie(cookieName(settings, state), sealed.seal(state, held), attributes)
  return {
    state,
    nonce: held.nonce,
    codeChallenge: sha256(held.verifier),
    setCookies: [line, ...forgetOldest(settings, facts.cookie)],
  }
}

function localPath(path: unknown): string {
  if (typeof path !== 'string' || Buffer.byteLength(path) > MOST_RETURN) return '/'
  return LOCAL.test(path) ? path : '/'
}

/** `Lax`, whatever the session's cookie says: it has to come along when the provider leads back. */
function attributesOf({ isSecure }: OauthStateSettings, maxAge: number) {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure, maxAge } as const
}

function prefixOf({ isSecure }: OauthStateSettings): string {
  return isSecure ? '__Host-oauth-state-' : 'oauth-state-'
}

/** By the state's digest: each departure has its cookie, so several tabs do not disturb each other. */
function cookieName(settings: OauthStateSettings, state: string): string {
  return prefixOf(settings) + sha256(state).slice(0, 8)
}

function forgetOldest(settings: OauthStateSettings, header = ''): string[] {
  const prefix = prefixOf(settings)
  const names = header
    .split(';')
    .map((pair) => pair.trim().split('=', 1)[0] ?? '')
    .filter((name) => name.startsWith(prefix) && /^[\w-]{8}$/.test(name.slice(prefix.length)))
  // Browsers send the older ones first (RFC 6265 section 5.4).
  return names
    .slice(0, Math.max(0, names.length - (MOST_COOKIES - 1)))
    .map((name) => serializeDeletion(name, attributesOf(settings, 0)))
}

type Params = Readonly<Record<string, string>>

/** What the provider said, as it came or as it was sent again; `undefined` where it is too much. */
function readParams(
  { sealed, now }: Desk,
  method: string,
  params: Readonly<Record<string, unknown>>,
): Params | undefined {
  const again = params[AGAIN]
  if (method === 'GET' && typeof again === 'string') {
    const { said, until } = sealed.open(AGAIN, again) ?? {}
    return typeof until === 'number' && now < until ? (said as Params) : {}
  }
  // A field that came twice is none: which of them was meant, nobody knows.
  const said = Object.entries(params).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  const size = said.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return size > MOST_PARAMS ? undefined : Object.fromEntries(said)
}

function sendAgain({ settings, sealed, now }: Desk, said: Params): string {
  const text = sealed.seal(AGAIN, { said, until: now + AGAIN_FOR })
  return `${settings.callbackPath}?${AGAIN}=${text}`
}

function readHeld(desk: Desk, state: string, header: string | undefined): Held | undefined {
  const name = cookieName(desk.settings, state)
  for (const value of readCookies(header, [name]).values(name)) {
    // Sealed for this state: a cookie that was planted, or belongs to another departure, does not open.
    const held = desk.sealed.open(state, value)
    if (held !== undefined) return held as unknown as Held
  }
  return undefined
}

function returned({ settings }: Desk, { state = '', ...params }: Params, held: Held): Return {
  const { nonce, verifier, returnTo, data } = held
  const name = cookieName(settings, state)
  return {
    outcome: 'returned',
    params,
    nonce,
    codeVerifier: verifier,
    returnTo,
    data,
    setCookies: [serializeDeletion(name, attributesOf(settings, 0))],
  }
}
