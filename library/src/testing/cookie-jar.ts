import { systemClock } from '../system/clock.js'

/** The cookies of one client at one application. */
export interface CookieJar {
  /** What to send as `Cookie` header with a request for `path`; empty where there is nothing to send. Default path `/`. */
  header(path?: string): string
  /** The value of a cookie, whatever its path. */
  get(name: string): string | undefined
  /** Takes in the `Set-Cookie` lines of an answer: new cookies, new values, and deletions. */
  keep(lines: readonly string[]): void
}

interface Kept {
  readonly name: string
  readonly value: string
  readonly path: string
}

/**
 * An empty jar. It minds paths and deletions (RFC 6265 section 5); `Secure`, `Domain` and `SameSite` it leaves to browsers,
 * since tests talk to one application, mostly over plain http.
 */
export function createCookieJar(): CookieJar {
  const cookies = new Map<string, Kept>()
  return {
    header(path = '/') {
      const fitting = [...cookies.values()].filter((cookie) => isUnder(path, cookie.path))
      // RFC 6265 section 5.4: longer paths first.
      fitting.sort((left, right) => right.path.length - left.path.length)
      return fitting.map(({ name, value }) => `${name}=${value}`).join('; ')
    },
    get: (name) => [...cookies.values()].find((cookie) => cookie.name === name)?.value,
    keep(lines) {
      for (const line of lines) {
        const { isOver, ...cookie } = parse(line)
        const key = `${cookie.name};${cookie.path}`
        if (isOver) cookies.delete(key)
        else cookies.set(key, cookie)
      }
    },
  }
}

function parse(line: string): Kept & { readonly isOver: boolean } {
  const [pair = '', ...rest] = line.split(';')
  const [name, value] = split(pair)
  const attributes = new Map(rest.map((one) => split(one)).map(([key, it]) => [lower(key), it]))
  const path = attributes.get('path') ?? ''
  return { name, value, path: path.startsWith('/') ? path : '/', isOver: isOver(attributes) }
}

function split(text: string): [name: string, value: string] {
  const at = text.indexOf('=')
  return at === -1 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

function lower(text: string): string {
  return text.toLowerCase()
}

/** `Max-Age` goes before `Expires` (RFC 6265 section 5.3). */
function isOver(attributes: ReadonlyMap<string, string>): boolean {
  const maxAge = attributes.get('max-age')
  if (maxAge !== undefined) return Number(maxAge) <= 0
  const expires = attributes.get('expires')
  return expires !== undefined && Date.parse(expires) <= systemClock.now()
}

function isUnder(path: string, cookiePath: string): boolean {
  if (path === cookiePath || cookiePath === '/') return true
  return path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}
