/**
 * response/ owns what goes back: cookies, challenges, problems, and the list of header effects that an
 * exchange ends with. session/ and guard/ decide what to say, adapters send it. It decides nothing
 * about sessions, and it never takes away what the application itself has said.
 */

/** One header to send. */
export type HeaderLine = readonly [name: string, value: string]

/** What an answer must carry on top of what the application says. */
export interface Outgoing {
  /** Complete `Set-Cookie` lines. */
  readonly cookies: readonly string[]
  readonly headers: readonly HeaderLine[]
}

/** Nothing to add: the answer leaves exactly as the application made it. */
export const NOTHING_OUT: Outgoing = Object.freeze({ cookies: [], headers: [] })

/** The part of a Node response that is written to, while its headers have not left. */
export interface HeaderTarget {
  getHeader(name: string): number | string | readonly string[] | undefined
  setHeader(name: string, value: string | readonly string[]): unknown
}

/**
 * Adds `outgoing` to a response whose headers have not left:
 * - cookies are appended to those of the application; a line that is there already is not repeated;
 * - `Vary` gains the fields it lacks;
 * - `Cache-Control` is set only where the application has not set it;
 * - any other header is set.
 */
export function applyOutgoing(response: HeaderTarget, outgoing: Outgoing): void {
  if (outgoing.cookies.length > 0) appendCookies(response, outgoing.cookies)
  for (const [name, value] of outgoing.headers) {
    const lower = name.toLowerCase()
    if (lower === 'vary') setVary(response, value)
    else if (lower === 'set-cookie') appendCookies(response, [value])
    else if (lower !== 'cache-control' || response.getHeader(lower) === undefined) {
      response.setHeader(name, value)
    }
  }
}

/** A header's values as a list, however they were set. */
export function linesOf(value: number | string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'object' ? value : [String(value)]
}

/** The value of `Vary` that names all fields of both (RFC 9110 section 12.5.5); `*` stays `*`. */
export function mergeVary(existing: readonly string[], added: string): string {
  const fields = [...existing, added].join(',').split(',')
  const kept = new Map<string, string>()
  for (const field of fields.map((text) => text.trim())) {
    if (field === '*') return '*'
    if (field !== '' && !kept.has(field.toLowerCase())) kept.set(field.toLowerCase(), field)
  }
  return [...kept.values()].join(', ')
}

function appendCookies(response: HeaderTarget, cookies: readonly string[]): void {
  const present = linesOf(response.getHeader('set-cookie'))
  const missing = cookies.filter((line) => !present.includes(line))
  if (missing.length > 0) response.setHeader('Set-Cookie', [...present, ...missing])
}

function setVary(response: HeaderTarget, value: string): void {
  const present = response.getHeader('vary')
  if (present === undefined) {
    response.setHeader('Vary', value)
    return
  }
  const existing = linesOf(present)
  const merged = mergeVary(existing, value)
  if (existing.length !== 1 || existing[0] !== merged) response.setHeader('Vary', merged)
}
