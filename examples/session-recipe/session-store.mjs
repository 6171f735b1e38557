/**
 * Sessions by person. Each one rests by itself: it has its own id and its own expiry, another sign-in changes nothing
 * about it, and all of a person end in one step.
 */
import { createNodeIncoming } from 'sojourn/express'

export class SessionStore {
  #sojourn

  constructor(sojourn) {
    this.#sojourn = sojourn
  }

  /**
   * Starts a session of `userId` that holds `data`. Answers its id (public: it can be listed and logged, and opens
   * nothing) and the pair of tokens that presents it. `request`, where there is one, tells which device it is.
   */
  async create(userId, data = {}, request = undefined) {
    const incoming =
      request === undefined ? NO_REQUEST : createNodeIncoming(request, this.#sojourn.proxyTrust)
    const { session } = this.#sojourn.exchange(incoming)
    for (const [key, value] of Object.entries(data)) session.set(key, value)
    await session.signIn(userId)
    const tokens = await session.issueTokens()
    return { id: session.id, tokens }
  }

  /** The person's live sessions, whatever presents them: tokens or the cookie. */
  async list(userId) {
    return (await this.#sojourn.list(userId)).sessions
  }

  /** Ends one session, if it is that person's. */
  async invalidate(userId, id) {
    return this.#sojourn.revoke(id, { of: userId, reason: 'logged_out_elsewhere' })
  }

  /** Ends all sessions of a person at once, however many there are. Answers how many. */
  async invalidateAll(userId) {
    return this.#sojourn.revokeAll(userId, { reason: 'logged_out_elsewhere' })
  }
}

/** A session may begin where there is no request: in a script, in a job. */
const NO_REQUEST = {
  method: 'POST',
  target: '/',
  host: undefined,
  isSecure: true,
  address: '',
  userAgent: undefined,
  cookieHeader: undefined,
  header: () => undefined,
  isRepeated: () => false,
  forwardedNotice: undefined,
}
