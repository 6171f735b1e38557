import type { Request, RequestHandler } from 'express'
import type {
  Cookie as ForeignCookie,
  CookieOptions as ForeignCookieOptions,
  MemoryStore as ForeignMemoryStore,
  Session as ForeignSession,
  SessionData as ForeignSessionData,
  SessionOptions as ForeignSessionOptions,
  Store as ForeignStore,
} from 'express-session'
import { keepSessions } from '../kept/index.js'
import { isKeeping, type SessionRequest } from './contract.js'
import { Cookie as OwnCookie } from './cookie.js'
import { MemoryStore as OwnMemoryStore } from './memory.js'
import { createMiddleware } from './middleware.js'
import { refusalFor, type CookieRefusal } from './refused-cookie.js'
import type { ExpressSessionOptions } from './options.js'
import { Session as OwnSession } from './session.js'
import { Store as OwnStore } from './store.js'

/** The class that stores inherit from. */
export const Store: typeof ForeignStore = OwnStore as unknown as typeof ForeignStore
/** The class of `req.session.cookie`. */
export const Cookie: typeof ForeignCookie = OwnCookie as unknown as typeof ForeignCookie
/** The class of `req.session`. */
export const Session: typeof ForeignSession = OwnSession as unknown as typeof ForeignSession
/** Sessions in this process alone, for development. */
export const MemoryStore: typeof ForeignMemoryStore =
  OwnMemoryStore as unknown as typeof ForeignMemoryStore

/** Why the session that `request` presented is over, where one of our own stores knows; told to its holder alone. */
export function endReasonOf(request: Request): string | undefined {
  const store = storeOf(request)
  return store && isKeeping(store) ? store.endReasonOf(asOwn(request)) : undefined
}

/**
 * Why the session cookie that `request` presented counts for nothing: an answer to give instead of treating its sender as
 * somebody new. `undefined`: it verifies, or there is none. Whether its session lives, {@link endReasonOf} tells.
 */
export function refusalOf(request: Request): CookieRefusal | undefined {
  return refusalFor(request)
}

/** Who signed in with `req.session.login(subject)`, where one of our own stores keeps it. */
export function subjectOf(request: Request): string | undefined {
  const store = storeOf(request)
  const { session } = asOwn(request)
  return session && store && isKeeping(store) ? store.subjectOf(session) : undefined
}

function storeOf(request: Request): SessionRequest['sessionStore'] {
  return asOwn(request).sessionStore
}

function asOwn(request: Request): SessionRequest {
  return request as unknown as SessionRequest
}

/** What `require('sojourn/express-session')` is, and the default export: express-session's function with its classes. */
export interface ExpressSession {
  /**
   * Sessions for an Express application, as express-session gives them: same options, same `req.session`, same cookies and
   * records. Throws `TypeError` for options that it refuses, and `InvalidOption` for a published secret in production.
   */
  (options?: ExpressSessionOptions): RequestHandler
  readonly Store: typeof ForeignStore
  readonly Cookie: typeof ForeignCookie
  readonly Session: typeof ForeignSession
  readonly MemoryStore: typeof ForeignMemoryStore
  readonly keepSessions: typeof keepSessions
  readonly endReasonOf: typeof endReasonOf
  readonly refusalOf: typeof refusalOf
  readonly subjectOf: typeof subjectOf
}

/** See {@link ExpressSession}. */
const session: ExpressSession = Object.assign(
  function session(options?: ExpressSessionOptions) {
    return createMiddleware(options ?? {}) as unknown as RequestHandler
  },
  { Store, Cookie, Session, MemoryStore, keepSessions, endReasonOf, refusalOf, subjectOf },
)

// What is a class there is a type, too, and every type can be had by its name or under the function's.
/** What the class {@link ExpressSession.Store} makes: where sessions rest, to be extended by stores. */
export type Store = ForeignStore
/** What the class {@link ExpressSession.Cookie} makes: the cookie of one session, as `req.session.cookie`. */
export type Cookie = ForeignCookie
/** What the class {@link ExpressSession.Session} makes: the session of one request, as `req.session`. */
export type Session = ForeignSession
/** What the class {@link ExpressSession.MemoryStore} makes: a store that forgets everything when the process ends. */
export type MemoryStore = ForeignMemoryStore
export type { CookieOptions, SessionData, SessionOptions } from 'express-session'

/** `session.SessionOptions` and its like, as `@types/express-session` has them; types only. */
// eslint-disable-next-line @typescript-eslint/no-namespace -- the only way to give types to a function that is the module
declare namespace session {
  export type Store = ForeignStore
  export type Cookie = ForeignCookie
  export type Session = ForeignSession
  export type MemoryStore = ForeignMemoryStore
  export type CookieOptions = ForeignCookieOptions
  export type SessionData = ForeignSessionData
  export type SessionOptions = ForeignSessionOptions
}

export { keepSessions }
export { session as default, session as 'module.exports' }
export type { ExpressSessionOptions, PreviousCookie } from './options.js'
export type { CookieRefusal } from './refused-cookie.js'
export type { RegenerateOptions } from './types.js'
