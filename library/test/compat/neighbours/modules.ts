/**
 * The session modules that every test of this folder runs against, and the neighbours themselves. The neighbours
 * are loaded by `require`, as the applications that have them do; most bring no types.
 */
import { createRequire } from 'node:module'
import express5, { type Express, type RequestHandler } from 'express'
import express4 from 'express4'
import original from 'express-session'
import ours, { keepSessions } from '../../../src/compat/express-session/index.js'
import { createMemoryStore } from '../../../src/store/memory.js'

/** What express-session exports: a function that carries its classes. */
export type SessionModule = typeof original

/** A store of the callback interface, as tests call it: the required methods, and those they ask for. */
export interface CallbackStore {
  get(id: string, callback: (error: unknown, session?: unknown) => void): void
  set(id: string, session: unknown, callback?: (error?: unknown) => void): void
  destroy(id: string, callback?: (error?: unknown) => void): void
}

export interface Subject {
  readonly name: string
  readonly session: SessionModule
  /** A new store of the module's own for the middleware; absent: what it takes by default. */
  readonly newStore?: () => InstanceType<SessionModule['Store']>
}

/** The original first: where it fails too, the test is wrong. */
export const SUBJECTS: readonly Subject[] = [
  { name: 'express-session 1.19', session: original },
  { name: 'sojourn/express-session', session: ours },
  {
    name: 'sojourn/express-session with a store of our own',
    session: ours,
    newStore: () => keepSessions({ store: createMemoryStore() }) as never,
  },
]

/** Without what only differs by the store: for tests that bring one. */
export const MODULES: readonly Subject[] = SUBJECTS.slice(0, 2)

export const EXPRESSES: readonly { name: string; express: typeof express5 }[] = [
  { name: 'Express 4', express: express4 },
  { name: 'Express 5', express: express5 },
]

export const SECRET = 'a secret for the neighbours that is long enough'

/** Loads a neighbour as CommonJS does. */
export const load = createRequire(import.meta.url) as (name: string) => any

/** An application with a session before everything else. */
export function sessionApp(
  { session, newStore }: Subject,
  express: typeof express5 = express5,
  before: readonly RequestHandler[] = [],
): Express {
  const app = express()
  if (before.length > 0) app.use(...before)
  app.use(sessionMiddleware({ session, newStore }), express.json())
  return app
}

/** The session middleware as most applications configure it. */
export function sessionMiddleware(
  { session, newStore }: Pick<Subject, 'session'> & { newStore?: Subject['newStore'] | undefined },
  more: Partial<Parameters<SessionModule>[0]> = {},
): RequestHandler {
  return session({
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    ...(newStore === undefined ? {} : { store: newStore() }),
    ...more,
  })
}
