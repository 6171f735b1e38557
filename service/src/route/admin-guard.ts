import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import type { Rate } from 'sojourn'
import { Problem } from '../http/index.js'
import { networkOf } from 'sojourn/express'
import type { Parts } from '../parts.js'

/** Wrong tokens that a network may send at once; then one for each tenth of the window. */
const WRONG: Rate = { quota: 10, window: 15 * 60_000 }

/**
 * Lets only through who sends ADMIN_TOKEN as a bearer token (ASVS 8.2.1): a cookie never opens these routes, so no page can. Without a
 * token 401; whoever is signed in as somebody is told that this is not for them, 403. Compared in constant time; from where wrong
 * tokens came, even the right one has to wait.
 */
export function requireAdmin(parts: Parts): RequestHandler {
  const token = parts.config.operation.adminToken
  const expected = token === undefined ? undefined : digest(token.reveal())
  const load = parts.web.optionalAuth()
  return async (request, response, next) => {
    const { counters } = parts.sojourn
    const presented = bearerOf(request)
    const key = keyOf(parts, request)
    if (presented !== undefined && expected !== undefined) {
      const { remaining } = await counters.spend(key, WRONG, 0)
      if (remaining < 1) refuseForNow(parts, request)
      if (timingSafeEqual(digest(presented), expected)) {
        next()
        return
      }
    }
    // Whoever is not the administrator may be somebody else: only then the session is looked at.
    await new Promise<void>((resolve, reject) => {
      load(request, response, (error?: unknown) => {
        if (error === undefined) resolve()
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it came
        else reject(error)
      })
    })
    const { session } = request as Request & { session?: { isSignedIn: boolean } }
    if (session?.isSignedIn === true) refuse(parts, request, FORBIDDEN)
    if (presented !== undefined) await counters.spend(key, WRONG)
    refuse(parts, request, MISSING)
  }
}

const MISSING = { status: 401, code: 'admin_token_required', detail: 'This needs the admin token.' }
const FORBIDDEN = { status: 403, code: 'forbidden', detail: 'This is for administrators.' }
const LOCKED = { status: 429, code: 'rate_limited', detail: 'Too many wrong admin tokens.' }
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="admin"' }

function refuse(parts: Parts, request: Request, facts: typeof MISSING): never {
  report(parts, request, facts.code)
  throw new Problem({ ...facts, ...(facts.status === 401 ? { headers: CHALLENGE } : {}) })
}

function refuseForNow(parts: Parts, request: Request): never {
  report(parts, request, LOCKED.code)
  throw new Problem({ ...LOCKED, retryAfter: WRONG.window / WRONG.quota / 1_000 })
}

function report(parts: Parts, request: Request, code: string): void {
  const { method, path } = request
  const address = parts.addressOf(request)
  parts.sojourn.report('request.refused', {
    guard: 'admin',
    code,
    method,
    path,
    address,
    isEnforced: true,
  })
}

function bearerOf({ headers }: Request): string | undefined {
  return /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
}

/** Both sides have one length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function keyOf(parts: Parts, request: Request): string {
  const [key = Buffer.alloc(0)] = parts.sojourn.deriveKeys('admin')
  const network = networkOf(parts.addressOf(request))
  return `admin:${createHmac('sha256', key).update(network).digest('base64url').slice(0, 22)}`
}
