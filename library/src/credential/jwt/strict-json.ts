/** Containers within containers, the outermost included. */
const MAX_DEPTH = 8

const SPACE = /[ \t\n\r]*/y
const TEXT = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const LONE_SURROGATE = /[\ud800-\udfff]/u

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Where the reader is. */
interface Cursor {
  readonly text: string
  at: number
  depth: number
}

/** Something that is no JSON, or JSON that two readers may understand differently. Never leaves this file. */
class NotStrict extends Error {}

/**
 * Reads JSON (RFC 8259) of which there is only one reading. Beyond `JSON.parse` it refuses: bytes that are not UTF-8 and
 * byte order marks, a member named twice at any depth, `__proto__`, more than 8 levels, half of a surrogate pair, and
 * numbers that are not written as ECMAScript would write them (RFC 8785 section 3.2.2.3): `1e400`, `1.0`, `-0`,
 * `12345678901234567890`. All objects and lists in the answer are frozen. `undefined`: refused.
 */
export function readStrictJson(bytes: Uint8Array): { readonly value: unknown } | undefined {
  const text = decode(bytes)
  if (text === undefined) return undefined
  const cursor: Cursor = { text, at: 0, depth: 0 }
  try {
    const value = readValue(cursor)
    skipSpace(cursor)
    return cursor.at === text.length ? { value } : undefined
  } catch (error) {
    if (error instanceof NotStrict) return undefined
    throw error
  }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function readValue(cursor: Cursor): unknown {
  skipSpace(cursor)
  switch (cursor.text[cursor.at]) {
    case '{':
      return nested(cursor, readObject)
    case '[':
      return nested(cursor, readList)
    case '"':
      return readText(cursor)
    case 't':
    case 'f':
    case 'n':
      return JSON.parse(take(cursor, WORD))
    default:
      return readNumber(cursor)
  }
}

function nested(cursor: Cursor, read: (cursor: Cursor) => object): object {
  cursor.depth += 1
  if (cursor.depth > MAX_DEPTH) throw new NotStrict()
  cursor.at += 1
  const value = read(cursor)
  cursor.depth -= 1
  return Object.freeze(value)
}

function readObject(cursor: Cursor): object {
  const members: Record<string, unknown> = {}
  if (isNext(cursor, '}')) return members
  do {
    skipSpace(cursor)
    const name = readText(cursor)
    if (name === '__proto__' || Object.hasOwn(members, name)) throw new NotStrict()
    if (!isNext(cursor, ':')) throw new NotStrict()
    members[name] = readValue(cursor)
  } while (isNext(cursor, ','))
  if (!isNext(cursor, '}')) throw new NotStrict()
  return members
}

function readList(cursor: Cursor): object {
  const items: unknown[] = []
  if (isNext(cursor, ']')) return items
  do items.push(readValue(cursor))
  while (isNext(cursor, ','))
  if (!isNext(cursor, ']')) throw new NotStrict()
  return items
}

function readText(cursor: Cursor): string {
  const text = JSON.parse(take(cursor, TEXT)) as string
  if (LONE_SURROGATE.test(text)) throw new NotStrict()
  return text
}

function readNumber(cursor: Cursor): number {
  const literal = take(cursor, NUMBER)
  const value = Number(literal)
  if (String(value) !== literal) throw new NotStrict()
  return value
}

function isNext(cursor: Cursor, character: string): boolean {
  skipSpace(cursor)
  if (cursor.text[cursor.at] !== character) return false
  cursor.at += 1
  return true
}

function skipSpace(cursor: Cursor): void {
  SPACE.lastIndex = cursor.at
  SPACE.test(cursor.text)
  cursor.at = SPACE.lastIndex
}

/** The text that `form` finds right here. */
function take(cursor: Cursor, form: RegExp): string {
  form.lastIndex = cursor.at
  const found = form.exec(cursor.text)?.[0]
  if (found === undefined) throw new NotStrict()
  cursor.at = form.lastIndex
  return found
}
