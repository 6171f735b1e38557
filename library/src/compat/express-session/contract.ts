/**
 * compat/express-session/ owns the API of express-session: `session(options)` and the classes Cookie, Session,
 * Store and MemoryStore, behaving as documented there. Applications and stores written for express-session call it; it
 * never looks into a store, and knows our own only by what {@link KeepingStore} adds.
 *
 * This file: the shapes that meet here.
 */
import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CookieData } from './cookie.js'
import type { Session } from './session.js'

/** The callback of every store and session method. */
export type Callback<Value = undefined> = (error?: unknown, value?: Value) => void

/** What a store keeps and gives back: the session's own enumerable properties, as JSON sees them. */
export interface StoredSession {
  cookie: CookieData
  [key: string]: unknown
}

/** What `Store` gives to those who inherit from it. */
export interface StoreMethods extends EventEmitter {
  /** Destroys the session of `request` and gives it a new one. */
  regenerate(request: SessionRequest, callback: Callback): unknown
  /** Reads a session outside a request. */
  load(id: string, callback: Callback<Session>): unknown
  /** Makes the session of `request` from what was stored. */
  createSession(request: SessionRequest, stored: StoredSession): Session
  /** Set by the middleware: gives `request` a new, empty session. */
  generate(request: SessionRequest): void
}

/** Any store written for express-session. */
export interface ClassicStore extends StoreMethods {
  get(id: string, callback: Callback<StoredSession | null>): unknown
  set(id: string, session: Session | StoredSession, callback?: Callback): unknown
  destroy(id: string, callback?: Callback): unknown
  touch?(id: string, session: Session | StoredSession, callback?: Callback): unknown
  all?(callback: Callback<StoredSession[] | Record<string, StoredSession> | null>): unknown
  ids?(callback: Callback<string[]>): unknown
  length?(callback: Callback<number>): unknown
  clear?(callback?: Callback): unknown
}

/** How a session is handed over to its successor. */
export interface RegenerateOptions {
  /**
   * What moves on to the new session: everything (`true`), nothing (`false`), or these keys. Default on our own stores:
   * what this request set and had not saved yet, since it was meant for the session to come; on foreign stores nothing.
   */
  readonly keep?: boolean | readonly string[]
}

/** Our own stores can do more than the callbacks of express-session can say. */
export interface KeepingStore extends ClassicStore {
  /** Marks the difference. */
  readonly [KEEPING]: true
  /** Starts a session for `subject` with what `session` holds, in place of the present one. */
  login(request: SessionRequest, subject: string, options: RegenerateOptions): Promise<void>
  /** What the store found out about the credential of this request: why its session is over, if it is. */
  endReasonOf(request: SessionRequest): string | undefined
  /**
   * The session that was presented was replaced a moment ago by another answer: this one must neither store a session nor
   * send a cookie, or it would take the place of the new one.
   */
  isOvertaken(request: SessionRequest): boolean
  /**
   * A cookie that the client has is about to be sent again: finds out whether the session is still the one to have, for
   * {@link KeepingStore.isGone} to tell. Calls back at once where that is known.
   */
  confirm(session: Session, callback: Callback): void
  /** The session ended, or another one took its place, while this request ran: no cookie may be sent. */
  isGone(session: Session): boolean
  /** Whose session this is. */
  subjectOf(session: Session): string | undefined
}

/** Marks a store that keeps what {@link KeepingStore} promises. */
export const KEEPING: unique symbol = Symbol.for('sojourn.keeping')

/**
 * A store in the shape of connect-redis answers here one that keeps more, where it can: what it has in its records is
 * taken over as people come by.
 */
export const UPGRADE: unique symbol = Symbol.for('sojourn.upgrade')

export function isKeeping(store: object): store is KeepingStore {
  return KEEPING in store
}

/** A request as far as the middleware looks at it. */
export interface SessionRequest extends IncomingMessage {
  session?: Session | null | undefined
  sessionID?: string | undefined
  sessionStore?: ClassicStore | undefined
  /** Set by cookie-parser. */
  secret?: string | undefined
  signedCookies?: Record<string, unknown> | undefined
  cookies?: Record<string, unknown> | undefined
  /** Set by Express. */
  originalUrl?: string | undefined
  secure?: boolean | undefined
}

/** Whatever stands in for a response: in handshakes of sockets it may be an empty object. */
export type SessionResponse = ServerResponse

export type Next = (error?: unknown) => void
