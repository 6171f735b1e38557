import { readCookies } from '../../request/cookies.js'
import type { Incoming } from '../../request/incoming.js'
import { serializeCookie } from '../../response/cookie.js'
import { randomToken } from '../../system/random.js'

const SEED_BYTES = 18
const FORM = /^[\w-]{24}$/

/** Over TLS no sibling host can plant it. Without, browsers take no such name. */
function nameFor({ isSecure }: Pick<Incoming, 'isSecure'>): string {
  return isSecure ? '__Host-csrf-seed' : 'csrf-seed'
}

/** The seed that a visitor without a session brings. Of two different ones, one is planted, and nobody can say which. */
export function readSeed(incoming: Incoming): string | undefined {
  const name = nameFor(incoming)
  const values = readCookies(incoming.cookieHeader, [name]).values(name)
  const [value] = values
  return values.length === 1 && value !== undefined && FORM.test(value) ? value : undefined
}

/** A new seed, and the cookie that brings it back as long as the browser is open. */
export function createSeed(incoming: Incoming): { readonly seed: string; readonly cookie: string } {
  const seed = randomToken(SEED_BYTES)
  const cookie = serializeCookie<string>(nameFor(incoming), seed, { secure: incoming.isSecure })
  return { seed, cookie }
}
