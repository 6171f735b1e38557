import type { StoredSession } from '../express-session/contract.js'
import { isCookieData } from '../express-session/cookie.js'
import type { Serializer } from './options.js'

/** Text that is no session is `undefined`. What else `serializer.parse` rejects with is thrown; see {@link Serializer}. */
export async function decode(
  serializer: Serializer,
  text: string,
): Promise<StoredSession | undefined> {
  let parsed: unknown
  try {
    parsed = serializer.parse(text)
  } catch {
    return undefined
  }
  try {
    const value: unknown = await parsed
    return isSession(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * Takes everything out of a record without a cookie, so that a session can be made of it: an empty one. In
 * place, as the middleware compares with it later, and so finds nothing to write. Answers whether it did.
 */
export function emptyUnlessWhole(stored: StoredSession): boolean {
  if (isObject(stored.cookie)) return false
  for (const key of Object.keys(stored)) Reflect.deleteProperty(stored, key)
  stored.cookie = { originalMaxAge: null }
  return true
}

/** Programs keep sessions without a cookie, too; one that is there has to be one. */
function isSession(value: unknown): value is StoredSession {
  if (!isObject(value)) return false
  const { cookie } = value as { cookie?: unknown }
  return cookie === undefined || isCookieData(cookie)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
