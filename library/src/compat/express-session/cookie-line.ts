import type { ServerResponse } from 'node:http'
import type { CookieData } from './cookie.js'

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\x21-\x3a\x3c-\x7e]*$/
const DOMAIN = /^([.]?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i
const PATH = /^[\x20-\x3a\x3d-\x7e]*$/

const PRIORITIES: ReadonlyMap<string, string> = new Map([
  ['low', 'Low'],
  ['medium', 'Medium'],
  ['high', 'High'],
])
const SAME_SITES: ReadonlyMap<string, string> = new Map([
  ['strict', 'Strict'],
  ['lax', 'Lax'],
  ['none', 'None'],
])

/**
 * A `Set-Cookie` line as express-session writes it: the order of the attributes, and the `TypeError` for each that
 * cannot be, are those of the package `cookie` 0.7, which its users' tests compare with.
 */
export function serializeClassicCookie(name: string, value: string, data: CookieData): string {
  if (!NAME.test(name)) throw new TypeError('argument name is invalid')
  const encoded = encodeURIComponent(value)
  if (!VALUE.test(encoded)) throw new TypeError('argument val is invalid')
  return [`${name}=${encoded}`, ...placesOf(data), ...flagsOf(data)].filter(Boolean).join('; ')
}

/** Adds lines to the `Set-Cookie` headers that are there. */
export function appendCookies(
  response: Pick<ServerResponse, 'getHeader' | 'setHeader'>,
  lines: readonly string[],
): void {
  if (lines.length === 0) return
  const before = response.getHeader('Set-Cookie') ?? []
  const header = Array.isArray(before) ? before : [String(before)]
  response.setHeader('Set-Cookie', [...header, ...lines])
}

type Part = string | false | null | undefined

function placesOf({ domain, path, expires }: CookieData): Part[] {
  return [
    domain && `Domain=${checked(domain, 'domain', DOMAIN)}`,
    path && `Path=${checked(path, 'path', PATH)}`,
    expires && `Expires=${dateText(expires)}`,
  ]
}

function flagsOf({ httpOnly, secure, partitioned, priority, sameSite }: CookieData): Part[] {
  return [
    httpOnly && 'HttpOnly',
    secure && 'Secure',
    partitioned && 'Partitioned',
    priority && `Priority=${wordFor(priority, PRIORITIES, 'priority')}`,
    sameSite &&
      `SameSite=${sameSite === true ? 'Strict' : wordFor(sameSite, SAME_SITES, 'sameSite')}`,
  ] as Part[]
}

function checked(text: string, label: string, form: RegExp): string {
  if (!form.test(text)) throw new TypeError(`option ${label} is invalid`)
  return text
}

function dateText(expires: Date | string): string {
  if (!(expires instanceof Date) || Number.isNaN(expires.valueOf())) {
    throw new TypeError('option expires is invalid')
  }
  return expires.toUTCString()
}

function wordFor(given: string, words: ReadonlyMap<string, string>, label: string): string {
  const word = typeof given === 'string' ? words.get(given.toLowerCase()) : undefined
  if (word === undefined) throw new TypeError(`option ${label} is invalid`)
  return word
}
