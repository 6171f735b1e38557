import type { ServerResponse } from 'node:http'
import { createHmac } from '../../system/digest.js'
import type { CsurfCookieOptions } from './options.js'

/** The options of the cookie with the defaults filled in. */
export interface CookieRules extends CsurfCookieOptions {
  readonly key: string
}

/** What a header field may hold (RFC 7230 section 3.2), as the package cookie checks it. */
const FIELD = /^[\t\x20-\x7e\x80-\xff]+$/
const SAME_SITE: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [true, 'Strict'],
  ['lax', 'Lax'],
  ['strict', 'Strict'],
  ['none', 'None'],
])

/**
 * The `Set-Cookie` line as csurf writes it (by cookie 0.4). Throws what that throws for attributes it cannot write. House
 * rules about cookies do not hold here: somebody who changes one import keeps the cookie that was configured.
 */
export function serializeAsCsurf(value: string, rules: CookieRules): string {
  const { key, domain, path, httpOnly, secure, sameSite } = rules
  const text = encodeURIComponent(value)
  let line = `${checked(key, 'argument name is invalid')}=${text}`
  line += lifetimeOf(rules)
  if (isGiven(domain)) line += `; Domain=${checked(domain, 'option domain is invalid')}`
  if (isGiven(path)) line += `; Path=${checked(path, 'option path is invalid')}`
  line += expiryOf(rules)
  if (httpOnly === true) line += '; HttpOnly'
  if (secure === true) line += '; Secure'
  return line + sameSiteOf(sameSite)
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}

function checked(text: string, message: string): string {
  if (!FIELD.test(text)) throw new TypeError(message)
  return text
}

function lifetimeOf(rules: CookieRules): string {
  const maxAge: unknown = rules.maxAge
  if (maxAge === undefined || maxAge === null) return ''
  const seconds = Number(maxAge)
  if (Number.isNaN(seconds)) throw new Error('maxAge should be a Number')
  return `; Max-Age=${Math.floor(seconds)}`
}

function expiryOf(rules: CookieRules): string {
  const expires: unknown = rules.expires
  if (expires === undefined || expires === null) return ''
  if (!(expires instanceof Date)) throw new TypeError('option expires is invalid')
  return `; Expires=${expires.toUTCString()}`
}

function sameSiteOf(sameSite: unknown): string {
  if (sameSite === undefined || sameSite === false || sameSite === '' || sameSite === null)
    return ''
  const word = SAME_SITE.get(typeof sameSite === 'string' ? sameSite.toLowerCase() : sameSite)
  if (word === undefined) throw new TypeError('option sameSite is invalid')
  return `; SameSite=${word}`
}

/** `s:value.signature`, as cookie-parser reads it. */
export function signAsCookieParser(value: string, secret: string): string {
  const signature = createHmac(secret).sign(value).toString('base64').replace(/=+$/, '')
  return `s:${value}.${signature}`
}

/** Adds a line, in the place of one that this answer already has under that name. */
export function setCookieLine(response: ServerResponse, name: string, line: string): void {
  const present = response.getHeader('set-cookie') ?? []
  const lines = Array.isArray(present) ? present : [String(present)]
  const others = lines.filter((other) => !other.startsWith(`${name}=`))
  response.setHeader('set-cookie', [...others, line])
}
