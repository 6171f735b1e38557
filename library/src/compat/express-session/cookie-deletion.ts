import type { SessionRequest } from './contract.js'
import type { Cookie, CookieData } from './cookie.js'
import { serializeClassicCookie } from './cookie-line.js'
import type { PreviousCookie } from './options.js'
import type { Settings } from './settings.js'
import { valuesOf } from './signed-cookie.js'

const LONG_AGO = new Date(0)

/**
 * Whether two cookies of the present name came, one of an earlier configuration. Nobody can tell which was set where: so the
 * good one has to be sent again, before those at the places of before are deleted.
 */
export function hasRival({ previousCookies, name }: Settings, request: SessionRequest): boolean {
  return previousCookies.length > 0 && valuesOf(request.headers.cookie, name).length > 1
}

/** How a cookie is set: where places were given up, the one that rests with the session may be one of them. */
export function attributesOf(
  { data }: Cookie,
  { previousCookies, cookieFor }: Settings,
  request: SessionRequest,
): CookieData {
  if (previousCookies.length === 0) return data
  const { domain, path = '/' } = cookieFor(request)
  return { ...data, domain, path }
}

/**
 * The lines that delete what a request brought and nobody needs any more: every cookie we ever set where its session is
 * over, those of earlier configurations as soon as the session goes on under the present one.
 */
export function deletionsFor(
  settings: Settings,
  request: SessionRequest,
  what: { readonly presentedName: string | undefined; readonly isOver: boolean },
): readonly string[] {
  const { previousCookies, name: presentName } = settings
  if (!what.isOver && previousCookies.length === 0) return []
  const present = settings.cookieFor(request)
  const deletion = (name: string, place: PreviousCookie): string =>
    serializeClassicCookie(name, '', { path: '/', ...present, ...place, ...DELETED })
  const countOf = (name: string): number => valuesOf(request.headers.cookie, name).length
  // One cookie of the present name may be the good one. Of two, one is from before.
  const isSpent = (name: string): boolean =>
    countOf(name) > (name === presentName && !what.isOver ? 1 : 0)
  const spent = what.presentedName === undefined ? [] : previousCookies
  const lines = spent
    .map((previous) => ({ ...previous, name: previous.name ?? presentName }))
    .filter(({ name }) => isSpent(name))
    .map(({ name, ...place }) => deletion(name, place))
  return what.isOver && countOf(presentName) > 0 ? [...lines, deletion(presentName, {})] : lines
}

const DELETED = { expires: LONG_AGO, httpOnly: true } as const
