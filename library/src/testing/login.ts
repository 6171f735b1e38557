import { InvalidOption } from '../errors.js'
import type { TestSignIn } from './sign-in.js'
import { signIn } from './sign-in.js'
import { signInThrough } from './drop-in.js'
import { findSessions, type SessionSource } from './find-sessions.js'
import type { SignedIn } from './signed-in.js'

/** Whom to sign in to an application. Everything but the two below is as in `signIn`. */
export interface Login extends Omit<TestSignIn<Record<string, unknown>>, 'subject' | 'data'> {
  /**
   * Whose session it is: what `session.signIn(subject)` or `req.session.login(subject)` gets. May be left away where
   * `sojourn/express-session` gives the sessions and the application keeps the person in their data.
   */
  readonly user?: string
  /** What the session holds, as the application's own sign-in puts it there. Default nothing. */
  readonly data?: Readonly<Record<string, unknown>>
}

/**
 * Signs somebody in to an application that uses `sojourn/express` or `sojourn/express-session`, in memory: no request is
 * sent, and no password is needed.
 *
 * ```ts
 * const ada = await login(app, { user: 'ada', data: { cart: ['book'] } })
 * await request(app).get('/cart').set(ada.headers).expect(200)
 * ```
 *
 * @param app - an Express application or router, a session middleware, or a `Sojourn`
 * @throws {InvalidOption} where no sessions are found in it, or the sign-in names nobody
 */
export async function login(app: SessionSource, options: Login): Promise<SignedIn> {
  const found = findSessions(app)
  const { user, data = {}, ...how } = options
  if (found.kind === 'sojourn') {
    if (user === undefined) throw new InvalidOption('login needs a user to sign in.')
    return signIn(found.sojourn, { ...how, subject: user, data })
  }
  if (user === undefined && Object.keys(data).length === 0) {
    throw new InvalidOption('login needs a user to sign in, or data that says who it is.')
  }
  return signInThrough(found.middleware, { user, data }, how)
}
