/**
 * `sojourn/jwt-redis-sessions`: in the place of the package jwt-redis-sessions, with the names of both its generations.
 * `require()` and `import` give the same. Configured by environment variables (see `config.ts`) or by `configure`.
 */
import { AuthError, RedisError, TokenError, ValidationError } from './errors.js'
import { createJwtRedisSessions, type JwtRedisSessions } from './sessions.js'

const sessions: JwtRedisSessions = createJwtRedisSessions(process.env)

/** Starts a session and answers its first pair of tokens; see {@link JwtRedisSessions.generateToken}. */
export const generateToken: JwtRedisSessions['generateToken'] = sessions.generateToken
/** Says what an access token stands for. Throws {@link TokenError}; see {@link JwtRedisSessions.verifyToken}. */
export const verifyToken: JwtRedisSessions['verifyToken'] = sessions.verifyToken
/** Exchanges a refresh token for the next pair. Throws {@link TokenError}; see {@link JwtRedisSessions.refreshToken}. */
export const refreshToken: JwtRedisSessions['refreshToken'] = sessions.refreshToken
/** Ends the session of a token; see {@link JwtRedisSessions.revokeToken}. */
export const revokeToken: JwtRedisSessions['revokeToken'] = sessions.revokeToken
/** Ends all sessions of a person; see {@link JwtRedisSessions.revokeAllUserTokens}. */
export const revokeAllUserTokens: JwtRedisSessions['revokeAllUserTokens'] =
  sessions.revokeAllUserTokens
/** The live sessions of a person; see {@link JwtRedisSessions.getUserSessions}. */
export const getUserSessions: JwtRedisSessions['getUserSessions'] = sessions.getUserSessions
/** Whether the session of a token was ended; see {@link JwtRedisSessions.isTokenBlacklisted}. */
export const isTokenBlacklisted: JwtRedisSessions['isTokenBlacklisted'] =
  sessions.isTokenBlacklisted
/** Middleware: refuses whoever shows no good access token; see {@link JwtRedisSessions.auth}. */
export const auth: JwtRedisSessions['auth'] = sessions.auth
/** Middleware: says who it is, where somebody says so; see {@link JwtRedisSessions.optionalAuth}. */
export const optionalAuth: JwtRedisSessions['optionalAuth'] = sessions.optionalAuth
/** Middleware: so many requests of one address in so many milliseconds; see {@link JwtRedisSessions.rateLimit}. */
export const rateLimit: JwtRedisSessions['rateLimit'] = sessions.rateLimit
/** Error middleware: 429 after too many 401s of one address; see {@link JwtRedisSessions.failedAttempts}. */
export const failedAttempts: JwtRedisSessions['failedAttempts'] = sessions.failedAttempts
/** Handler, behind `auth`: ends this session; see {@link JwtRedisSessions.logout}. */
export const logout: JwtRedisSessions['logout'] = sessions.logout
/** Handler, behind `auth`: ends all sessions of this person; see {@link JwtRedisSessions.logoutAll}. */
export const logoutAll: JwtRedisSessions['logoutAll'] = sessions.logoutAll
/** Handler: exchanges the refresh token of a request; see {@link JwtRedisSessions.refresh}. */
export const refresh: JwtRedisSessions['refresh'] = sessions.refresh
/** Connects; the first use does it otherwise; see {@link JwtRedisSessions.initialize}. */
export const initialize: JwtRedisSessions['initialize'] = sessions.initialize
/** Changes the configuration, before the first use; see {@link JwtRedisSessions.configure}. */
export const configure: JwtRedisSessions['configure'] = sessions.configure
/** The configuration in force; see {@link JwtRedisSessions.config}. */
export const config: JwtRedisSessions['config'] = sessions.config
/** Closes a connection of our own; see {@link JwtRedisSessions.closeRedisConnection}. */
export const closeRedisConnection: JwtRedisSessions['closeRedisConnection'] =
  sessions.closeRedisConnection
/** Adds a listener for what happens to sessions; the answer removes it; see {@link JwtRedisSessions.on}. */
export const on: JwtRedisSessions['on'] = sessions.on
/** How many sessions of jwt-redis-sessions 3.x were taken over; see {@link JwtRedisSessions.adoptionCounts}. */
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

/** All of it under one name. */
const all: JwtRedisSessionsModule = {
  ...sessions,
  AuthError,
  ValidationError,
  TokenError,
  RedisError,
}

export { all as default, all as 'module.exports' }
