/**
 * `sojourn/jwt-redis-sessions`: in the place of the package jwt-redis-sessions, with the names of both its generations.
 * `require()` and `import` give the same. Configured by environment variables (see `config.ts`) or by `configure`.
 */
import { AuthError, RedisError, TokenError, ValidationError } from './errors.js'
import { createJwtRedisSessions, type JwtRedisSessions } from './sessions.js'

const sessions: JwtRedisSessions = createJwtRedisSessions(process.env)

export const generateToken: JwtRedisSessions['generateToken'] = sessions.generateToken
export const verifyToken: JwtRedisSessions['verifyToken'] = sessions.verifyToken
export const refreshToken: JwtRedisSessions['refreshToken'] = sessions.refreshToken
export const revokeToken: JwtRedisSessions['revokeToken'] = sessions.revokeToken
export const revokeAllUserTokens: JwtRedisSessions['revokeAllUserTokens'] =
  sessions.revokeAllUserTokens
export const getUserSessions: JwtRedisSessions['getUserSessions'] = sessions.getUserSessions
export const isTokenBlacklisted: JwtRedisSessions['isTokenBlacklisted'] =
  sessions.isTokenBlacklisted
export const auth: JwtRedisSessions['auth'] = sessions.auth
export const optionalAuth: JwtRedisSessions['optionalAuth'] = sessions.optionalAuth
export const rateLimit: JwtRedisSessions['rateLimit'] = sessions.rateLimit
export const failedAttempts: JwtRedisSessions['failedAttempts'] = sessions.failedAttempts
export const logout: JwtRedisSessions['logout'] = sessions.logout
export const logoutAll: JwtRedisSessions['logoutAll'] = sessions.logoutAll
export const refresh: JwtRedisSessions['refresh'] = sessions.refresh
export const initialize: JwtRedisSessions['initialize'] = sessions.initialize
export const configure: JwtRedisSessions['configure'] = sessions.configure
export const config: JwtRedisSessions['config'] = sessions.config
export const closeRedisConnection: JwtRedisSessions['closeRedisConnection'] =
  sessions.closeRedisConnection
export const on: JwtRedisSessions['on'] = sessions.on
export const adoptionCounts: JwtRedisSessions['adoptionCounts'] = sessions.adoptionCounts
export { AuthError, RedisError, TokenError, ValidationError }
export type * from './types.js'
export type { ErrorMiddleware, Handler, Middleware } from './middleware.js'
export type { HttpRequest, HttpResponse, Next } from './request.js'
export type { JwtRedisSessions } from './sessions.js'

/** What `require('sojourn/jwt-redis-sessions')` is, and the default export. */
export interface JwtRedisSessionsModule extends JwtRedisSessions {
  readonly AuthError: typeof AuthError
  readonly ValidationError: typeof ValidationError
  readonly TokenError: typeof TokenError
  readonly RedisError: typeof RedisError
}

const all: JwtRedisSessionsModule = {
  ...sessions,
  AuthError,
  ValidationError,
  TokenError,
  RedisError,
}

export { all as default, all as 'module.exports' }
