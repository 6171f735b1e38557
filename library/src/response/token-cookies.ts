import type { Incoming } from '../request/incoming.js'
import { readCookies } from '../request/cookies.js'
import { serializeCookie, serializeDeletion, type CookieAttributes } from './cookie.js'
import type { Outgoing } from './outgoing.js'

/** Names under which session tokens are looked for, current first. */
export interface CookieNames {
  readonly session: readonly string[]
  readonly guest: readonly string[]
  readonly all: readonly string[]
}

/** One way to write the cookies: with Secure, or for plain http on localhost without. */
export interface Dress {
  readonly names: CookieNames
  readonly attributes: CookieAttributes
}

/** Tokens for a cookie each. */
export interface TokensToSend {
  readonly accessToken: string
  readonly refreshToken: string
  /** Seconds for which the access token is good. */
  readonly expiresIn: number
}

/**
 * Access and refresh tokens in cookies, for pages whose back end wants a token (a gateway, say) and must not
 * show it to scripts. The refresh cookie goes to one path alone, with SameSite=Strict.
 */
export interface TokenCookies {
  /** The access token in the cookie, if there is exactly one. */
  readAccess(incoming: Pick<Incoming, 'isSecure' | 'cookieHeader'>): string | undefined
  readRefresh(incoming: Pick<Incoming, 'isSecure' | 'cookieHeader'>): string | undefined
  /** Whether the request carries any of the two; the refresh cookie comes to its own path alone. */
  arePresent(incoming: Pick<Incoming, 'isSecure' | 'cookieHeader'>): boolean
  render(tokens: TokensToSend, incoming: Pick<Incoming, 'isSecure'>): Outgoing
  /** Lines that delete both. */
  deletions(incoming: Pick<Incoming, 'isSecure'>): readonly string[]
}

const ACCESS = '-access'
const REFRESH = '-refresh'

/** @param dressFor - how the session's cookies are written on a connection; these follow them. */
export function createTokenCookies(
  dressFor: (incoming: Pick<Incoming, 'isSecure'>) => Dress,
  refreshPath: string,
): TokenCookies {
  const read = (
    incoming: Pick<Incoming, 'isSecure' | 'cookieHeader'>,
    toName: (dress: Dress) => string,
  ): string | undefined => {
    const name = toName(dressFor(incoming))
    const values = readCookies(incoming.cookieHeader, [name]).values(name)
    return values.length === 1 ? values[0] : undefined
  }
  return {
    readAccess: (incoming) => read(incoming, accessName),
    readRefresh: (incoming) => read(incoming, refreshName),
    arePresent: (incoming) => incoming.cookieHeader?.includes(ACCESS) === true,
    render({ accessToken, refreshToken, expiresIn }, incoming) {
      const dress = dressFor(incoming)
      const access = serializeCookie(accessName(dress), accessToken, {
        ...dress.attributes,
        maxAge: expiresIn,
      })
      const attributes = refreshAttributes(dress, refreshPath)
      const refresh = serializeCookie(refreshName(dress), refreshToken, attributes)
      return { cookies: [access, refresh], headers: [['Cache-Control', 'no-store']] }
    },
    deletions(incoming) {
      const dress = dressFor(incoming)
      return [
        serializeDeletion(accessName(dress), dress.attributes),
        serializeDeletion(refreshName(dress), refreshAttributes(dress, refreshPath)),
      ]
    },
  }
}

function accessName({ names }: Dress): string {
  return `${names.session[0] ?? ''}${ACCESS}`
}

/** A `__Host-` name allows no path but `/`; `__Secure-` does. */
function refreshName({ names }: Dress): string {
  return `${names.session[0] ?? ''}${REFRESH}`.replace(/^__Host-/, '__Secure-')
}

function refreshAttributes({ attributes }: Dress, path: string): CookieAttributes {
  return { ...attributes, path, sameSite: 'strict' }
}
