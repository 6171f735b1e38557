import { InvalidOption } from '../errors.js'
import type { CookieOptions } from '../options.js'
import type { Incoming } from '../request/incoming.js'
import { createHmac } from '../system/digest.js'
import {
  serializeCookie,
  serializeDeletion,
  validateCookie,
  type CookieAttributes,
} from './cookie.js'
import { explainLostCookie, type LostCookieFacts } from './lost-cookie.js'
import type { Outgoing } from './outgoing.js'
import {
  createTokenCookies,
  type CookieNames,
  type Dress,
  type TokenCookies,
} from './token-cookies.js'

/** What is to be said about cookies; see session/commit.ts. */
export interface CookieOrders {
  readonly send:
    | { readonly token: string; readonly isGuest: boolean; readonly maxAge: number | undefined }
    | undefined
  readonly clear: 'nothing' | 'guest' | 'everything'
  /** Somebody signed in: tokens of a session before, that this client still holds in cookies, have to go. */
  readonly isSignIn: boolean
}

/** The cookies of one application: their names, when they may be set, and how they are written. */
export interface SessionCookies {
  namesFor(incoming: Pick<Incoming, 'isSecure'>): CookieNames
  /** Whether `name` is what a cookie is called now on this connection. */
  isCurrent(name: string, incoming: Pick<Incoming, 'isSecure'>): boolean
  /** Why no session cookie can be set on this connection: cause and fix. `undefined` where it can. */
  obstacle(incoming: Pick<Incoming, 'isSecure' | 'host' | 'forwardedNotice'>): string | undefined
  /** Why a client that was given cookies may come without them: the likeliest cause, and its fix. */
  explainLoss(incoming: LostCookieFacts): string
  /** Whether answers say what is wrong with cookies. */
  readonly isTold: boolean
  render(orders: CookieOrders, incoming: Pick<Incoming, 'isSecure' | 'cookieHeader'>): Outgoing
  /** The cookies that hold tokens; `undefined` where the application issues none. */
  readonly tokens: TokenCookies | undefined
}

/** What an answer carries whose session was read (ASVS 14.2.2): nobody keeps it for somebody else. */
export const PERSONAL: Outgoing = Object.freeze({
  cookies: [],
  headers: [
    ['Cache-Control', 'no-store'],
    ['Vary', 'Cookie'],
  ] as const,
})

/** The same, where an `Authorization` header can say who this is. */
export const PERSONAL_BY_TOKEN: Outgoing = Object.freeze({
  cookies: [],
  headers: [
    ['Cache-Control', 'no-store'],
    ['Vary', 'Cookie, Authorization'],
  ] as const,
})

