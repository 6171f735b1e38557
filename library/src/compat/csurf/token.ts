import { createCsrfToken, fitsCsrfToken, type CsrfKey } from '../../credential/csrf-token.js'
import { isEqualSecret, sha1 } from '../../system/digest.js'

/** A token of ours, and perhaps csurf's part, which only csurf looks at. */
const OURS = /^([\w.]{44}(?:[\w.]{32})?)(?:-[\w-]{27})?$/
/** Nobody's token is longer, whatever csurf's `saltLength` was; what is, is not looked at. */
const LONGEST = 512

/**
 * A token that fits each of `keys` (one or two).
 *
 * Where csurf's own secret is there, csurf accepts the token, too: to csurf, all of ours is the salt in front of the
 * first `-`. Processes that still run csurf take the forms of those that do not any more.
 */
export function createToken(keys: readonly CsrfKey[], csurfSecret: string | undefined): string {
  const ours = createCsrfToken(keys)
  return csurfSecret === undefined ? ours : csurfToken(ours, csurfSecret)
}

/** Whether `token` was made from one of `keys`, or by csurf from its own secret. */
export function isTokenFor(
  token: string,
  keys: readonly CsrfKey[],
  csurfSecret: string | undefined,
): boolean {
  if (token.length > LONGEST) return false
  // Ours is judged by our keys alone: what was made for another session is not saved by csurf's part.
  const [, ours] = OURS.exec(token) ?? []
  if (ours !== undefined) return fitsCsrfToken(ours, keys)
  const [salt = ''] = token.split('-', 1)
  return csurfSecret !== undefined && isEqualSecret(token, csurfToken(salt, csurfSecret))
}

/** As csurf 1.11 (csrf 3) makes it: `salt-base64url(SHA-1(salt-secret))`. */
function csurfToken(salt: string, secret: string): string {
  const digest = Buffer.from(sha1(`${salt}-${secret}`), 'hex').toString('base64url')
  return `${salt}-${digest}`
}
