import { createHmac, isEqualSecret, sha1 } from '../../system/digest.js'
import { randomToken } from '../../system/random.js'

/** A secret that tokens are made from, and what kind it is: a token of one kind is worth nothing as another. */
export interface TokenKey {
  readonly kind: 'session' | 'guest' | 'stored' | 'cookie'
  readonly secret: string
}

const SALT_BYTES = 9
const SALT = 12
const MAC_BYTES = 24
const MAC = 32
/** A salt, one or two MACs, and perhaps csurf's part, which only csurf looks at. */
const OURS = /^([\w.]{44}(?:[\w.]{32})?)(?:-[\w-]{27})?$/
/** Nobody's token is longer, whatever csurf's `saltLength` was; what is, is not looked at. */
const LONGEST = 512

/**
 * A token that fits each of `keys` (one or two): a fresh salt and a MAC over it under each key. Because of the salt no
 * two tokens look alike, so that compressing a page that holds one reveals nothing of it (BREACH).
 *
 * Where csurf's own secret is there, csurf accepts the token, too: to csurf, all of ours is the salt in front of the
 * first `-`. Processes that still run csurf take the forms of those that do not any more.
 */
export function createToken(keys: readonly TokenKey[], csurfSecret: string | undefined): string {
  const salt = undashed(randomToken(SALT_BYTES))
  const ours = salt + keys.map((key) => mac(key, salt)).join('')
  return csurfSecret === undefined ? ours : csurfToken(ours, csurfSecret)
}

/** Whether `token` was made from one of `keys`, or by csurf from its own secret. */
export function isTokenFor(
  token: string,
  keys: readonly TokenKey[],
  csurfSecret: string | undefined,
): boolean {
  if (token.length > LONGEST) return false
  // Ours is judged by our keys alone: what was made for another session is not saved by csurf's part.
  const [, ours] = OURS.exec(token) ?? []
  if (ours !== undefined) return fitsOne(ours, keys)
  const [salt = ''] = token.split('-', 1)
  return csurfSecret !== undefined && isEqualSecret(token, csurfToken(salt, csurfSecret))
}

function fitsOne(ours: string, keys: readonly TokenKey[]): boolean {
  const salt = ours.slice(0, SALT)
  let fits = false
  for (const key of keys) {
    const expected = mac(key, salt)
    for (let at = SALT; at < ours.length; at += MAC) {
      if (isEqualSecret(ours.slice(at, at + MAC), expected)) fits = true
    }
  }
  return fits
}

function mac({ kind, secret }: TokenKey, salt: string): string {
  return undashed(macOf(secret, `sojourn csurf 1 ${kind} ${salt}`))
}

/** HMAC-SHA256 of `message` under `secret`, cut to 192 bits, as base64url. */
export function macOf(secret: string, message: string): string {
  return createHmac(secret).sign(message).subarray(0, MAC_BYTES).toString('base64url')
}

/** csurf splits tokens at the first `-`, so none may be in what it takes for the salt. */
function undashed(text: string): string {
  return text.replaceAll('-', '.')
}

/** As csurf 1.11 (csrf 3) makes it: `salt-base64url(SHA-1(salt-secret))`. */
function csurfToken(salt: string, secret: string): string {
  const digest = Buffer.from(sha1(`${salt}-${secret}`), 'hex').toString('base64url')
  return `${salt}-${digest}`
}
