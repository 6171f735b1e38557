/**
 * compat/connect-redis/ owns {@link RedisStore}, a session store in the shape of connect-redis 6 to 9, for applications
 * that change this one import. express-session or our own middleware call it, and nobody else; it never writes
 * anything to Redis but what connect-redis would: JSON text at `<prefix><sid>`. So both can serve the same sessions
 * side by side, and the way back is open.
 *
 * This file: the class as it is imported, required, and called.
 */
import type { SessionRequest, StoredSession, StoreMethods } from '../express-session/contract.js'
import type { Session } from '../express-session/session.js'
import { RedisStore as Base } from './redis-store.js'
import type { RedisStore as Instance, RedisStoreConstructor, SessionModule } from './types.js'

export type { RedisStoreOptions, SecondsOf, Serializer, UpgradeOptions } from './options.js'
export type { RedisStoreCounts, RedisStoreEvents } from './reports.js'
export type { RedisStoreCallback, RedisStoreConstructor, SessionModule } from './types.js'

/** An instance of the class. */
export type RedisStore<Client extends object = object> = Instance<Client>

/** `new RedisStore({ client })`; see {@link RedisStoreOptions}. */
export const RedisStore: RedisStoreConstructor = toConstructor(Base)

export { RedisStore as default, RedisStore as 'module.exports' }

/** A class cannot be called without `new`; this one can, as old majors were. */
function toConstructor(target: typeof Base): RedisStoreConstructor {
  const callable = new Proxy(target, {
    apply(_target, _this, [session]: unknown[]) {
      if (isSessionModule(session)) return toConstructor(boundTo(session))
      throw new TypeError("Class constructor RedisStore cannot be invoked without 'new'")
    },
  }) as unknown as RedisStoreConstructor
  const fixed = { value: callable, configurable: true }
  Object.defineProperties(target, { default: fixed, RedisStore: fixed })
  Object.defineProperty(target.prototype, 'constructor', { ...fixed, writable: true })
  return callable
}

/** Options are never a function, and nothing else that is one has a `Store`. */
function isSessionModule(value: unknown): value is SessionModule {
  if (typeof value !== 'function') return false
  const { Store } = value as { Store?: unknown }
  return typeof Store === 'function' && 'createSession' in (Store.prototype as object)
}

/** Sessions that it loads are of the class that `session` makes new ones of. */
function boundTo({ Store }: SessionModule): typeof Base {
  const methods = Store.prototype as Pick<StoreMethods, 'createSession'>
  return class RedisStore<Client extends object = object> extends Base<Client> {
    protected override toSession(request: SessionRequest, stored: StoredSession): Session {
      return methods.createSession.call(this, request, stored)
    }
  }
}
