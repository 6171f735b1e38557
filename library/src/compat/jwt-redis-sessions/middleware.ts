import { allowedAlone, type Counter } from './limits.js'
import { sendError, sendTooMany } from './answers.js'
import { AuthError, ValidationError } from './errors.js'
import { ForgedToken } from './wire-token.js'
import {
  bearerTokenOf,
  findToken,
  hasAuthorization,
  addressOf,
  type HttpRequest,
  type HttpResponse,
  type Next,
} from './request.js'
import type {
  AuthContext,
  Config,
  RevokeResult,
  SessionData,
  TokenData,
  TokenResponse,
  VerifyTokenResult,
} from './types.js'

/** Goes before a handler. */
export type Middleware = (request: HttpRequest, response: HttpResponse, next: Next) => Promise<void>

/** Answers a request. */
export type Handler = (request: HttpRequest, response: HttpResponse) => Promise<void>

/** Goes behind all handlers, for what they threw. */
export type ErrorMiddleware = (
  error: unknown,
  request: HttpRequest,
  response: HttpResponse,
  next: Next,
) => Promise<void>

/** What middleware needs of the verbs. */
export interface Verbs {
  verifyToken(token: string, request: HttpRequest): Promise<VerifyTokenResult>
  refreshToken(token: string, request: HttpRequest): Promise<TokenResponse>
  revokeToken(token: string): Promise<RevokeResult>
  endEverywhere(identifier: string): Promise<RevokeResult>
}

/** What the middleware of this package is made of. */
export interface Parts {
  readonly verbs: Verbs
  readonly counter: Counter
  readonly config: Config
}

/** The names of both generations on one request. */
interface Signed extends HttpRequest {
  auth?: AuthContext
  user?: TokenData
  session?: unknown
  token?: string
}

/** The verified token goes to `req.auth`, and under the older names; a session that another middleware keeps there stays. */
function sign(request: Signed, token: string, result: VerifyTokenResult): void {
  request.auth = { token, ...result }
  request.user = result.decoded
  request.token = token
  request.session ??= result.session satisfies SessionData
}

/** Refuses whoever shows no good access token, and counts those who show forged ones. */
export function createAuth(parts: Parts): Middleware {
  return async (request, response, next) => {
    try {
      const token = bearerTokenOf(request)
      sign(request, token, await parts.verbs.verifyToken(token, request))
    } catch (error) {
      if (await isBlocked(parts, request, response, error)) return
      sendError(response, error)
      return
    }
    next()
  }
}

/** Says who it is where a good access token came; goes on with nobody otherwise, also while Redis is away. */
export function createOptionalAuth({ verbs }: Parts): Middleware {
  return async (request, _response, next) => {
    if (hasAuthorization(request)) {
      try {
        const token = bearerTokenOf(request)
        sign(request, token, await verbs.verifyToken(token, request))
      } catch {
        // Whatever is wrong with it: here nobody has to be anybody.
      }
    }
    next()
  }
}

/** Seconds are told to whoever has to wait. */
const TOO_MANY = (seconds: number): { message: string } => ({
  message: `Too many attempts. Please try again in ${seconds} seconds`,
})

/**
 * Lets `maxAttempts` requests of one address through in `windowMs`. Limiters of the same two numbers count together, in
 * all processes; while Redis is away each process allows half.
 */
export function createRateLimit(
  { counter, config }: Parts,
  maxAttempts: number = config.security.maxLoginAttempts,
  windowMs: number = config.security.lockoutTime * 1_000,
): Middleware {
  const isGood = Number.isInteger(maxAttempts) && maxAttempts >= 1
  if (!isGood || !Number.isFinite(windowMs) || windowMs < 1) {
    throw new TypeError('rateLimit requires a positive maxAttempts and windowMs')
  }
  const name = `rate-limit:${maxAttempts}:${windowMs}`
  return async (request, response, next) => {
    try {
      const counted = await counter.count(name, addressOf(request), windowMs)
      const most = counted.isAlone ? allowedAlone(maxAttempts) : maxAttempts
      if (counted.count > most) {
        sendTooMany(response, counted.endsIn, TOO_MANY)
        return
      }
    } catch (error) {
      next(error)
      return
    }
    next()
  }
}

