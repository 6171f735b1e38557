import { InvalidOption } from '../../errors.js'
import type { CookieSecret } from './signed-cookie.js'

/** Secrets that stand in documentation, tutorials and answers: everybody knows them. */
const PUBLISHED: ReadonlySet<string> = new Set([
  'aVeryStrongSecretKeyThatShouldBeAtLeast32CharactersLong',
  'keyboard cat',
  'your_session_secret',
  'your-secret-key',
  'your secret',
  'mysecret',
  'my-secret',
  'supersecret',
  'secret',
  'changeme',
])

const LEAST_LENGTH = 32

/**
 * In production, what signs sessions must be a secret. A published one is refused; a short one is, too, on our own
 * stores, and warned of elsewhere. What signed before stays accepted behind it, so nobody is signed out.
 */
export function checkSigningSecret(secret: CookieSecret, isStrict: boolean): void {
  if (typeof secret !== 'string') return
  const way =
    'Put a new one in front and keep the old behind it, so that nobody is signed out: ' +
    'secret: [process.env.SESSION_SECRET, old]. `openssl rand -base64 32` makes one.'
  if (PUBLISHED.has(secret)) {
    throw new InvalidOption(`The session secret stands in public documentation. ${way}`)
  }
  if (secret.length >= LEAST_LENGTH) return
  const message = `The session secret has fewer than ${String(LEAST_LENGTH)} characters. ${way}`
  if (isStrict) throw new InvalidOption(message)
  process.emitWarning(message, { code: 'SOJOURN_WEAK_SECRET' })
}
