import { InvalidOption } from '../errors.js'
import type { TokenSet } from '../session/issue.js'
import type { SessionId } from '../store/record.js'
import { createCookieJar, type CookieJar } from './cookie-jar.js'

/** What a sign-in left behind. */
export interface SignedInParts {
  readonly id: SessionId | undefined
  readonly subject: string | undefined
  /** `Set-Cookie` lines. */
  readonly cookies: readonly string[]
  readonly tokens: TokenSet | undefined
}

/**
 * A client that is signed in: its cookies and its tokens, ready for whatever sends the requests of a test. Printed or
 * turned to JSON it shows no credential, so that a failing test leaves none in a log.
 */
export class SignedIn {
  /** The session's public id; `undefined` for sessions of foreign stores under `sojourn/express-session`. */
  readonly id: SessionId | undefined
  /** Whose session it is; `undefined` where nobody was named. */
  readonly subject: string | undefined
  /** The client's cookies; `jar.keep(lines)` takes in what later answers set. */
  readonly jar: CookieJar
  readonly #setCookies: readonly string[]
  readonly #tokens: TokenSet | undefined

  /** Clients are made by `signIn` and `login`; tests never call this. */
  constructor({ id, subject, cookies, tokens }: SignedInParts) {
    this.id = id
    this.subject = subject
    this.jar = createCookieJar()
    this.jar.keep(cookies)
    this.#setCookies = cookies
    this.#tokens = tokens
  }

  /** The `Cookie` header as it stands now: `name=value`. */
  get cookie(): string {
    return this.jar.header()
  }

  /** The `Set-Cookie` lines of the sign-in, for jars of others: `agent.jar.setCookies(ada.setCookies)`. */
  get setCookies(): readonly string[] {
    return this.#setCookies
  }

  /** Headers that present the session by its cookie: `request(app).get('/me').set(ada.headers)`. */
  get headers(): { readonly cookie: string } {
    return { cookie: this.cookie }
  }

  /** Headers that present it by its access token instead. Throws `InvalidOption` where there is none. */
  get bearer(): { readonly authorization: string } {
    const { tokenType, accessToken } = this.#issued()
    return { authorization: `${tokenType} ${accessToken}` }
  }

  /** Whether tokens were issued. */
  get hasTokens(): boolean {
    return this.#tokens !== undefined
  }

  /** Throws `InvalidOption` where there is none: `createSojourn` has no option `tokens`, or they were not wanted. */
  get accessToken(): string {
    return this.#issued().accessToken
  }

  /** Throws like {@link SignedIn.accessToken}. */
  get refreshToken(): string {
    return this.#issued().refreshToken
  }

  /**
   * `fetch` with the client's cookies, which keeps those that the answer sets. Redirections are answered as they are:
   * `redirect: 'manual'` is the default.
   */
  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    const cookie = this.jar.header(new URL(url).pathname)
    if (cookie !== '' && !headers.has('cookie')) headers.set('cookie', cookie)
    const answer = await fetch(url, { redirect: 'manual', ...init, headers })
    this.jar.keep(answer.headers.getSetCookie())
    return answer
  }

  #issued(): TokenSet {
    if (this.#tokens !== undefined) return this.#tokens
    throw new InvalidOption(
      'This sign-in issued no tokens: they need the option tokens: { issuer, audience } of createSojourn.',
    )
  }
}
