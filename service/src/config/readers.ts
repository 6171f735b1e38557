import { quoted, Refusal, type ConfigCode } from './refusal.js'

/** Turns the text of the variable `name` into a value, or says why that cannot be. */
export type Reader<Value> = (text: string, name: string) => Value | Refusal

/** A whole number from `least` to `most`, written in plain digits. */
export function wholeNumber(least: number, most: number): Reader<number> {
  return (text, name) => {
    const value = digits(text)
    if (value !== undefined && value >= least && value <= most) return value
    const range = `${String(least)} to ${String(most)}`
    return new Refusal('CONFIG_RANGE', `${name} must be a whole number from ${range}.`)
  }
}

/** A TCP port. 0 lets the system choose. */
export function port(least: number): Reader<number> {
  return (text, name) => {
    const value = digits(text)
    if (value !== undefined && value >= least && value <= 65_535) return value
    return new Refusal(
      'CONFIG_PORT',
      `${name} must be a whole number from ${String(least)} to 65535.`,
    )
  }
}

function digits(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
}

/** `true` or `false`, also as 1/0, yes/no, on/off. */
export const flag: Reader<boolean> = (text, name) =>
  FLAGS[text.toLowerCase()] ?? new Refusal('CONFIG_BOOLEAN', `${name} must be true or false.`)

/** One of `words`, in any case. */
export function choice<Word extends string>(
  words: readonly Word[],
  code: ConfigCode = 'CONFIG_CHOICE',
): Reader<Word> {
  const list = `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
  return (text, name) =>
    words.find((word) => word.toLowerCase() === text.toLowerCase()) ??
    new Refusal(code, `${name} must be ${list}.`)
}

/** Text on one line, without control characters, at most `most` characters long. */
export function line(most: number, code: ConfigCode = 'CONFIG_TEXT'): Reader<string> {
  return (text, name) => {
    if (text.trim() === '') return new Refusal(code, `${name} is empty.`)
    if (text.length <= most && !/\p{Cc}/u.test(text)) return text
    return new Refusal(code, `${name} must be one line of at most ${String(most)} characters.`)
  }
}

/** A comma-separated list, each entry read by `reader`; white space around an entry is dropped. */
export function listOf<Value>(reader: Reader<Value>): Reader<readonly Value[]> {
  return (text, name) => {
    const values: Value[] = []
    for (const entry of text.split(',')) {
      const value = reader(entry.trim(), name)
      if (value instanceof Refusal) return value
      values.push(value)
    }
    return values
  }
}

/** A web origin, `https://host[:port]`, exactly as a browser writes it in an `Origin` header. */
export const origin: Reader<string> = (text, name) => {
  if (text === '*') {
    return new Refusal(
      'CONFIG_CORS',
      `${name}=* cannot be used with cookies. List the origins, such as https://app.example.`,
    )
  }
  const canonical = originOf(text)
  if (canonical === text) return text
  const advice = canonical === undefined ? 'https://app.example' : canonical
  return new Refusal('CONFIG_ORIGIN', `${quoted(text)} is not an origin; write ${advice}.`)
}

/** The origin of an http or https address without user, wildcard or unusual host, else `undefined`. */
export function originOf(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url === undefined || !isWeb || url.username !== '' || url.password !== '') return undefined
  return url.hostname.includes('*') ? undefined : url.origin
}

const FIELD = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/

/** The name of a field of a token. */
export const fieldName: Reader<string> = (text, name) =>
  FIELD.test(text) && !(text in {})
    ? text
    : new Refusal('CONFIG_FIELDS', `${name} may list only names of letters, digits and _.`)