const CLEAR_SITE_DATA = ['Clear-Site-Data', '"cookies", "storage"'] as const
const GUEST = '-guest'
const LOCAL_HOST = /^(?:localhost|[^:@/]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/**
 * Builds the cookie rules from the options. Throws {@link InvalidOption} for combinations that browsers refuse.
 *
 * @param secrets - newest first; the default name carries a tag of the first, so that two applications
 *   on one host (localhost, say) do not sign each other out. Names of the others are still read.
 * @param refreshPath - the path of the cookie for refresh tokens; `undefined`: tokens never travel in cookies.
 */
export function createSessionCookies(
  options: CookieOptions,
  secrets: readonly string[],
  refreshPath?: string,
): SessionCookies {
  const mode = options.secure ?? 'auto'
  const isProduction = process.env['NODE_ENV'] === 'production'
  if (mode === false && isProduction) {
    throw new InvalidOption('option cookie.secure=false is refused when NODE_ENV is production.')
  }
  const secure = dress(options, secrets, true)
  // Partitioned and SameSite=None need Secure: localhost does without them.
  const isLax = mode !== false && options.sameSite === 'none'
  const plainOptions = {
    ...options,
    ...(isLax ? { sameSite: 'lax' as const } : {}),
    partitioned: false,
  }
  const plain = dress(plainOptions, secrets, false)
  const dressFor = (incoming: Pick<Incoming, 'isSecure'>): Dress =>
    mode === true || (mode === 'auto' && incoming.isSecure) ? secure : plain
  const tokens =
    refreshPath === undefined
      ? undefined
      : createTokenCookies((incoming) => dressFor(incoming), refreshPath)
  return {
    tokens,
    isTold: options.diagnostics ?? process.env['NODE_ENV'] === 'development',
    explainLoss: (incoming) => explainLostCookie(options, incoming),
    namesFor: (incoming) => dressFor(incoming).names,
    isCurrent(name, incoming) {
      const { names } = dressFor(incoming)
      return name === names.session[0] || name === names.guest[0]
    },
    obstacle(incoming) {
      if (incoming.isSecure || mode === false) return undefined
      if (mode === 'auto' && LOCAL_HOST.test(incoming.host ?? '')) return undefined
      return explain(incoming)
    },
    render(orders, incoming) {
      const mayClearSite = incoming.isSecure && options.clearSiteData !== false
      const outgoing = render(orders, dressFor(incoming), mayClearSite)
      const isOver =
        tokens !== undefined &&
        (orders.clear === 'everything' || (orders.isSignIn && tokens.arePresent(incoming)))
      return isOver
        ? { ...outgoing, cookies: [...outgoing.cookies, ...tokens.deletions(incoming)] }
        : outgoing
    },
  }
}

function dress(options: CookieOptions, secrets: readonly string[], isSecure: boolean): Dress {
  const attributes: CookieAttributes = {
    path: options.path ?? '/',
    sameSite: options.sameSite ?? 'lax',
    httpOnly: true,
    secure: isSecure,
    ...(options.domain === undefined ? {} : { domain: options.domain }),
    ...(options.partitioned === true ? { partitioned: true } : {}),
  }
  const given = options.name === undefined ? [] : [options.name]
  const byDefault = secrets.map((secret) => `${prefixFor(attributes)}sid-${tag(secret)}`)
  const names = [...(given.length > 0 ? given : byDefault), ...(options.previousNames ?? [])]
  const session = isSecure ? names : names.map((name) => name.replace(/^__(?:Host|Secure)-/, ''))
  const guest = session.map((name) => name + GUEST)
  const [first = ''] = session
  validateCookie(first, attributes)
  return { names: { session, guest, all: [...session, ...guest] }, attributes }
}

function prefixFor({ secure, domain, path }: CookieAttributes): string {
  if (secure !== true) return ''
  return domain === undefined && path === '/' ? '__Host-' : '__Secure-'
}

function tag(secret: string): string {
  return createHmac(secret).sign('sojourn cookie name').subarray(0, 3).toString('base64url')
}

function render(orders: CookieOrders, dress: Dress, mayClearSite: boolean): Outgoing {
  const cookies = setCookieLines(orders, dress)
  if (orders.clear === 'everything' && mayClearSite) {
    return { cookies, headers: [...PERSONAL.headers, CLEAR_SITE_DATA] }
  }
  return cookies.length === 0 ? PERSONAL : { cookies, headers: PERSONAL.headers }
}

function setCookieLines({ send, clear }: CookieOrders, { names, attributes }: Dress): string[] {
  const doomed = { everything: names.all, guest: names.guest, nothing: [] }[clear]
  if (send === undefined) return doomed.map((name) => serializeDeletion(name, attributes))
  const [sentName = ''] = send.isGuest ? names.guest : names.session
  const maxAge = send.maxAge === undefined ? {} : { maxAge: send.maxAge }
  return [
    ...doomed
      .filter((name) => name !== sentName)
      .map((name) => serializeDeletion(name, attributes)),
    serializeCookie(sentName, send.token, { ...attributes, ...maxAge }),
  ]
}

function explain({ host, forwardedNotice }: Pick<Incoming, 'host' | 'forwardedNotice'>): string {
  const place = (host ?? 'this host').slice(0, 255).replace(/[^\x20-\x7e]/g, '?')
  const cause = forwardedNotice ?? `the connection to ${place} is plain http`
  const fix =
    forwardedNotice === undefined
      ? 'serve it over https, or set trustProxy when a proxy in front does'
      : 'set trustProxy to the number or the addresses of your proxies'
  return `No session cookie can be set: ${cause}; ${fix}.`
}
