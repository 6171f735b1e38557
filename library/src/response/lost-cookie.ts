import type { CookieOptions } from '../options.js'
import type { Incoming } from '../request/incoming.js'
import { isPublicSuffix, siteOf } from '../request/site.js'

/** What is looked at. */
export type LostCookieFacts = Pick<Incoming, 'host' | 'isSecure' | 'header'>

/**
 * Why a client that was given cookies comes without them: the likeliest cause by what the request says of itself,
 * with its fix. The list is that of express-session's issue 1044.
 */
export function explainLostCookie(
  { domain, sameSite = 'lax', secure = 'auto' }: CookieOptions,
  incoming: LostCookieFacts,
): string {
  const host = hostname(incoming.host)
  const lost = domain === undefined ? undefined : explainDomain(domain, host)
  if (lost !== undefined) return lost
  if (secure === false && sameSite === 'none') {
    return 'SameSite=None needs Secure, and browsers drop the cookie without it: set cookie.secure'
  }
  return explainOrigin(incoming, host, sameSite)
}

function explainDomain(domain: string, host: string): string | undefined {
  const own = domain.toLowerCase().replace(/^\./, '')
  if (isPublicSuffix(own)) {
    return `cookie.domain ${own} is a public suffix, and browsers drop such a cookie: leave it out`
  }
  if (host === own || host.endsWith(`.${own}`)) return undefined
  return `cookie.domain ${own} does not cover ${host}, and browsers drop such a cookie: leave it out`
}

function explainOrigin(incoming: LostCookieFacts, host: string, sameSite: string): string {
  const page = pageOf(incoming)
  const credentials =
    'call with credentials: "include", and answer Access-Control-Allow-Credentials: true'
  if (page === undefined) {
    return `the client keeps no cookies, or its fetch leaves them out: ${credentials} where a page of another origin calls`
  }
  if (page.protocol === 'http:' && incoming.isSecure && siteOf(page.hostname) === siteOf(host)) {
    return `the page is plain http (${page.origin}) and this is https, which makes them two sites: serve the page over https`
  }
  if (siteOf(page.hostname) !== siteOf(host) && sameSite !== 'none') {
    return `the page is of another site (${page.origin}), and SameSite is ${sameSite}: serve both under one site, or set cookie.sameSite to none`
  }
  return `the page is of another origin (${page.origin}): ${credentials}`
}

/** The page that caused the request, where the browser names it and it is another origin. */
function pageOf(incoming: LostCookieFacts): URL | undefined {
  const origin = incoming.header('origin') ?? ''
  if (!/^https?:\/\/[\w.:[\]-]{1,255}$/.test(origin) || !URL.canParse(origin)) return undefined
  const page = new URL(origin)
  const isOwn = incoming.header('sec-fetch-site') === 'same-origin'
  return isOwn && page.host === incoming.host?.toLowerCase() ? undefined : page
}

function hostname(host: string | undefined): string {
  const text = `http://${host ?? 'localhost'}`
  return URL.canParse(text) ? new URL(text).hostname : 'localhost'
}
