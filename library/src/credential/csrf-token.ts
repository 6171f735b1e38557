import { createHmac, isEqualSecret } from '../system/digest.js'
import { randomToken } from '../system/random.js'

/** A secret that tokens against forged requests are made from, and what kind it is: a token of one kind is worth nothing as another. */
export interface CsrfKey {
  readonly kind: 'session' | 'guest' | 'stored' | 'cookie'
  readonly secret: string
}

const SALT_BYTES = 9
const SALT = 12
const MAC_BYTES = 24
const MAC = 32
/** A salt, and one or two MACs. */
const FORM = /^[\w.]{44}(?:[\w.]{32})?$/

/**
 * A token that fits each of `keys` (one or two): a fresh salt and a MAC over it under each key. Because of the salt no
 * two tokens look alike, so that compressing a page that holds one reveals nothing of it (BREACH); and all that were made
 * from one key are good side by side, however many tabs are open.
 */
export function createCsrfToken(keys: readonly CsrfKey[]): string {
  const salt = undashed(randomToken(SALT_BYTES))
  return salt + keys.map((key) => mac(key, salt)).join('')
}

/** Whether `text` looks like one of ours. */
export function isCsrfToken(text: string): boolean {
  return FORM.test(text)
}

/** Whether `token` was made from one of `keys`. How long that takes depends on how many there are, not on what is in it. */
export function fitsCsrfToken(token: string, keys: readonly CsrfKey[]): boolean {
  if (!isCsrfToken(token)) return false
  const salt = token.slice(0, SALT)
  let fits = false
  for (const key of keys) {
    const expected = mac(key, salt)
    for (let at = SALT; at < token.length; at += MAC) {
      if (isEqualSecret(token.slice(at, at + MAC), expected)) fits = true
    }
  }
  return fits
}

function mac({ kind, secret }: CsrfKey, salt: string): string {
  return undashed(macOf(secret, `sojourn csurf 1 ${kind} ${salt}`))
}

/** HMAC-SHA256 of `message` under `secret`, cut to 192 bits, as base64url. */
export function macOf(secret: string | Uint8Array, message: string): string {
  return createHmac(secret).sign(message).subarray(0, MAC_BYTES).toString('base64url')
}

/** csurf splits tokens at the first `-`, so none may be in what it takes for the salt. */
function undashed(text: string): string {
  return text.replaceAll('-', '.')
}
