import { readCookies } from '../../request/cookies.js'
import type { Incoming } from '../../request/incoming.js'
import { serializeCookie, validateCookie, type CookieAttributes } from '../../response/cookie.js'
import { createHmac, isEqualSecret, type Hmac } from '../../system/digest.js'
import { randomToken } from '../../system/random.js'
import type { GuardContext } from '../context.js'
import type { SignInRules } from './rules.js'

/** The part of a request that is looked at. */
export type DeviceIncoming = Pick<Incoming, 'cookieHeader' | 'isSecure'>

/**
 * Device cookies (OWASP "Slow Down Online Guessing Attacks with Device Cookies"): proof that a browser has signed in as a
 * person before. It opens nothing: whoever has a copy gets a handful of guesses of their own, and needs the password.
 */
export interface DeviceCookies {
  /** The id of the device on which `account` was used before; `undefined` where there is no proof of it. */
  recognise(incoming: DeviceIncoming, account: string): string | undefined
  /** The `Set-Cookie` line that proves it next time, with a new id. Other people of the same browser stay in it. */
  renew(incoming: DeviceIncoming, account: string): string
}

/** `id.issuedAt.mac`: 128 random bits, milliseconds in base 36, 128 bits of HMAC over both and the account. */
const ENTRY = /^([\w-]{22})\.([0-9a-z]{1,9})\.([\w-]{22})$/
const BETWEEN = '~'
/** People of one browser that are remembered; the one who has been away longest is forgotten. */
const MOST_PEOPLE = 5
/** Clocks of several machines differ. */
const SKEW = 300_000
const ID_BYTES = 16

/** Who was here is not in the cookie: an entry is tried for the account at hand. */
export function createDeviceCookies(
  context: Pick<GuardContext, 'clock' | 'deriveKeys'>,
  { deviceCookie, deviceLifetime }: Pick<SignInRules, 'deviceCookie' | 'deviceLifetime'>,
): DeviceCookies {
  const { clock } = context
  const ring = context.deriveKeys('device cookie').map((key) => createHmac(key))
  const given = deviceCookie.name
  const bare = given === undefined ? ring.map((key) => `device-${tag(key)}`) : [given]
  const maxAge = Math.floor(deviceLifetime / 1_000)
  const dress = (
    isSecure: boolean,
  ): { names: readonly string[]; attributes: CookieAttributes } => ({
    names: isSecure ? bare.map((name) => `__Host-${name}`) : bare,
    attributes: { secure: isSecure, sameSite: deviceCookie.sameSite ?? 'strict', maxAge },
  })
  const [secure, plain] = [dress(true), dress(false)]
  validateCookie(secure.names[0] ?? '', secure.attributes)
  const dressFor = ({ isSecure }: DeviceIncoming) =>
    isSecure || deviceCookie.secure === true ? secure : plain

  const idIn = (entry: string, account: string): string | undefined => {
    const [, id = '', issued = '', mac = ''] = ENTRY.exec(entry) ?? []
    const age = clock.now() - parseInt(issued, 36)
    if (!(age >= -SKEW && age < deviceLifetime)) return undefined
    const isOurs = ring.some((key) => isEqualSecret(sign(key, id, issued, account), mac))
    return isOurs ? id : undefined
  }
  const entriesOf = (incoming: DeviceIncoming): readonly string[] => {
    const { names } = dressFor(incoming)
    const reading = readCookies(incoming.cookieHeader, names)
    const values = names.flatMap((name) => reading.values(name)).slice(0, MOST_PEOPLE)
    return values.flatMap((value) => value.split(BETWEEN, MOST_PEOPLE))
  }
  return {
    recognise(incoming, account) {
      for (const entry of entriesOf(incoming)) {
        const id = idIn(entry, account)
        if (id !== undefined) return id
      }
      return undefined
    },
    renew(incoming, account) {
      const [key] = ring
      if (key === undefined) throw new RangeError('the ring of secrets is empty')
      const others = entriesOf(incoming).filter(
        (entry) => ENTRY.test(entry) && idIn(entry, account) === undefined,
      )
      const id = randomToken(ID_BYTES)
      const issued = Math.max(clock.now(), 0).toString(36)
      const own = `${id}.${issued}.${sign(key, id, issued, account)}`
      const value = [own, ...new Set(others)].slice(0, MOST_PEOPLE).join(BETWEEN)
      const { names, attributes } = dressFor(incoming)
      return serializeCookie(names[0] ?? '', value, attributes)
    },
  }
}

/** The account comes last: it may hold any character. */
function sign(key: Hmac, id: string, issued: string, account: string): string {
  return key.sign(`${id}.${issued}.${account}`).subarray(0, ID_BYTES).toString('base64url')
}

/** So that two applications on one host keep apart. */
function tag(key: Hmac): string {
  return key.sign('name').subarray(0, 3).toString('base64url')
}
