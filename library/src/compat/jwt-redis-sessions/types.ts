import type { Request } from 'express'
import type { RedisClient } from '../../store/redis/client.js'

/** What a field of token data may hold, alone or in a list of at most 100. */
export type TokenPrimitive = string | number | boolean | null

/** What is kept with a session and written into its access tokens. `userId`, `id` and `email` name the person. */
export interface TokenData {
  userId?: string
  id?: string
  email?: string
  role?: TokenPrimitive
  permissions?: TokenPrimitive[]
  /** The client's address, from which alone the tokens are good. */
  boundIP?: string
  [key: string]: TokenPrimitive | TokenPrimitive[] | undefined
}

/** A pair of tokens. */
export interface TokenResponse {
  accessToken: string
  refreshToken: string
  /** How long the access token is good, as it was configured (`'15m'`). */
  expiresIn: string | number
  tokenType: 'Bearer'
}

/** A session as applications see it. Dates are ISO 8601. */
export interface SessionData extends TokenData {
  sessionId: string
  /** When the present refresh token expires, epoch seconds. */
  refreshExpiresAt: number
  createdAt: string
  lastActivity: string
}

/** What a good access token says. */
export interface VerifyTokenResult<T extends TokenData = TokenData> {
  valid: true
  decoded: T
  session: SessionData & T
}

/** What `auth` leaves at `req.auth`. */
export interface AuthContext<T extends TokenData = TokenData> extends VerifyTokenResult<T> {
  token: string
}

/** A request that went through `auth` or `optionalAuth`: the names of both generations. */
export type AuthRequest<T extends TokenData = TokenData> = Omit<
  Request,
  'auth' | 'user' | 'session' | 'token'
> & {
  auth?: AuthContext<T>
  /** As `auth.decoded`. */
  user?: T
  /** As `auth.session`; left alone where another middleware has put its session there. */
  session?: SessionData & T
  /** As `auth.token`. */
  token?: string
}

/** What ended. */
export interface RevokeResult {
  success: true
  message: string
}

/** Tokens. Expiries are seconds as a number, or text with a unit. */
export interface JWTConfig {
  /** Signs all tokens; at least 32 characters. `JWT_SECRET` */
  secret?: string | undefined
  /** `JWT_ACCESS_TOKEN_EXPIRY`, default `'15m'`. */
  accessTokenExpiry: string | number
  /** `JWT_REFRESH_TOKEN_EXPIRY`, default `'7d'`, from each refresh anew. */
  refreshTokenExpiry: string | number
  /** `JWT_ISSUER`, default `'jwt-redis-sessions'`. */
  issuer: string
  /** `JWT_AUDIENCE`, default `'jwt-redis-sessions-users'`. */
  audience: string
}

/** Redis. */
export interface RedisConfig {
  /** `REDIS_URL`, default made of the following. `rediss://` for TLS. */
  url: string
  /** `REDIS_HOST`, default `'localhost'`. */
  host: string
  /** `REDIS_PORT`, default 6379. */
  port: number
  /** `REDIS_PASSWORD`, default none. */
  password?: string | undefined
  /** `REDIS_DB`, default 0. */
  db: number
  /** TLS whatever the address says. `REDIS_SSL=true` */
  ssl: boolean
  /** What every key begins with. `REDIS_KEY_PREFIX`, default `'jwt-redis-sessions:'`. */
  keyPrefix: string
  /** Seconds without a request after which a session expires, never less than a refresh token lives. `SESSION_TTL`, default as the next. */
  sessionTTL: number
  /** `REFRESH_TOKEN_TTL`, seconds, default 604800. */
  refreshTokenTTL: number
}

/** Security. */
export interface SecurityConfig {
  /** Random bytes of a session's id, at least 16. `TOKEN_LENGTH`, default 32. */
  tokenLength: number
  /** Fields that token data may have. `JWT_ALLOWED_TOKEN_FIELDS` */
  allowedTokenFields: string[]
  /** Tokens carry a fingerprint of the request they are made for. `ENABLE_TOKEN_FINGERPRINTING`, default `true`. */
  enableFingerprinting: boolean
  /** Another fingerprint is refused, not only warned of. `FINGERPRINT_STRICT_MODE`, default `false`. */
  fingerprintStrict: boolean
  /** What `rateLimit()` allows where it is not told. `MAX_LOGIN_ATTEMPTS`, default 5. */
  maxLoginAttempts: number
  /** The window of `rateLimit()` where it is not told, seconds. `LOCKOUT_TIME`, default 900. */
  lockoutTime: number
  /** Forged tokens from one address after which it is blocked; 0: never. `MAX_FAILED_ATTEMPTS`, default 20. */
  maxFailedAttempts: number
  /** Seconds for which the refresh token before gets the same successor once more. `REFRESH_GRACE`, default 10. */
  refreshGrace: number
  /**
   * Sessions of jwt-redis-sessions 3.x itself. `'adopt'`: they go on here, and nodes that still run it go on accepting them.
   * `'share'`: those nodes accept the sessions that start here, too. `'off'`: they are nothing to us.
   * `SESSION_ADOPTION`, default `'adopt'`.
   */
  adoption: 'adopt' | 'share' | 'off'
}

/** All configuration, as it is in force. */
export interface Config {
  jwt: JWTConfig
  redis: RedisConfig
  security: SecurityConfig
}

/** What `configure` changes. */
export type ConfigOverrides = {
  readonly [Section in keyof Config]?: Partial<Config[Section]>
}

/** How to begin. */
export interface InitializeOptions {
  /** As for `configure`. */
  readonly config?: ConfigOverrides
  /** A connected client: node-redis, ioredis, iovalkey or valkey-glide. It stays yours. Default: one of our own. */
  readonly redisClient?: RedisClient
}

/** What became of sessions that jwt-redis-sessions 3.x itself had started, in this process. */
export interface AdoptionCounts {
  /** Taken over, each once. */
  readonly adopted: number
  /** Records that could not be read; they count as no session. */
  readonly undecodable: number
}

declare global {
  // How Express' types let middleware tell what it adds.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      auth?: AuthContext
    }
  }
}
