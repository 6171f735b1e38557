import type { Hmac } from '../../system/digest.js'
import {
  isKeeping,
  type KeepingStore,
  type Next,
  type SessionRequest,
  type SessionResponse,
  type StoredSession,
} from './contract.js'
import { attributesOf, deletionsFor, hasRival } from './cookie-deletion.js'
import { debug, hidden, saying } from './debug.js'
import { Ledger, wasDestroyed } from './ledger.js'
import { appendCookies, serializeClassicCookie } from './cookie-line.js'
import { takeOver } from './own-session.js'
import { isEnded, isMissing } from './store-errors.js'
import { isSecure } from './secure.js'
import type { Session } from './session.js'
import type { Settings } from './settings.js'
import { passportUserOf, renewForPassport } from './passport-user.js'
import { noteRefused } from './refused-cookie.js'
import { readSignedId, signId, type CookieKeys, type PresentedId } from './signed-cookie.js'

/** One request and its answer, from the cookie that came to the cookie that goes. */
export class Attendance {
  readonly #settings: Settings
  readonly #request: SessionRequest
  readonly #response: SessionResponse
  readonly #next: Next
  readonly #keys: CookieKeys
  readonly #ledger: Ledger
  readonly #presented: PresentedId | undefined
  readonly #keeping: KeepingStore | undefined
  #isTouched = false
  /** The first stage of a held answer has been saved: only what changes afterwards is left to do. */
  #isSettled = false
  /** What was to be kept was not: another answer is sent, which says nothing of any session. */
  #isFailed = false
  /** A session that another answer has replaced meanwhile: it is neither stored nor sent. */
  #passingId: string | undefined
  /** Whom passport had signed in when the request came. */
  #passportUser: string | undefined

