/** What a `Cookie` header says about the names that were asked for. */
export interface CookieReading {
  /** Why the header was not read, or `undefined` where it was. */
  readonly problem: 'header_too_large' | 'cookie_too_many' | undefined
  /** The different values sent under `name`, in the order of the header; empty where there is none. */
  values(name: string): readonly string[]
}

/** Longest `Cookie` header that is read, in bytes. Browsers send at most about this much. */
export const MOST_COOKIE_BYTES = 8_192
/** Most cookies that are read. Browsers keep 50 (RFC 6265 section 6.1) to 180 a site. */
export const MOST_COOKIES = 100

const NO_VALUES: readonly string[] = []
const NO_COOKIES: CookieReading = { problem: undefined, values: () => NO_VALUES }
const TOO_LARGE: CookieReading = { problem: 'header_too_large', values: () => NO_VALUES }
const TOO_MANY: CookieReading = { problem: 'cookie_too_many', values: () => NO_VALUES }

const EQUALS = 0x3d
const SPACE = 0x20
const TAB = 0x09

/**
 * Reads the cookies called `names`, and no others, out of a raw `Cookie` header. Names are compared
 * exactly; only SP and HTAB around name and value are cut off, so a name behind U+00A0 is another name.
 * Values are taken as sent: no percent-decoding, no quoted strings (RFC 6265 section 4.2.2), because
 * both let a planted cookie pass for ours.
 */
export function readCookies(header: string | undefined, names: readonly string[]): CookieReading {
  if (header === undefined || header === '') return NO_COOKIES
  if (header.length > MOST_COOKIE_BYTES) return TOO_LARGE
  const found: FoundCookie[] = []
  let count = 0
  for (let start = 0; start < header.length;) {
    const semicolon = header.indexOf(';', start)
    const end = semicolon === -1 ? header.length : semicolon
    const first = skipBlanks(header, start, end)
    if (first < end) {
      count += 1
      const cookie = readPair(header, first, end, names)
      if (cookie !== undefined) found.push(cookie)
    }
    start = end + 1
  }
  if (count > MOST_COOKIES) return TOO_MANY
  return found.length === 0 ? NO_COOKIES : new FoundCookies(found)
}

interface FoundCookie {
  readonly name: string
  readonly value: string
}

class FoundCookies implements CookieReading {
  readonly problem: undefined
  readonly #found: readonly FoundCookie[]

  constructor(found: readonly FoundCookie[]) {
    this.#found = found
  }

  values(name: string): readonly string[] {
    const [only] = this.#found
    if (this.#found.length === 1) return only?.name === name ? [only.value] : NO_VALUES
    const values = this.#found.filter((cookie) => cookie.name === name).map(({ value }) => value)
    return [...new Set(values)]
  }
}

/** The cookie between `start` and `end`, where it is called one of `names`. */
function readPair(
  header: string,
  start: number,
  end: number,
  names: readonly string[],
): FoundCookie | undefined {
  for (const name of names) {
    if (!header.startsWith(name, start)) continue
    const equals = skipBlanks(header, start + name.length, end)
    if (equals >= end || header.charCodeAt(equals) !== EQUALS) continue
    return { name, value: cutValue(header, equals + 1, end) }
  }
  return undefined
}

function cutValue(header: string, start: number, end: number): string {
  let last = end
  while (last > start && isBlank(header.charCodeAt(last - 1))) last -= 1
  return header.slice(skipBlanks(header, start, last), last)
}

function skipBlanks(header: string, start: number, end: number): number {
  let at = start
  while (at < end && isBlank(header.charCodeAt(at))) at += 1
  return at
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}
