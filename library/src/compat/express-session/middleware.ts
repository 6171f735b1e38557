import { holdResponse } from '../../adapter/node/held-response.js'
import { DROP_IN, markSessions } from '../../exchange.js'
import { Attendance } from './attendance.js'
import { isKeeping, type Next, type SessionRequest, type SessionResponse } from './contract.js'
import { Cookie } from './cookie.js'
import { debug } from './debug.js'
import { holdLastByte } from './last-byte.js'
import { onHead } from './on-head.js'
import type { ExpressSessionOptions } from './options.js'
import { isSecure } from './secure.js'
import { Session } from './session.js'
import { toCookieKeys } from './signed-cookie.js'
import { toSettings, type Settings } from './settings.js'

/** What `session(options)` answers: `req.session` for every request that passes it. */
export type SessionMiddleware = (
  request: SessionRequest,
  response: SessionResponse,
  next: Next,
) => void

/** Throws `TypeError` for options that express-session refuses, in its words. */
export function createMiddleware(options: ExpressSessionOptions): SessionMiddleware {
  const settings = toSettings(options)
  const { store } = settings
  store.generate = (request) => {
    generate(settings, request)
  }
  let isReady = true
  store.on('disconnect', () => {
    isReady = false
  })
  store.on('connect', () => {
    isReady = true
  })
  const middleware: SessionMiddleware = function session(request, response, next) {
    if (request.session) {
      next()
    } else if (!isReady) {
      debug('store is disconnected')
      next()
    } else if (!isInPath(settings, request)) {
      debug('pathname mismatch')
      next()
    } else {
      attend(settings, request, response, next)
    }
  }
  return markSessions(middleware, DROP_IN)
}

/** Gives `request` a new, empty session. */
function generate(settings: Settings, request: SessionRequest): void {
  request.sessionID = settings.generateId(request)
  const session = new Session(request)
  request.session = session
  const options = settings.cookieFor(request)
  session.cookie = new Cookie(options)
  const { secure, sameSite } = options
  if (secure !== 'auto' && sameSite !== 'auto') return
  const isSafe = isSecure(request, settings.proxy)
  if (secure === 'auto') session.cookie.secure = isSafe
  if (sameSite === 'auto') session.cookie.sameSite = isSafe ? 'none' : 'lax'
}

/** The path of the cookie, before any router took its part away. */
function isInPath(settings: Settings, request: SessionRequest): boolean {
  const path = settings.cookieFor(request).path
  return pathOf(request.originalUrl ?? request.url ?? '/').startsWith(path || '/')
}

/** Also of `http://host/path`, as clients write it to proxies; `*` is no path and stays as it is. */
function pathOf(target: string): string {
  const [, authority, path = ''] = /^([a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(target) ?? []
  return path === '' && (authority !== undefined || target === '') ? '/' : path
}

function attend(
  settings: Settings,
  request: SessionRequest,
  response: SessionResponse,
  next: Next,
): void {
  // A list is read anew for each request: secrets are put in front of it while the process runs.
  const secrets = settings.secrets ?? (request.secret ? [request.secret] : undefined)
  if (secrets === undefined) {
    next(new Error('secret option required for sessions'))
    return
  }
  const attendance = new Attendance(settings, { request, response, next }, toCookieKeys(secrets))
  onHead(response, () => {
    attendance.addCookie()
  })
  holdLastByte(response, (done) => attendance.finish(done))
  // A handshake brings an empty object for a response: nothing of it can be held.
  if (isKeeping(settings.store) && typeof response.flushHeaders === 'function') {
    holdResponse(response, () => attendance.settle())
  }
  attendance.begin()
}
