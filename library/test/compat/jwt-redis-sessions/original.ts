import { createRequire } from 'node:module'
import { vi } from 'vitest'
import type { JwtRedisSessions } from '../../../src/compat/jwt-redis-sessions/sessions.js'

export const SECRET = 'a test secret that is long enough: 0123456789'

/** The verbs that both packages have. */
export type Original = Pick<
  JwtRedisSessions,
  | 'generateToken'
  | 'verifyToken'
  | 'refreshToken'
  | 'revokeToken'
  | 'revokeAllUserTokens'
  | 'getUserSessions'
  | 'isTokenBlacklisted'
  | 'auth'
  | 'rateLimit'
  | 'initialize'
  | 'configure'
  | 'config'
  | 'closeRedisConnection'
>

const require = createRequire(import.meta.url)

/** The published package, 3.0.1, as a fresh copy with an environment of its own: one node that still runs it. */
export function loadOriginal(env: Record<string, string>): Original {
  const entry = require.resolve('jwt-redis-sessions')
  const folder = entry.slice(0, -'index.js'.length)
  for (const path of Object.keys(require.cache)) {
    if (path.startsWith(folder)) Reflect.deleteProperty(require.cache, path)
  }
  const before = { ...process.env }
  Object.assign(process.env, { JWT_SECRET: SECRET }, env)
  try {
    return require(entry) as Original
  } finally {
    for (const name of ['JWT_SECRET', ...Object.keys(env)]) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = before[name]
    }
  }
}

/** It tells the console of every connection. */
export function muteOriginal(): void {
  vi.spyOn(console, 'log').mockImplementation(() => undefined)
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
}

/** What a call came to, in a form that can be compared. */
export async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return { value: await call() }
  } catch (error) {
    const { name, message, statusCode, code } = error as Error & {
      statusCode?: unknown
      code?: unknown
    }
    return { thrown: { name, message, statusCode, code } }
  }
}
