import { InvalidOption } from '../errors.js'

/** When a browser sends a cookie along with requests that other sites caused. Any case is accepted. */
export type SameSite = 'lax' | 'strict' | 'none' | 'Lax' | 'Strict' | 'None'

/** What a cookie may say. Whatever is left out takes the safe value. */
export interface CookieAttributes {
  /** Default `'/'`. */
  readonly path?: string | undefined
  /** Shares the cookie with this domain and all its subdomains. Default: this host alone. */
  readonly domain?: string | undefined
  /** Sent over secure connections only. Default `true`. */
  readonly secure?: boolean | undefined
  /** Kept from scripts. Default `true`. */
  readonly httpOnly?: boolean | undefined
  /** Default `'lax'`. */
  readonly sameSite?: SameSite | undefined
  /** Whole **seconds** for which a browser keeps it, at most 400 days. Default: until the browser closes. */
  readonly maxAge?: number | undefined
  /** One copy for each embedding site (CHIPS). Default `false`. */
  readonly partitioned?: boolean | undefined
}

/** What needs Secure cannot be asked for without it. */
type SecureRules =
  | { readonly secure?: true | undefined }
  | {
      readonly secure: false
      readonly sameSite?: Exclude<SameSite, 'none' | 'None'> | undefined
      readonly partitioned?: false | undefined
    }

/** `__Host-`: secure, for this host alone, for every path (RFC 6265bis section 4.1.3.2). */
type HostRules = {
  readonly secure?: true | undefined
  readonly domain?: never
  readonly path?: '/' | undefined
}

/**
 * The attributes that a cookie called `Name` may have: where the name is known while compiling, a
 * `__Host-` cookie with a Domain does not compile. A plain `string` is checked at run time alone.
 */
export type AttributesOf<Name extends string> = string extends Name
  ? CookieAttributes
  : CookieAttributes &
      (Lowercase<Name> extends `__host-${string}`
        ? HostRules
        : Lowercase<Name> extends `__secure-${string}`
          ? { readonly secure?: true | undefined }
          : SecureRules)

/** Browsers keep no cookie longer: 400 days, in seconds (RFC 6265bis section 5.6.2). */
export const LONGEST_MAX_AGE = 34_560_000
/** Browsers drop a cookie whose name and value take more bytes than this. */
export const MOST_PAIR_BYTES = 4_096

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const PATH = /^\/[\x20-\x3a\x3c-\x7e]*$/
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const DOMAIN = new RegExp(`^\\.?${LABEL}(?:\\.${LABEL})*$`, 'i')
/** RFC 6265 section 4.1.1, `cookie-octet`. */
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/
const LONG_AGO = 'Thu, 01 Jan 1970 00:00:00 GMT'

/**
 * Refuses a cookie that browsers would silently drop, before the first one is sent. Throws
 * {@link InvalidOption} naming what is wrong.
 */
export function validateCookie<const Name extends string>(
  name: Name,
  attributes: AttributesOf<Name>,
): void {
  if (typeof name !== 'string' || !TOKEN.test(name)) {
    throw new InvalidOption('Cookie name may hold only token characters.')
  }
  if (name.length > MOST_PAIR_BYTES) throw tooLong(name)
  checkPlace(name, attributes)
  checkPrefix(name, attributes)
  checkSecurity(attributes)
  checkMaxAge(attributes.maxAge)
}

/**
 * The `Set-Cookie` line. The attributes must have passed {@link validateCookie}; the value is checked
 * here: {@link InvalidOption} where it has characters that no cookie may have, or where name and
 * value exceed {@link MOST_PAIR_BYTES}. The message never holds the value.
 */
export function serializeCookie<const Name extends string>(
  name: Name,
  value: string,
  attributes: AttributesOf<Name>,
): string {
  if (!VALUE.test(value)) {
    throw new InvalidOption(`The value of cookie ${name} holds characters a cookie cannot have.`)
  }
  if (name.length + value.length > MOST_PAIR_BYTES) throw tooLong(name)
  const { maxAge } = attributes
  checkMaxAge(maxAge)
  const lifetime = maxAge === undefined ? '' : `; Max-Age=${String(maxAge)}`
  return `${name}=${value}${lifetime}${places(attributes)}`
}