  constructor(
    settings: Settings,
    exchange: { request: SessionRequest; response: SessionResponse; next: Next },
    keys: CookieKeys,
  ) {
    this.#settings = settings
    this.#request = exchange.request
    this.#response = exchange.response
    this.#next = exchange.next
    this.#keys = keys
    this.#keeping = isKeeping(settings.store) ? settings.store : undefined
    this.#ledger = new Ledger(settings.isResaved)
    this.#presented = readSignedId(exchange.request, settings.names, keys)
    if (this.#presented === undefined) noteRefused(exchange.request, settings.names)
    exchange.request.sessionStore = settings.store
    exchange.request.sessionID = this.#presented?.id
  }

  /** Gives the request its session, then calls `next`. */
  begin(): void {
    const id = this.#presented?.id
    if (id === undefined) {
      debug('no SID sent, generating session')
      this.#generate()
      this.#next()
      return
    }
    debug('fetching %s', hidden(id))
    this.#settings.store.get(id, (error, stored) => {
      if (error && !isMissing(error)) {
        debug('error %j', error)
        this.#next(error)
        return
      }
      try {
        this.#receive(error ? undefined : stored)
      } catch (fault) {
        this.#next(fault)
        return
      }
      this.#next()
    })
  }

  #receive(stored: StoredSession | null | undefined): void {
    if (stored) {
      debug('session found')
      const session = this.#settings.store.createSession(this.#request, stored)
      takeOver(this.#request)
      this.#ledger.inflate(this.#request.session ?? session, stored)
      this.#passportUser = passportUserOf(stored)
      return
    }
    debug('no session found')
    // Asked while the request still has the id that was presented.
    const isOvertaken = this.#keeping?.isOvertaken(this.#request) === true
    this.#generate()
    if (isOvertaken) this.#passingId = this.#request.sessionID
  }

  #generate(): void {
    const { store } = this.#settings
    store.generate(this.#request)
    if (this.#request.session) this.#ledger.begin(this.#request.session)
  }

  /**
   * Called once, when the head is about to leave: adds the cookie, where one is due. A cookie that cannot be written is
   * told to `next`; what the data of the session throws is thrown at whoever writes the head.
   */
  addCookie(): void {
    if (this.#isFailed) return
    const session = this.#sessionToSend()
    try {
      this.#addDeletions()
      if (session) this.#setCookie(session)
    } catch (error) {
      setImmediate(this.#next, error)
    }
  }

  #sessionToSend(): Session | undefined {
    const { session } = this.#request
    if (!session) {
      debug('no session')
      return undefined
    }
    if (!this.#mustSetCookie(session)) return undefined
    if (session.cookie.secure && !isSecure(this.#request, this.#settings.proxy)) {
      debug('not secured')
      return undefined
    }
    this.#touch(session)
    return session
  }

  #setCookie(session: Session): void {
    const id = this.#request.sessionID as string
    const signed = `s:${signId(id, this.#keys[0] as Hmac)}`
    const attributes = attributesOf(session.cookie, this.#settings, this.#request)
    const line = serializeClassicCookie(this.#settings.name, signed, attributes)
    debug('set-cookie %s', line.replace(encodeURIComponent(signed), hidden(signed)))
    appendCookies(this.#response, [line])
  }

  #addDeletions(): void {
    const { clearsCookie, destroysUnset } = this.#settings
    const { session } = this.#request
    const isOver = !session && (destroysUnset || wasDestroyed(this.#request))
    const lines = deletionsFor(this.#settings, this.#request, {
      presentedName: this.#presented?.name,
      isOver: isOver && clearsCookie,
    })
    appendCookies(this.#response, lines)
  }

  /**
   * Does what is left to do before the answer is complete, and calls `done` after it. `false`: nothing. A fault is told to
   * `next`, and the answer goes on, as it always did with stores that say nothing of their faults.
   */
  finish(done: () => void): boolean {
    if (this.#isFailed) return false
    const { store } = this.#settings
    return this.#store((error) => {
      if (error && !(isKeeping(store) && isEnded(error))) setImmediate(this.#next, error)
      done()
    })
  }

  /**
   * The same for an answer of which nothing has left yet: on our own stores, nobody is told that something is saved
   * before it is. `undefined`: nothing to wait for.
   */
  settle(): Promise<void> | undefined {
    const { session, sessionID } = this.#request
    const isOld = this.#presented?.id === sessionID && !this.#isSettled
    const renewal = session && isOld && renewForPassport(session, this.#passportUser)
    if (!renewal) return this.#settle()
    this.#isFailed = true
    return renewal.then(() => {
      this.#isFailed = false
      return this.#settle()
    })
  }

  #settle(): Promise<void> | undefined {
    let isCalled = false
    let resolve: (() => void) | undefined
    let fault: unknown
    const isAny = this.#store((error) => {
      isCalled = true
      // The session ended while this request ran: it has been answered all the same, without a cookie.
      fault = error && !isEnded(error) ? error : undefined
      this.#isFailed = fault !== undefined
      resolve?.()
    })
    this.#isSettled = true
    if (!isAny || (isCalled && fault === undefined)) return undefined
    return new Promise<void>((done) => {
      resolve = done
      if (isCalled) done()
    }).then(() => {
      // An answer that tells of a failure itself claims nothing: the application's words are better than ours.
      if (fault !== undefined && this.#response.statusCode < 500) throw fault as Error
    })
  }

  #store(done: (error?: unknown) => void): boolean {
    const { store, destroysUnset } = this.#settings
    const request = this.#request
    const { session, sessionID } = request
    // What became of a session that was unset is looked at once, when the answer begins.
    if (sessionID && destroysUnset && session == null && !this.#isSettled) {
      debug('destroying')
      store.destroy(sessionID, saying('destroyed', done))
      return true
    }
    if (!session) {
      debug('no session')
      return false
    }
    this.#touch(session)
    if (this.#mustSave(session)) {
      session.save(this.#confirming(session, done))
      return true
    }
    if (!this.#settings.storeTouches || !this.#mustTouch()) return false
    debug('touching')
    store.touch?.(sessionID as string, session, saying('touched', this.#confirming(session, done)))
    return true
  }

  /** On our own stores, a cookie that the client has is sent again only while it is still the one to have. */
  #confirming(session: Session, done: (error?: unknown) => void): (error?: unknown) => void {
    const keeping = this.#keeping
    const isOld = this.#presented?.id === this.#request.sessionID && !this.#isSettled
    if (keeping === undefined || !isOld || !this.#mustSetCookie(session)) return done
    return (error) => {
      if (error) done(error)
      else keeping.confirm(session, done)
    }
  }

  #touch(session: Session): void {
    if (this.#isTouched) return
    session.touch()
    this.#isTouched = true
  }

  #mustSave(session: Session): boolean {
    const { savesUninitialized } = this.#settings
    if (!this.#hasUsableId() || this.#isPassing(session)) return false
    const isUninitialized =
      !savesUninitialized &&
      !this.#ledger.wasSaved &&
      this.#presented?.id !== this.#request.sessionID
    return isUninitialized ? this.#ledger.isModified(session) : !this.#ledger.isSaved(session)
  }

  /** Only asked where nothing has to be saved. */
  #mustTouch(): boolean {
    return (
      this.#hasUsableId() && this.#presented?.id === this.#request.sessionID && !this.#isSettled
    )
  }

  #mustSetCookie(session: Session): boolean {
    const { sessionID } = this.#request
    if (typeof sessionID !== 'string' || this.#isPassing(session)) return false
    if (this.#keeping?.isGone(session) === true) return false
    const isOld = this.#presented?.id === sessionID
    return isOld ? this.#mustSendAgain(session) : this.#mustSendFirst(session)
  }

  #mustSendFirst(session: Session): boolean {
    return this.#settings.savesUninitialized || this.#ledger.isModified(session)
  }

  #mustSendAgain(session: Session): boolean {
    const { isRolling, name } = this.#settings
    if (isRolling || this.#presented?.name !== name) return true
    if (this.#presented.isOld && this.#keeping !== undefined) return true
    if (hasRival(this.#settings, this.#request)) return true
    return session.cookie.expires != null && this.#ledger.isModified(session)
  }

  #isPassing(session: Session): boolean {
    return this.#passingId !== undefined && this.#passingId === session.id
  }

  #hasUsableId(): boolean {
    const { sessionID } = this.#request
    if (typeof sessionID === 'string') return true
    debug('session ignored because of bogus req.sessionID %o', sessionID)
    return false
  }
}
