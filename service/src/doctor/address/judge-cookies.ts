import { isPublicSuffix, siteOf } from 'sojourn'
import { answer, type Finding } from '../finding.js'
import type { Reply } from './probe.js'
import { looksLikeSession, readSetCookie, type SeenCookie } from './set-cookie.js'

/** Where a cookie was seen, and where it has to work. */
export interface CookieCase {
  readonly url: URL
  /** The origin of the pages that call this address, where that is another one. */
  readonly origin: string | undefined
}

type Problem = readonly [seen: string, fix: string]
type Rule = (cookie: SeenCookie, given: CookieCase) => Problem | undefined

/** Each way in which a cookie is lost or leaks, by the id of its check. All cookies are looked at for each. */
const RULES: readonly (readonly [id: string, asvs: string, title: string, rule: Rule])[] = [
  ['secure', '3.3.1', 'Cookies are sent over https alone', secure],
  ['httponly', '3.3.4', 'Scripts cannot read session cookies', httpOnly],
  ['samesite', '3.3.2', 'Cookies say when other sites cause them to be sent', sameSite],
  ['samesite-none', '3.3.2', 'SameSite=None comes with Secure', sameSiteNone],
  ['prefix', '3.3.1', 'Prefixed cookies keep the rules of their prefix', prefix],
  ['domain', '3.3.3', 'The Domain of cookies covers this host', domain],
  ['suffix', '3.3.3', 'The Domain of cookies belongs to you alone', suffix],
  ['path', '3.3.3', 'Cookies come back for every path', path],
  ['size', '3.3.5', 'Cookies are small enough for browsers', size],
  ['cross-site', '3.3.2', 'Cookies reach this address from pages of another site', crossSite],
]

/** Judges every cookie that was seen, rule by rule; each rule has one finding. */
export function judgeCookies(replies: readonly Reply[], given: CookieCase): readonly Finding[] {
  const all = replies.flatMap(({ cookies }) => cookies).map(readSetCookie)
  const cookies = all.filter(({ isDeletion }) => !isDeletion)
  return [judgePresence(cookies, given), ...RULES.map((rule) => judgeRule(rule, cookies, given))]
}

function judgeRule(
  [id, asvs, title, rule]: (typeof RULES)[number],
  cookies: readonly SeenCookie[],
  given: CookieCase,
): Finding {
  const say = answer({
    id: `address.cookie.${id}`,
    group: 'address',
    asvs: [asvs],
    box: 'cookies',
    title,
  })
  if (cookies.length === 0) return say.skipped('no cookie was set on the pages that were asked for')
  const names = [...new Set(cookies.map(({ name }) => name))].join(', ')
  for (const cookie of cookies) {
    const problem = rule(cookie, given)
    if (problem !== undefined) return say.fail(`Cookie ${cookie.name}: ${problem[0]}.`, problem[1])
  }
  return say.pass(names)
}

function judgePresence(cookies: readonly SeenCookie[], { url }: CookieCase): Finding {
  const say = answer({
    id: 'address.cookie.present',
    group: 'address',
    asvs: [],
    box: 'cookies',
    title: 'A session cookie is set',
  })
  if (cookies.some(looksLikeSession)) return say.pass(`${String(cookies.length)} cookies`)
  if (url.protocol === 'http:') {
    return say.warn(
      'no session cookie was set over plain http: with Secure it never is.',
      'Ask the https address.',
    )
  }
  return say.warn(
    'no session cookie was set. Where one should be, the application may think that the connection is plain http.',
    'Name a page that starts a session with --page; behind a proxy set trust proxy, and let the proxy send X-Forwarded-Proto.',
  )
}

function secure({ isSecure }: SeenCookie, { url }: CookieCase): Problem | undefined {
  if (isSecure || (url.protocol === 'http:' && isLocal(url))) return undefined
  return url.protocol === 'https:'
    ? [
        'not Secure although this is https: the application does not see https',
        'Set Secure; behind a proxy set trust proxy and let it send X-Forwarded-Proto.',
      ]
    : ['set over plain http', 'Serve the application over https.']
}

function httpOnly(cookie: SeenCookie): Problem | undefined {
  if (cookie.isHttpOnly || !looksLikeSession(cookie)) return undefined
  return ['not HttpOnly', 'Set HttpOnly, so that a script that gets in cannot take it away.']
}

function sameSite(cookie: SeenCookie): Problem | undefined {
  if (!looksLikeSession(cookie) || /^(?:lax|strict|none)$/.test(cookie.sameSite ?? '')) {
    return undefined
  }
  return ['no SameSite: browsers differ in what they make of that', 'Set SameSite=Lax.']
}

function sameSiteNone({ isSecure, sameSite: word }: SeenCookie): Problem | undefined {
  if (word !== 'none' || isSecure) return undefined
  return ['SameSite=None without Secure: browsers drop it', 'Set Secure, over https.']
}

function prefix({ name, isSecure, path: at, domain: of }: SeenCookie): Problem | undefined {
  const kind = /^__(host|secure)-/i.exec(name)?.[1]?.toLowerCase()
  if (kind === undefined) return undefined
  const isKept = isSecure && (kind === 'secure' || (at === '/' && of === undefined))
  if (isKept) return undefined
  return kind === 'host'
    ? ['__Host- without Secure, Path=/ and no Domain: browsers drop it', 'Keep all three rules.']
    : ['__Secure- without Secure: browsers drop it', 'Set Secure, over https.']
}

function domain({ domain: of }: SeenCookie, { url }: CookieCase): Problem | undefined {
  const host = url.hostname
  if (of === undefined || host === of || host.endsWith(`.${of}`)) return undefined
  return [`Domain=${of} does not cover ${host}: browsers drop it`, 'Leave Domain out.']
}

function suffix({ domain: of }: SeenCookie): Problem | undefined {
  if (of === undefined || !isPublicSuffix(of)) return undefined
  return [`Domain=${of} is a public suffix: browsers drop it`, 'Leave Domain out.']
}

function path(cookie: SeenCookie): Problem | undefined {
  const at = cookie.path ?? '/'
  if (at === '/' || !looksLikeSession(cookie) || /refresh/i.test(at + cookie.name)) return undefined
  return [`Path=${at.slice(0, 60)}: other paths never see it`, 'Set Path=/.']
}

function size({ name, valueBytes }: SeenCookie): Problem | undefined {
  const bytes = name.length + valueBytes
  if (bytes <= 4_096) return undefined
  return [`${String(bytes)} bytes: browsers drop what is over 4096`, 'Keep the data on the server.']
}

function crossSite(cookie: SeenCookie, { url, origin }: CookieCase): Problem | undefined {
  if (origin === undefined || !looksLikeSession(cookie)) return undefined
  const from = siteOf(new URL(origin).hostname)
  if (from === siteOf(url.hostname) || cookie.sameSite === 'none') return undefined
  return [
    `SameSite=${cookie.sameSite ?? 'Lax by default'}, and pages of ${from} are another site: their requests never carry it`,
    'Serve both under one site, or set SameSite=None and Secure (with CSRF protection).',
  ]
}

export function isLocal({ hostname }: URL): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|.*\.localhost)$/.test(hostname)
}