/**
 * The `Set-Cookie` line that deletes a cookie. Name, Domain, Path and Partitioned must be those it was
 * set with; SameSite is repeated because a browser may refuse the deletion without it.
 */
export function serializeDeletion<const Name extends string>(
  name: Name,
  attributes: AttributesOf<Name>,
): string {
  return `${name}=; Max-Age=0; Expires=${LONG_AGO}${places(attributes)}`
}

function places(attributes: CookieAttributes): string {
  const { path = '/', domain, secure = true, httpOnly = true, partitioned = false } = attributes
  let text = domain === undefined ? '' : `; Domain=${domain.replace(/^\./, '')}`
  text += `; Path=${path}`
  if (httpOnly) text += '; HttpOnly'
  if (secure) text += '; Secure'
  text += `; SameSite=${SAME_SITE_WORDS.get(lowerSameSite(attributes)) ?? 'Lax'}`
  return partitioned ? `${text}; Partitioned` : text
}

const SAME_SITE_WORDS: ReadonlyMap<string, string> = new Map([
  ['lax', 'Lax'],
  ['strict', 'Strict'],
  ['none', 'None'],
])

function lowerSameSite(attributes: CookieAttributes): string {
  // Options come from outside: this may be `true`, as express-session has it.
  const sameSite: unknown = attributes.sameSite ?? 'lax'
  return typeof sameSite === 'string' ? sameSite.toLowerCase() : ''
}

function checkPlace(name: string, { path = '/', domain }: CookieAttributes): void {
  if (!PATH.test(path)) {
    throw new InvalidOption(`Cookie ${name}: path must start with / and hold no semicolon.`)
  }
  if (domain !== undefined && (domain.length > 253 || !DOMAIN.test(domain))) {
    throw new InvalidOption(
      `Cookie ${name}: domain must be a host name such as example.com, without scheme, port or path.`,
    )
  }
}

/** Browsers compare the prefixes without case, and so do we. */
function checkPrefix(name: string, { path = '/', domain, secure = true }: CookieAttributes): void {
  const prefix = /^__(?:host|secure)-/i.exec(name)?.[0].toLowerCase()
  if (prefix === undefined) return
  if (!secure) throw new InvalidOption(`A cookie called ${name} must be Secure.`)
  if (prefix !== '__host-') return
  if (domain !== undefined) {
    throw new InvalidOption(
      'A __Host- cookie cannot have a Domain. Use __Secure- or remove the domain.',
    )
  }
  if (path !== '/') throw new InvalidOption('A __Host- cookie must have the path /.')
}

function checkSecurity(attributes: CookieAttributes): void {
  const { secure = true, partitioned = false } = attributes
  const sameSite = lowerSameSite(attributes)
  if (!SAME_SITE_WORDS.has(sameSite)) {
    throw new InvalidOption('Cookie sameSite must be lax, strict or none.')
  }
  if (secure) return
  if (sameSite === 'none') {
    throw new InvalidOption(
      'A cookie with SameSite=None must be Secure: browsers drop it otherwise.',
    )
  }
  if (partitioned) {
    throw new InvalidOption('A Partitioned cookie must be Secure: browsers drop it otherwise.')
  }
}

function checkMaxAge(maxAge: number | undefined): void {
  if (maxAge === undefined) return
  if (!Number.isInteger(maxAge) || maxAge < 0) {
    throw new InvalidOption('Cookie maxAge must be a whole number of seconds, 0 or more.')
  }
  if (maxAge > LONGEST_MAX_AGE) {
    throw new InvalidOption('Cookie maxAge is over 400 days. Browsers cap cookies at 400 days.')
  }
}

function tooLong(name: string): InvalidOption {
  return new InvalidOption(
    `Cookie ${name.slice(0, 64)}: name and value are longer than 4096 bytes; browsers drop it.`,
  )
}
