import { systemClock } from '../../system/clock.js'
import { serializeClassicCookie } from './cookie-line.js'
import { deprecate } from './deprecate.js'

/** What the cookie of a session may say; see the options of express-session. */
export interface ClassicCookieOptions {
  /** Milliseconds until the session expires, counted from the last request. Default `null`: when the browser closes. */
  maxAge?: number | Date | null | undefined
  /** The instant at which it expires; `maxAge` is better. */
  expires?: Date | null | undefined
  /** Whether scripts cannot read it. Default `true`. */
  httpOnly?: boolean | undefined
  /** Default `'/'`. Requests to other paths have no session. */
  path?: string | undefined
  /** Shares it with all subdomains. Default: this host alone. */
  domain?: string | undefined
  /** `'auto'`: as the connection is. Default `false`, as in express-session. */
  secure?: boolean | 'auto' | undefined
  /** `true` is `'strict'`; `'auto'`: `none` on a secure connection, else `lax`. Any case. Default: not said. */
  sameSite?: boolean | string | undefined
  /** Keeps it apart for each embedding site (CHIPS). Default: not said. */
  partitioned?: boolean | undefined
  /** What browsers of the Chromium kind drop first where there are too many. Default: not said. */
  priority?: 'low' | 'medium' | 'high' | undefined
}

/** A cookie at rest, in a session's record. */
export interface CookieData {
  originalMaxAge?: number | null | undefined
  partitioned?: boolean | undefined
  priority?: string | undefined
  expires?: Date | string | null | undefined
  secure?: boolean | 'auto' | undefined
  httpOnly?: boolean | undefined
  domain?: string | undefined
  path?: string | undefined
  sameSite?: boolean | string | undefined
}

/**
 * `req.session.cookie`: the life and the attributes of a session's cookie.
 *
 * Throws `TypeError` for options that are no object, and for a `maxAge` that is neither a number nor a date.
 */
export class Cookie {
  declare path: string
  declare httpOnly: boolean
  declare originalMaxAge: number | null | undefined
  declare secure?: boolean | 'auto'
  declare domain?: string
  declare sameSite?: boolean | string
  declare partitioned?: boolean
  declare priority?: string
  declare _expires: Date | null | undefined

  constructor(options?: ClassicCookieOptions | CookieData | null) {
    this.path = '/'
    this.maxAge = null
    this.httpOnly = true
    if (options) copyOptions(this, options)
    if (this.originalMaxAge == null) this.originalMaxAge = this.maxAge
  }

  get expires(): Date | null | undefined {
    return this._expires
  }

  set expires(instant: Date | null | undefined) {
    this._expires = instant
    this.originalMaxAge = this.maxAge
  }

  /** Milliseconds left, or `null` for a cookie that ends with the browser. */
  get maxAge(): number | null | undefined {
    const { expires } = this
    return expires instanceof Date ? expires.valueOf() - systemClock.now() : expires
  }

  set maxAge(life: number | Date | null | undefined) {
    if (life && typeof life !== 'number' && !(life instanceof Date)) {
      throw new TypeError('maxAge must be a number or Date')
    }
    if (life instanceof Date) deprecate('maxAge as Date; pass number of milliseconds instead')
    this.expires = typeof life === 'number' ? new Date(systemClock.now() + life) : life
  }

  /** What is kept of it, and what a `Set-Cookie` line is made of. */
  get data(): CookieData {
    return {
      originalMaxAge: this.originalMaxAge,
      partitioned: this.partitioned,
      priority: this.priority,
      expires: this._expires,
      secure: this.secure,
      httpOnly: this.httpOnly,
      domain: this.domain,
      path: this.path,
      sameSite: this.sameSite,
    }
  }

  /** The `Set-Cookie` line. Throws `TypeError` for attributes that no cookie can have. */
  serialize(name: string, value: string): string {
    return serializeClassicCookie(name, value, this.data)
  }

  toJSON(): CookieData {
    return this.data
  }
}

/** Whether a cookie can be made of what was kept: an age that is none would end the answer of every request. */
export function isCookieData(value: unknown): value is CookieData {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { expires, maxAge, originalMaxAge } = value as Readonly<Record<string, unknown>>
  const isAge = (age: unknown): boolean =>
    age === undefined || age === null || typeof age === 'number'
  if (!isAge(maxAge) || !isAge(originalMaxAge)) return false
  return typeof expires !== 'string' || !Number.isNaN(Date.parse(expires))
}

// Those who walk a cookie with `for … in` have always met these.
for (const name of ['expires', 'maxAge', 'data', 'serialize', 'toJSON'] as const) {
  Object.defineProperty(Cookie.prototype, name, { enumerable: true })
}

function copyOptions(cookie: Cookie, options: object): void {
  if (typeof options !== 'object') throw new TypeError('argument options must be a object')
  const target = cookie as unknown as Record<string, unknown>
  // Inherited options count, as they always did here.
  for (const key in options) {
    // `__proto__` of a record would put another prototype under the cookie.
    if (key !== 'data' && key !== '__proto__')
      target[key] = (options as Record<string, unknown>)[key]
  }
}
