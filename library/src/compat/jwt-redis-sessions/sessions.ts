import type { EventName, Listener } from '../../session/events.js'
import { readConfig, type Environment } from './config.js'
import { createCounter } from './limits.js'
import * as middleware from './middleware.js'
import type { HttpRequest } from './request.js'
import { State } from './state.js'
import type {
  AdoptionCounts,
  Config,
  ConfigOverrides,
  InitializeOptions,
  RevokeResult,
  SessionData,
  TokenData,
  TokenResponse,
  VerifyTokenResult,
} from './types.js'
import { createVerbs } from './verbs.js'

/** Everything that one application uses; the module itself is one of these. */
export interface JwtRedisSessions {
  /** Starts a session and answers its first pair of tokens. With the request, the tokens carry its fingerprint. */
  readonly generateToken: (
    data?: TokenData | null,
    request?: HttpRequest | null,
  ) => Promise<TokenResponse>
  /** Says what an access token stands for. Throws {@link TokenError}. With the request, fingerprint and `boundIP` are checked. */
  readonly verifyToken: <T extends TokenData = TokenData>(
    token: string,
    request?: HttpRequest | null,
  ) => Promise<VerifyTokenResult<T>>
  /** Exchanges a refresh token for the next pair. Throws {@link TokenError}. */
  readonly refreshToken: (token: string, request?: HttpRequest | null) => Promise<TokenResponse>
  /** Ends the session of a token, with all its tokens; also with a refresh token or an expired one in hand. */
  readonly revokeToken: (token: string) => Promise<RevokeResult>
  /** Ends all sessions that name a person by this `userId`, `id` or `email`. */
  readonly revokeAllUserTokens: (userIdentifier: string) => Promise<RevokeResult>
  /** The live sessions of a person. */
  readonly getUserSessions: (userIdentifier: string) => Promise<SessionData[]>
  /** Whether the session of a token was ended with one of its tokens in hand. */
  readonly isTokenBlacklisted: (token: string) => Promise<boolean>
  /** Middleware: refuses whoever shows no good access token. */
  readonly auth: middleware.Middleware
  /** Middleware: says who it is, where somebody says so. */
  readonly optionalAuth: middleware.Middleware
  /** Middleware: at most so many requests of one address in so many milliseconds. Default 5 in 15 minutes. */
  readonly rateLimit: (maxAttempts?: number, windowMs?: number) => middleware.Middleware
  /** Error middleware: answers 429 after too many 401s of one address. */
  readonly failedAttempts: (maxFailures?: number) => middleware.ErrorMiddleware
  /** Handler, behind `auth`: ends this session. */
  readonly logout: middleware.Handler
  /** Handler, behind `auth`: ends all sessions of this person. */
  readonly logoutAll: middleware.Handler
  /** Handler: exchanges the refresh token in the header, the body or a cookie. */
  readonly refresh: middleware.Handler
  /** Connects. Done by the first use otherwise. */
  readonly initialize: (options?: InitializeOptions) => Promise<void>
  /** Changes the configuration, before the first use. Throws {@link ValidationError} (500) for what is wrong. */
  readonly configure: (overrides?: ConfigOverrides) => Config
  /** The configuration in force. */
  readonly config: Config
  /** Closes a connection of our own, and lets one begin anew. */
  readonly closeRedisConnection: () => Promise<void>
  /** Adds a listener for what happens to sessions (see `SojournEvents`); the answer removes it. */
  readonly on: <Name extends EventName>(name: Name, listener: Listener<Name>) => () => void
  /** How many sessions of jwt-redis-sessions 3.x were taken over by this process. */
  readonly adoptionCounts: () => AdoptionCounts
}

/** Makes one from an environment. Nothing is connected, and nothing checked, before it is used. */
export function createJwtRedisSessions(env: Environment): JwtRedisSessions {
  const state = new State(readConfig(env))
  const verbs = createVerbs(state)
  const { config, link } = state
  const counter = createCounter(
    link,
    async () => state.ready(),
    () => config.redis.keyPrefix,
  )
  const parts: middleware.Parts = { verbs, counter, config }
  const { endEverywhere: _endEverywhere, ...shown } = verbs
  return {
    ...shown,
    auth: middleware.createAuth(parts),
    optionalAuth: middleware.createOptionalAuth(parts),
    rateLimit: (most, windowMs) => middleware.createRateLimit(parts, most, windowMs),
    failedAttempts: (most) => middleware.createFailedAttempts(parts, most),
    logout: middleware.createLogout(parts),
    logoutAll: middleware.createLogoutAll(parts),
    refresh: middleware.createRefresh(parts),
    initialize: async (options) => state.initialize(options),
    configure: (overrides) => state.configure(overrides),
    config,
    closeRedisConnection: async () => state.close(),
    on: (name, listener) => state.on(name, listener),
    adoptionCounts: () => ({ ...state.counts }),
  }
}
