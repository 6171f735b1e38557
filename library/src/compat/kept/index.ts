/**
 * compat/kept/ owns {@link keepSessions}: one of our own stores (memory, SQLite, Redis) behind the callback interface of
 * express-session. The middleware in compat/express-session calls it, and so may the original one, or any
 * framework that takes its stores. It keeps no session id: only digests of it rest.
 */
import { KeptStore } from './kept-store.js'
import type { KeepSessionsOptions } from './options.js'

export type { KeepSessionsOptions } from './options.js'
export type { LegacyAnswer, LegacyRecords } from './legacy.js'
export type { KeptStore } from './kept-store.js'

/**
 * Puts one of our own stores behind the interface of express-session. Throws `InvalidOption`.
 *
 * ```ts
 * app.use(session({ store: keepSessions({ store: createRedisStore({ client }) }), secret, … }))
 * ```
 */
export function keepSessions(options: KeepSessionsOptions): KeptStore {
  return new KeptStore(options)
}
