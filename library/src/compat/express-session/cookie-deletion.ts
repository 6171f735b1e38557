import type { SessionRequest } from './contract.js'
import { serializeClassicCookie } from './cookie-line.js'
import type { PreviousCookie } from './options.js'
import type { Settings } from './settings.js'
import { valuesOf } from './signed-cookie.js'

const LONG_AGO = new Date(0)

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
