import {
  isKeeping,
  type Callback,
  type ClassicStore,
  type RegenerateOptions,
  type SessionRequest,
  type StoredSession,
} from './contract.js'
import type { Cookie } from './cookie.js'
import { noteDestroyed } from './ledger.js'
import { handOver } from './regenerate.js'

/**
 * `req.session`. Its own enumerable properties are the data: whoever copies them copies the session. Every method calls its
 * callback back and answers the session, or answers a promise where it gets none. A promise that nobody
 * awaits never ends the process.
 */
export class Session {
  declare readonly req: SessionRequest
  declare readonly id: string
  declare cookie: Cookie;
  [key: string]: unknown

  constructor(request: SessionRequest, stored?: StoredSession | null) {
    Object.defineProperty(this, 'req', { value: request })
    Object.defineProperty(this, 'id', { value: request.sessionID })
    if (typeof stored !== 'object' || stored === null) return
    for (const key in stored) {
      if (!(key in this) || isNew(key)) this[key] = stored[key]
    }
  }

  /** The time until the session expires starts anew. Done for every request by itself. */
  touch(): this {
    return this.resetMaxAge()
  }

  resetMaxAge(): this {
    this.cookie.maxAge = this.cookie.originalMaxAge
    return this
  }

  /** Stores the session now. Needed where the answer does not end afterwards: web sockets, long polling. */
  save(callback?: Callback): unknown {
    return answering(this, callback, (done) => storeOf(this).set(this.id, this, done))
  }

  /** Replaces `req.session` by what the store knows. */
  reload(callback?: Callback): unknown {
    return answering(this, callback, (done) => {
      reload(this, done)
    })
  }

  /** Ends the session: `req.session` is gone, and so is every credential of it. */
  destroy(callback?: Callback): unknown {
    const { req } = this
    delete req.session
    return answering(this, callback, (done) =>
      storeOf(this).destroy(this.id, (...answer) => {
        if (!answer[0]) noteDestroyed(req)
        done(...answer)
      }),
    )
  }

  /**
   * Ends the session and starts another one under a new id, in `req.session`: to be called whenever somebody signs in or
   * out. See {@link RegenerateOptions} for what moves on.
   */
  regenerate(options?: RegenerateOptions | Callback, callback?: Callback): unknown {
    const [wish, after] = typeof options === 'function' ? [{}, options] : [options ?? {}, callback]
    return answering(this, after, (done) => {
      handOver(this, wish, done)
    })
  }

  /**
   * Signs somebody in: a new id, everything kept unless `keep` says otherwise, saved when this resolves. On our own stores
   * the session is found by its subject from now on: it can be listed, and ended with all others.
   */
  async login(subject: string, options: RegenerateOptions = {}): Promise<void> {
    const { req } = this
    const store = storeOf(this)
    if (isKeeping(store)) {
      await store.login(req, subject, options)
      return
    }
    await this.regenerate({ keep: options.keep ?? true })
    await req.session?.save()
  }
}

for (const name of Object.getOwnPropertyNames(Session.prototype)) {
  Object.defineProperty(Session.prototype, name, { enumerable: false })
}

/** A name that express-session left to its applications: data of theirs may be called so, and then it is data. */
function isNew(key: string): boolean {
  return key === 'login'
}

function storeOf(session: Session): ClassicStore {
  return session.req.sessionStore as ClassicStore
}

/** Calls back and answers the session, or answers a promise. */
function answering(
  session: Session,
  callback: Callback | undefined,
  run: (done: Callback) => unknown,
): unknown {
  if (callback !== undefined) {
    run(callback)
    return session
  }
  const promise = new Promise<void>((resolve, reject) => {
    run((error) => {
      if (error)
        reject(
          error instanceof Error ? error : new Error('The session store failed.', { cause: error }),
        )
      else resolve()
    })
  })
  promise.catch(() => undefined)
  return promise
}

function reload(session: Session, done: Callback): void {
  const { req } = session
  const store = storeOf(session)
  store.get(session.id, (error, stored) => {
    if (error) {
      done(error)
    } else if (!stored) {
      done(new Error('failed to load session'))
    } else {
      store.createSession(req, stored)
      done()
    }
  })
}
