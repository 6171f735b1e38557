import type { Request } from 'express'
import type { SessionOptions, Store as ForeignStore } from 'express-session'
import type { ClassicCookieOptions } from './cookie.js'
import type { ClassicStore } from './contract.js'
import type { CookieSecret } from './signed-cookie.js'
import type { Store as OwnStore } from '../../store/store.js'
import type { UpgradableStore } from './own-store.js'

/**
 * Every option of `session(options)`. Those of express-session mean what they mean there; what is only here says so.
 */
export interface ExpressSessionOptions {
  /** Attributes of the cookie, or a function of the request that answers them. Default `{ path: '/', httpOnly: true, secure: false, maxAge: null }`. */
  readonly cookie?: ClassicCookieOptions | ((request: Request) => ClassicCookieOptions) | undefined
  /** Makes the id of a new session. Default: 24 random bytes as 32 characters. */
  readonly genid?: ((request: Request) => string) | undefined
  /** Name of the cookie. Default `'connect.sid'`. */
  readonly name?: string | undefined
  /** The same, as it was once called. */
  readonly key?: string | undefined
  /** Whether `X-Forwarded-Proto` says that a connection is secure. Default: as Express' `trust proxy`. */
  readonly proxy?: boolean | undefined
  /** Save an unmodified session all the same. Default `true`, and a deprecation; say `false`. */
  readonly resave?: boolean | undefined
  /** Send the cookie with every answer, so that its life starts anew. Default `false`. */
  readonly rolling?: boolean | undefined
  /** Save a new session that nobody wrote to. Default `true`, and a deprecation; say `false`. */
  readonly saveUninitialized?: boolean | undefined
  /**
   * Signs the session id in the cookie; it encrypts nothing. A list: the first signs, all are accepted. Default: the
   * `req.secret` of cookie-parser. With NODE_ENV `production`, secrets out of documentation are refused.
   */
  readonly secret?: CookieSecret | readonly CookieSecret[] | SessionOptions['secret'] | undefined
  /**
   * Where sessions rest: any store written for express-session; `RedisStore` of `sojourn/connect-redis`; or one of our
   * own (`createMemoryStore()`, `openSqliteStore()`, `createRedisStore()`, `keepSessions({ … })`). Default: a `MemoryStore`.
   */
  readonly store?: ForeignStore | ClassicStore | OwnStore | UpgradableStore | undefined
  /** What becomes of a session whose `req.session` was unset: it stays in the store (`'keep'`, default), or goes (`'destroy'`). */
  readonly unset?: 'destroy' | 'keep' | undefined
  /**
   * Only here. Delete the cookie when its session is destroyed. Default: on our own stores yes, on foreign ones no, as
   * express-session has it.
   */
  readonly clearCookie?: boolean | undefined
  /**
   * Only here. Cookies that earlier configurations set: a session that comes in one of them goes on under the
   * present name, and they are deleted where they were set. Default none.
   */
  readonly previousCookies?: readonly PreviousCookie[] | undefined
}

/** A cookie of an earlier configuration. What is left out is as it is now. */
export interface PreviousCookie {
  readonly name?: string | undefined
  readonly domain?: string | undefined
  readonly path?: string | undefined
  readonly partitioned?: boolean | undefined
}
