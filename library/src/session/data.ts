import { SojournError } from '../errors.js'

/** Keys longer than this, or empty, are refused. */
const LONGEST_KEY = 128
/** Nesting beyond this is refused, so that no value can exhaust the stack. */
const DEEPEST = 100
/** What this library keeps for itself in a session's data starts with this. */
const RESERVED = '~'

/** Session data that JSON cannot keep. A `TypeError` in nature; `path` says where. */
export class SessionDataError extends SojournError {
  override readonly name = 'SessionDataError'
  /** Such as `session.data.cart.items[2]`. */
  readonly path: string

  constructor(path: string, what: string) {
    super('ERR_SESSION_DATA', `${path} holds ${what}, which JSON cannot keep. Store plain data.`)
    this.path = path
  }
}

/** Session data over the limit. */
export class SessionTooLarge extends SojournError {
  override readonly name = 'SessionTooLarge'

  constructor(bytes: number, limit: number) {
    const size = (count: number): string =>
      count >= 1024 ? `${String(Math.ceil(count / 1024))} KB` : `${String(count)} bytes`
    super(
      'ERR_SESSION_TOO_LARGE',
      `The session is ${size(bytes)}; the limit is ${size(limit)} (maxSessionBytes).`,
    )
  }
}

/** Refuses keys that an application may not use. */
export function checkKey(key: string): void {
  if (
    typeof key !== 'string' ||
    key === '' ||
    key.length > LONGEST_KEY ||
    key.startsWith(RESERVED)
  ) {
    throw new SojournError(
      'ERR_SESSION_DATA',
      `A session key is text of 1 to ${String(LONGEST_KEY)} characters and does not start with "${RESERVED}".`,
    )
  }
}

/**
 * JSON text of a value that comes back as it went in. A function, symbol, bigint, `undefined` inside, NaN,
 * cycle, or instance of a class (Date, Map, Buffer, …) throws {@link SessionDataError}: silently changing
 * it would be found out too late.
 */
export function toJson(key: string, value: unknown): string {
  checkPlain(value, `session.data.${key}`, [])
  return JSON.stringify(value)
}

function checkPlain(value: unknown, path: string, above: readonly object[]): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (typeof value !== 'object') throw new SessionDataError(path, nameOf(value))
  if (above.includes(value)) throw new SessionDataError(path, 'a cycle')
  if (above.length === DEEPEST) throw new SessionDataError(path, `over ${String(DEEPEST)} levels`)
  const within = [...above, value]
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      checkPlain(item, `${path}[${String(index)}]`, within)
    })
  } else checkProperties(value, path, within)
}

function checkProperties(value: object, path: string, within: readonly object[]): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new SessionDataError(path, nameOf(value))
  }
  for (const [name, item] of Object.entries(value)) {
    // JSON leaves such a property out, and reading it then says `undefined` again.
    if (item !== undefined) checkPlain(item, `${path}.${name}`, within)
  }
}

function nameOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return `a ${(value.constructor as { name?: string } | undefined)?.name ?? 'special object'}`
  }
  if (value === undefined || typeof value === 'number') return String(value)
  return `a ${typeof value}`
}
