import { malformed, shownField } from './strict-json.js'

/** More fields than any form has. */
const MOST_FIELDS = 100
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses `application/x-www-form-urlencoded` (WHATWG URL section 5.1), strictly: UTF-8, whole
 * percent-encodings, every field once. Brackets in a name mean nothing.
 *
 * @throws Problem 400 `body_malformed`
 */
export function parseForm(bytes: Uint8Array): Record<string, string> {
  const fields = new Map<string, string>()
  for (const part of decode(bytes).split('&')) {
    if (part === '') continue
    const [name, value] = splitOnce(part).map(unescape)
    if (name === undefined || value === undefined) throw notForm()
    if (fields.has(name)) throw malformed(`The field ${shownField(name)} is given twice.`)
    if (fields.set(name, value).size > MOST_FIELDS) throw notForm()
  }
  // Unlike assigning, this makes a plain property even of `__proto__`.
  return Object.fromEntries(fields)
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw notForm()
  }
}

function splitOnce(part: string): readonly [string, string] {
  const at = part.indexOf('=')
  return at === -1 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)]
}

function unescape(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function notForm(): Error {
  return malformed('The request body is not a valid form.')
}
