/** A `Set-Cookie` line, taken apart as RFC 6265bis section 5.6 does. The value itself is not kept. */
export interface SeenCookie {
  readonly name: string
  readonly valueBytes: number
  /** Bytes of the whole line. */
  readonly bytes: number
  readonly isSecure: boolean
  readonly isHttpOnly: boolean
  /** Lower case; `undefined`: not said. */
  readonly sameSite: string | undefined
  /** Lower case and without a dot in front. */
  readonly domain: string | undefined
  readonly path: string | undefined
  readonly isDeletion: boolean
}

export function readSetCookie(line: string): SeenCookie {
  const [pair = '', ...rest] = line.split(';')
  const equals = pair.indexOf('=')
  const name = (equals < 0 ? '' : pair.slice(0, equals)).trim()
  const value = pair.slice(equals + 1).trim()
  const attributes = new Map(rest.map(readAttribute))
  const domain = attributes.get('domain')?.toLowerCase().replace(/^\./, '')
  return {
    name,
    valueBytes: Buffer.byteLength(value),
    bytes: Buffer.byteLength(line),
    isSecure: attributes.has('secure'),
    isHttpOnly: attributes.has('httponly'),
    sameSite: attributes.get('samesite')?.toLowerCase(),
    domain: domain === '' ? undefined : domain,
    path: attributes.get('path'),
    isDeletion: isOver(attributes),
  }
}

function readAttribute(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  if (equals < 0) return [text.trim().toLowerCase(), '']
  return [text.slice(0, equals).trim().toLowerCase(), text.slice(equals + 1).trim()]
}

function isOver(attributes: ReadonlyMap<string, string>): boolean {
  const age = attributes.get('max-age')
  if (age !== undefined) return Number(age) <= 0
  const expires = attributes.get('expires')
  return expires !== undefined && Date.parse(expires) <= Date.parse('1980-01-01')
}

const SESSION_NAME = /sess|sid|auth|token|jwt|login|remember/i

/** Whether a cookie looks as if it said who somebody is. */
export function looksLikeSession({ name, isHttpOnly }: SeenCookie): boolean {
  return isHttpOnly || SESSION_NAME.test(name)
}
