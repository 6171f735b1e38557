import { translated } from './answers.js'
import type { EndReason } from '../../store/end-reason.js'
import type { Engine } from './engine.js'
import { AuthError, RedisError, TokenError, ValidationError } from './errors.js'
import { getUserSessions } from './list.js'
import { refreshToken } from './refresh.js'
import type { HttpRequest } from './request.js'
import { isTokenBlacklisted, revokeAllUserTokens, revokeToken } from './revoke.js'
import type { JwtRedisSessions } from './sessions.js'
import { generateToken } from './start.js'
import type { State } from './state.js'
import type { RevokeResult, TokenData, VerifyTokenResult } from './types.js'
import { validateToken, verifyToken } from './verify.js'

type Shown =
  | 'generateToken'
  | 'verifyToken'
  | 'refreshToken'
  | 'revokeToken'
  | 'revokeAllUserTokens'
  | 'getUserSessions'
  | 'isTokenBlacklisted'

/** The verbs as applications call them, and the one that `logoutAll` calls. */
export interface AllVerbs extends Pick<JwtRedisSessions, Shown> {
  readonly endEverywhere: (identifier: string) => Promise<RevokeResult>
}

/** Each verb connects on first use, and throws errors of this package only, in its words. */
export function createVerbs(state: State): AllVerbs {
  const revokeAll = async (identifier: string, reason?: EndReason): Promise<RevokeResult> =>
    run(state, REVOKE_ALL, async (engine) => revokeAllUserTokens(engine, identifier, reason))
  return {
    generateToken: async (data, request) =>
      run(state, GENERATE, async (engine) => generateToken(engine, data, request ?? null)),
    verifyToken: async <T extends TokenData>(token: string, request?: HttpRequest | null) =>
      run(
        state,
        VERIFY,
        async (engine) =>
          (await verifyToken(engine, token, request ?? null)) as VerifyTokenResult<T>,
      ),
    refreshToken: async (token, request) =>
      run(state, REFRESH, async (engine) => refreshToken(engine, token, request ?? null)),
    revokeToken: async (token) => run(state, REVOKE, async (engine) => revokeToken(engine, token)),
    revokeAllUserTokens: async (identifier) => revokeAll(identifier),
    endEverywhere: async (identifier) => revokeAll(identifier, 'logged_out_elsewhere'),
    getUserSessions: async (identifier) =>
      run(state, LIST, async (engine) => getUserSessions(engine, identifier)),
    isTokenBlacklisted: async (token) =>
      run(state, VERIFY, async (engine) => {
        validateToken(token)
        return isTokenBlacklisted(engine, token)
      }),
  }
}

type Kind = abstract new (...args: never[]) => Error

/** What of a verb's failures is thrown as it is, and what anything else becomes. */
interface Failing {
  readonly passes: readonly Kind[]
  readonly words: string
  readonly make: (message: string, cause: unknown) => Error
}

const authError: Failing['make'] = (message, cause) =>
  new AuthError(message, 401, 'AUTH_ERROR', { cause })
const tokenError: Failing['make'] = (message, cause) =>
  new TokenError(message, 401, 'TOKEN_ERROR', { cause })

const KNOWN: readonly Kind[] = [TokenError, AuthError, ValidationError]
const GENERATE: Failing = {
  passes: [ValidationError],
  words: 'Failed to generate token',
  make: tokenError,
}
const VERIFY: Failing = { passes: KNOWN, words: 'Token verification failed', make: authError }
const REFRESH: Failing = { passes: KNOWN, words: 'Token refresh failed', make: authError }
const REVOKE: Failing = { passes: [], words: 'Failed to revoke token', make: authError }
const REVOKE_ALL: Failing = { passes: [], words: 'Failed to revoke user tokens', make: authError }
const LIST: Failing = { passes: [], words: 'Failed to get user sessions', make: authError }

/** Connects on first use, and calls. Redis away is always told as that. */
async function run<Answer>(
  state: State,
  { passes, words, make }: Failing,
  call: (engine: Engine) => Promise<Answer>,
): Promise<Answer> {
  const engine = await state.engine()
  try {
    return await call(engine)
  } catch (thrown) {
    const error = translated(thrown)
    if ([RedisError, ...passes].some((kind) => error instanceof kind)) throw error
    throw make(`${words}: ${error instanceof Error ? error.message : 'unknown fault'}`, error)
  }
}
