import type { ServerResponse } from 'node:http'
import { readCookies } from '../../request/cookies.js'
import { serializeCookie } from '../../response/cookie.js'
import { isEqualSecret } from '../../system/digest.js'
import { randomToken } from '../../system/random.js'
import { isSecure, type CsurfRequest, type SessionBag } from './request.js'
import { setCookieLine } from './secret-cookie.js'
import { macOf } from '../../credential/csrf-token.js'

const SEED_BYTES = 18
/** The seed, and behind the point what vouches for it. */
const VALUE = /^([\w-]{24})\.([\w-]{32})$/

/**
 * What the tokens of a visitor without a session are bound to: a cookie with a random seed. A session that would have
 * to be saved for a token's sake costs a record for every bot that looks at a form; a cookie costs nothing.
 *
 * The cookie also names, by a MAC under its id, the session that this answer would save if something writes to it. When
 * that session comes back, forms that were opened before it existed still fit. No other session takes the seed: not one
 * of before or after a sign-in, and not one that somebody has planted the cookie beside.
 */
export class GuestCookie {
  readonly #response: ServerResponse
  readonly #name: string
  readonly #isSecure: boolean
  readonly #seed: string | undefined
  readonly #voucher: string | undefined
  #sentFor: { readonly id: string; readonly seed: string } | undefined

  constructor(request: CsurfRequest, response: ServerResponse) {
    this.#response = response
    this.#isSecure = isSecure(request)
    // Over TLS no sibling host can plant it. Without, browsers take no such name.
    this.#name = this.#isSecure ? '__Host-csrf-guest' : 'csrf-guest'
    const values = readCookies(request.headers.cookie, [this.#name]).values(this.#name)
    // Two different ones: one of them is planted, and nobody can say which.
    const [, seed, voucher] = VALUE.exec(values.length === 1 ? (values[0] ?? '') : '') ?? []
    this.#seed = seed
    this.#voucher = voucher
  }

  /** The seed that came with the request. */
  get seed(): string | undefined {
    return this.#seed
  }

  /** Whether the cookie that came was sent beside the answer that made the session `id`. */
  isVouchedFor(id: string): boolean {
    if (this.#seed === undefined || this.#voucher === undefined) return false
    return isEqualSecret(this.#voucher, voucherFor(id, this.#seed))
  }

  /** Sends the cookie with `seed` for the session `id`, once; answers the seed. */
  send(session: SessionBag, id: string, seed: string = randomToken(SEED_BYTES)): string {
    if (this.#sentFor?.id === id) return this.#sentFor.seed
    const value = `${seed}.${voucherFor(id, seed)}`
    const line = serializeCookie<string>(this.#name, value, {
      secure: this.#isSecure,
      ...this.#embedding(session),
    })
    setCookieLine(this.#response, this.#name, line)
    this.#sentFor = { id, seed }
    return seed
  }

  /** A session cookie that may be used in other sites' frames needs this one there, too. */
  #embedding(session: SessionBag): { sameSite?: 'none'; partitioned?: true } {
    const cookie = session['cookie'] as { sameSite?: unknown; partitioned?: unknown } | undefined
    if (!this.#isSecure || cookie?.sameSite !== 'none') return {}
    return cookie.partitioned === true
      ? { sameSite: 'none', partitioned: true }
      : { sameSite: 'none' }
  }
}

function voucherFor(id: string, seed: string): string {
  return macOf(id, `sojourn csurf 1 voucher ${seed}`)
}