const BLOCKED = { message: 'IP temporarily blocked', error: 'IP temporarily blocked' }

/**
 * Counts a failure where it shows somebody who tries tokens out: one that we signed may have expired, and many people
 * sit behind one address. Answers 429 once there were too many.
 */
async function isBlocked(
  { counter, config }: Parts,
  request: HttpRequest,
  response: HttpResponse,
  error: unknown,
): Promise<boolean> {
  const most = config.security.maxFailedAttempts
  if (!(error instanceof ForgedToken) || most === 0) return false
  return isOver({ counter, config }, request, response, most)
}

async function isOver(
  { counter, config }: Pick<Parts, 'counter' | 'config'>,
  request: HttpRequest,
  response: HttpResponse,
  most: number,
): Promise<boolean> {
  const windowMs = config.security.lockoutTime * 1_000
  const { count, endsIn } = await counter.count('failed', addressOf(request), windowMs)
  if (count <= most) return false
  sendTooMany(response, endsIn, () => BLOCKED)
  return true
}

/**
 * Error middleware that counts every 401 of one address, whoever threw it, and answers 429 once there were more than
 * `maxFailures` (default: the option `maxFailedAttempts`) within the lockout time. Other errors go on.
 */
export function createFailedAttempts(
  parts: Pick<Parts, 'counter' | 'config'>,
  maxFailures: number = parts.config.security.maxFailedAttempts,
): ErrorMiddleware {
  return async (error, request, response, next) => {
    const isRefusal = (error as { statusCode?: unknown } | undefined)?.statusCode === 401
    if (isRefusal && (await isOver(parts, request, response, maxFailures))) return
    next(error)
  }
}

const ACCESS_COOKIES = ['accessToken', 'access_token', 'token']
const REFRESH_FIELDS = ['refreshToken', 'refresh_token']

/** Ends the session of the token that `auth` found, or that the request carries. */
export function createLogout({ verbs }: Parts): Handler {
  return answering(async (request) => {
    const fields = ['token', 'accessToken', ...REFRESH_FIELDS]
    const found = findToken(request, fields, [...ACCESS_COOKIES, ...REFRESH_FIELDS])
    const token = (request as Signed).auth?.token ?? found?.token
    if (token === undefined) throw new ValidationError('Token required')
    await verbs.revokeToken(token)
    return { status: 'SUCCESS', success: true, message: 'Logged out successfully' }
  })
}

/** Ends all sessions of the person whom `auth` found. */
export function createLogoutAll({ verbs }: Parts): Handler {
  return answering(async (request) => {
    const { auth } = request as Signed
    if (auth === undefined) throw new AuthError('Authentication required')
    const { userId, id, email } = auth.decoded
    const identifier = userId ?? id ?? email
    if (identifier === undefined) {
      throw new ValidationError('User identifier not found in token')
    }
    const { message } = await verbs.endEverywhere(identifier)
    return { status: 'SUCCESS', success: true, message }
  })
}

/** Exchanges the refresh token of a request. One that came by cookie goes back by cookie: no page sees it. */
export function createRefresh({ verbs }: Parts): Handler {
  return answering(async (request, response) => {
    const found = findToken(request, REFRESH_FIELDS, REFRESH_FIELDS)
    if (found === undefined) throw new ValidationError('Refresh token required')
    const pair = await verbs.refreshToken(found.token, request)
    if (found.from !== 'cookie') return pair
    const { refreshToken, ...rest } = pair
    response.append?.('Set-Cookie', toCookie(request, found.name, refreshToken))
    return rest
  })
}

function toCookie(request: HttpRequest, name: string, value: string): string {
  const isSecure = (request as { readonly secure?: unknown }).secure === true
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
}

type Answer = (request: HttpRequest, response: HttpResponse) => Promise<object>

function answering(answer: Answer): Handler {
  return async (request, response) => {
    try {
      const body = await answer(request, response)
      response.set?.('Cache-Control', 'no-store')
      response.json(body)
    } catch (error) {
      sendError(response, error)
    }
  }
}
