import { EventEmitter } from 'node:events'
import { Cookie } from './cookie.js'
import { Session } from './session.js'
import type { ClassicStore, SessionRequest, StoredSession, StoreMethods } from './contract.js'

/** What `Store` is to those who inherit from it, as a class or with `util.inherits` and `Store.call(this)`. */
export interface StoreConstructor {
  new (): StoreMethods
  (this: object): void
  readonly prototype: StoreMethods
}

/** A function, no class: stores of 2012 call it on their own `this`. */
function construct(this: StoreMethods): void {
  ;(EventEmitter as unknown as () => void).call(this)
}
Object.defineProperty(construct, 'name', { value: 'Store' })
Object.setPrototypeOf(construct.prototype, EventEmitter.prototype)
Object.setPrototypeOf(construct, EventEmitter)

const methods: Pick<StoreMethods, 'regenerate' | 'load' | 'createSession'> &
  ThisType<ClassicStore> = {
  regenerate(request, callback) {
    this.destroy(request.sessionID ?? '', (error) => {
      this.generate(request)
      callback(error)
    })
  },

  load(id, callback) {
    this.get(id, (error, stored) => {
      if (error) callback(error)
      else if (!stored) callback()
      else callback(null, this.createSession(requestFor(this, id), stored))
    })
  },

  createSession(request, stored) {
    return createSession(request, stored)
  },
}
Object.assign(construct.prototype as object, methods)

/** The class that stores inherit from: an EventEmitter that says `disconnect` and `connect`. */
export const Store: StoreConstructor = construct as unknown as StoreConstructor

/** Gives `request` a session made from what a store gave back. */
export function createSession(request: SessionRequest, stored: StoredSession): Session {
  // A record without a cookie throws here, as it always did: the middleware tells `next`.
  const expires = stored.cookie.expires
  const originalMaxAge = stored.cookie.originalMaxAge
  const cookie = new Cookie(stored.cookie)
  if (typeof expires === 'string') cookie.expires = new Date(expires)
  // Setting `expires` counted it anew.
  cookie.originalMaxAge = originalMaxAge
  ;(stored as { cookie: unknown }).cookie = cookie
  const session = new Session(request, stored)
  request.session = session
  return session
}

function requestFor(store: ClassicStore, id: string): SessionRequest {
  return { sessionID: id, sessionStore: store } as unknown as SessionRequest
}
