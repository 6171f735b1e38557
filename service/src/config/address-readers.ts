import { isIP } from 'node:net'
import { originOf } from './readers.js'
import type { Reader } from './readers.js'
import { quoted, Refusal } from './refusal.js'
import { Secret } from './secret.js'

/** The address people see. Only its origin counts, so it may end in a slash. */
export const publicUrl: Reader<string> = (text, name) => {
  const origin = originOf(text)
  if (origin !== undefined && (text === origin || text === `${origin}/`)) return origin
  const advice = origin ?? 'https://app.example'
  return new Refusal('CONFIG_ORIGIN', `${name}=${quoted(text)} is not an origin; write ${advice}.`)
}

const NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal'])

/** Who may speak for the client's address: a number of proxies, or addresses and networks. */
export const trustProxy: Reader<number | readonly string[]> = (text, name) => {
  if (/^\d{1,2}$/.test(text)) return hops(Number(text), name)
  const entries = text.split(',').map((entry) => entry.trim())
  const wrong = entries.find((entry) => !NETWORKS.has(entry) && !isNetwork(entry))
  if (wrong === undefined) return entries
  return isEveryone(wrong) ? everyone(text, name) : notNetwork(wrong, name)
}

function hops(count: number, name: string): number | Refusal {
  if (count >= 1 && count <= 10) return count
  const advice = count === 0 ? 'Leave it out to trust nobody.' : 'There are at most 10 hops.'
  return new Refusal('CONFIG_TRUST_PROXY', `${name}=${String(count)} is no hop count. ${advice}`)
}

function isEveryone(entry: string): boolean {
  return ['true', 'all', '*', 'yes', 'on'].includes(entry.toLowerCase()) || /\/0$/.test(entry)
}

function everyone(text: string, name: string): Refusal {
  const what = `${name}=${quoted(text)} trusts any client's X-Forwarded-For.`
  return new Refusal('CONFIG_TRUST_PROXY', `${what} Give hop count or addresses.`)
}

function notNetwork(entry: string, name: string): Refusal {
  const what = `${name} holds ${quoted(entry)}, which is no hop count, address or network.`
  return new Refusal('CONFIG_TRUST_PROXY', `${what} Examples: 1, 10.0.0.0/8, loopback.`)
}

/** An IP address, or one with a prefix length that does not cover everybody. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0 || address.includes('%')) return false
  if (prefix === undefined) return true
  const most = version === 4 ? 32 : 128
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= most
}

// RFC 6265 section 4.1.1: a cookie name is a token of RFC 9110 section 5.6.2.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/

/** The name of a cookie. */
export const cookieName: Reader<string> = (text, name) =>
  TOKEN.test(text)
    ? text
    : new Refusal('CONFIG_COOKIE_NAME', `${name}: a cookie name may hold only token characters.`)

const DOMAIN =
  /^\.?([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+)$/i

/** The domain a cookie is shared with. A leading dot means nothing (RFC 6265 section 5.2.3) and is dropped. */
export const cookieDomain: Reader<string> = (text, name) => {
  const domain = isIP(text) === 0 ? DOMAIN.exec(text)?.[1] : undefined
  if (domain !== undefined) return domain.toLowerCase()
  const advice = 'Give a domain with a dot inside, such as example.com.'
  return new Refusal('CONFIG_COOKIE_DOMAIN', `${name}=${quoted(text)} is no domain. ${advice}`)
}

/** Where accounts and the audit trail rest: a PostgreSQL address. It holds a password. */
export const databaseUrl: Reader<Secret> = (text, name) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPostgres = url?.protocol === 'postgres:' || url?.protocol === 'postgresql:'
  if (isPostgres && url.pathname.length > 1) return new Secret(text)
  const form = 'postgres://user:password@host:port/database'
  return new Refusal('CONFIG_DATABASE_URL', `${name} is not valid: expected ${form}.`)
}

/** The address of a collector that speaks OTLP over HTTP. */
export const httpUrl: Reader<string> = (text, name) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text
  return new Refusal('CONFIG_TEXT', `${name} must be an http or https address.`)
}

/** A host as browsers write it in the Host header: with its port where that is not 443. */
export const hostHeader: Reader<string> = (text, name) => {
  const url = URL.canParse(`https://${text}`) ? new URL(`https://${text}`) : undefined
  if (text !== '' && url?.host === text.toLowerCase()) return url.host
  const example = 'Example: app.example or app.example:8443.'
  return new Refusal('CONFIG_TEXT', `${name} holds ${quoted(text)}, which is no host. ${example}`)
}

/** Where browsers send reports. It stands in headers, where quotes and separators would end it. */
export const reportAddress: Reader<string> = (text, name) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/.test(text))
    return text
  return new Refusal('CONFIG_TEXT', `${name} must be an https address.`)
}

/** Whether `host` can only be this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true
  return isIP(name) === 4 && name.startsWith('127.')
}
