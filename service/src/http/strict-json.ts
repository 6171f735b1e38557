import { Problem } from './problem.js'

/** Objects and arrays inside one another, at most. The library keeps session data of the same depth. */
const DEEPEST = 100
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// A string, ended or not, or a character of structure. What stands between is for JSON.parse to judge.
const TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\],]/gs

/**
 * Parses a body that must be one JSON object, in UTF-8, without a name that is given twice. Two programs
 * may take a different one of two values (RFC 8259 section 4): one checks the first, the other uses the last.
 *
 * `JSON.parse` judges the grammar; this adds what it lets pass: the byte order mark and broken UTF-8 (by
 * decoding), depth, names given twice and `__proto__`.
 *
 * @throws Problem 400 `body_malformed`, or `field_unknown` for `__proto__`
 */
export function parseJsonObject(bytes: Uint8Array): Record<string, unknown> {
  const text = decode(bytes)
  const repeated = scan(text)
  const value = parse(text)
  if (repeated !== undefined) throw malformed(`The field ${shownField(repeated)} is given twice.`)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw malformed('The request body must be a JSON object.')
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw notJson()
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw notJson()
  }
}

/** The names of each open object, outermost first; an open array has none. */
type Open = (Set<string> | undefined)[]

/** Walks over the structure. Answers the first name that an object has twice. */
function scan(text: string): string | undefined {
  const open: Open = []
  let repeated: string | undefined
  let isNameNext = false
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('"')) {
      if (isNameNext) repeated ??= note(open.at(-1), token)
      isNameNext = false
    } else {
      isNameNext = step(open, token)
    }
  }
  return repeated
}

/** Goes in or out by one bracket; answers whether a name comes next. */
function step(open: Open, token: string): boolean {
  if (token === ',') return open.at(-1) !== undefined
  if (token === '}' || token === ']') open.pop()
  else if (open.push(token === '{' ? new Set() : undefined) > DEEPEST) throw tooDeep()
  return token === '{'
}

/** Adds a name to those of its object; answers it where it was there already. */
function note(names: Set<string> | undefined, token: string): string | undefined {
  const name = parse(token) as string
  if (name === '__proto__') throw unknownField(name)
  const isRepeated = names?.has(name) === true
  names?.add(name)
  return isRepeated ? name : undefined
}

/** A field that the body may not have. */
export function unknownField(name: string): Problem {
  const field = shownField(name)
  const detail = `Unknown field ${field}.`
  return new Problem({ status: 400, code: 'field_unknown', detail, extra: { field } })
}

/** A name from outside, as it may stand in a message. */
export function shownField(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?')
  return plain.length > 64 ? `${plain.slice(0, 61)}...` : plain
}

/** A body that is not what its type says. */
export function malformed(message: string): Problem {
  return new Problem({ status: 400, code: 'body_malformed', detail: message })
}

function notJson(): Problem {
  return malformed('The request body is not valid JSON.')
}

function tooDeep(): Problem {
  return malformed('The request body is nested too deeply.')
}
