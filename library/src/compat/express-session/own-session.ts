import type { SessionRequest, StoredSession } from './contract.js'
import { Session } from './session.js'
import { createSession } from './store.js'

const METHODS = ['touch', 'resetMaxAge', 'save', 'reload', 'destroy', 'regenerate'] as const

/**
 * Stores inherit from the `Store` of the express-session that they were written for, so what they load are sessions of that
 * package: no promises, no `login`. Such a session becomes one of ours. One of another class, whose store has its
 * own way with it, stays what it is.
 */
export function takeOver(request: SessionRequest): void {
  const { session } = request
  if (!session || session instanceof Session || !isOfExpressSession(session)) return
  const { cookie } = session as { cookie: { toJSON(): StoredSession['cookie'] } }
  createSession(request, { ...(session as object), cookie: cookie.toJSON() })
}

function isOfExpressSession(session: object): boolean {
  const methods = Object.getPrototypeOf(session) as object | null
  if (methods === null || methods.constructor.name !== 'Session') return false
  const { cookie } = session as { cookie?: { toJSON?: unknown } }
  return (
    METHODS.every((name) => Object.hasOwn(methods, name)) && typeof cookie?.toJSON === 'function'
  )
}
