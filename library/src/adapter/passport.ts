/** Passport on our sessions: 0.6 and 0.7 on Express, koa-passport on Koa, @fastify/passport on Fastify. */
import { InvalidOption } from '../errors.js'
import type { Session } from '../session/session.js'

/** How people are told apart. */
export interface PassportOptions {
  /**
   * The subject of what `serializeUser` made, which is what `deserializeUser` gets. Default: itself where it is text or a
   * number, as text. Throws `InvalidOption` for anything else.
   */
  readonly subjectOf?: (serialized: unknown) => string
}

/** What passport itself does with a session. */
export interface PassportSession {
  passport?: { user?: unknown }
  /** Where to go after signing in. Kept in the session; whoever signs in finds it in that request for the last time. */
  returnTo?: unknown
  regenerate(done: (error?: unknown) => void): void
  save(done?: (error?: unknown) => void): Promise<void>
}

/**
 * Loads a session, and lets passport sign people in and out of it: `logIn` is `session.signIn` (a new id, the data moves on,
 * `returnTo` too), `logOut` is `session.signOut`. Mount it behind `sessions` and in front of `passport.session()`:
 *
 * ```ts
 * app.use((req, res, next) => facePassport(req.session).then(() => next(), next)) // Express
 * app.use(async (ctx, next) => { await facePassport(ctx.session); await next() }) // Koa
 * ```
 *
 * Throws `StoreUnavailable`.
 */
export async function facePassport<Data extends object>(
  session: Session<Data>,
  { subjectOf = toSubject }: PassportOptions = {},
): Promise<void> {
  await session.load()
  if (Object.hasOwn(session, 'regenerate')) return
  const plain = session as unknown as Session
  const face = session as unknown as PassportSession
  const persist = session.save.bind(session)
  let returnTo = await plain.get(RETURN_TO)

  const save = async (): Promise<void> => {
    const user = face.passport?.user
    if (user === undefined) {
      if (session.isSignedIn) await session.signOut()
    } else if (!session.isSignedIn || subjectOf(user) !== session.subject) {
      await session.signIn(subjectOf(user))
      if (returnTo !== undefined) session.delete(RETURN_TO as never)
    }
    await persist()
  }
  define(face, {
    passport: { value: session.isSignedIn ? { user: session.subject } : undefined, writable: true },
    returnTo: {
      get: () => returnTo,
      set(value: unknown) {
        returnTo = value
        plain.set(RETURN_TO, value)
      },
    },
    // Passport asks for a new id before it says for whom: `save` comes next, and knows.
    regenerate: {
      value: (done: () => void) => {
        face.passport = {}
        done()
      },
    },
    save: {
      value: async (done?: (error?: unknown) => void) =>
        done === undefined ? save() : save().then(() => done(), done),
    },
  })
}

const RETURN_TO = 'returnTo'

function define(face: PassportSession, properties: PropertyDescriptorMap): void {
  for (const [name, property] of Object.entries(properties)) {
    Object.defineProperty(face, name, { ...property, configurable: true })
  }
}

/** What `@fastify/passport` calls its session manager. */
export interface PassportSessions<Request> {
  logIn(request: Request, user: unknown): Promise<void>
  logOut(request: Request): Promise<void>
  getUserFromSession(request: Request): string | undefined
}

/**
 * What `@fastify/passport` keeps its people in: `passport.sessionManager = createPassportSessions(passport, web.sessionOf)`.
 * Load the session in front of `passport.secureSession()`: `app.addHook('preValidation', web.optionalSession())`.
 */
export function createPassportSessions<Request>(
  passport: { serializeUser(user: unknown, request: Request): Promise<unknown> },
  sessionOf: (request: Request) => Pick<Session, 'signIn' | 'signOut' | 'subject'>,
  { subjectOf = toSubject }: PassportOptions = {},
): PassportSessions<Request> {
  return {
    async logIn(request, user) {
      const serialized = await passport.serializeUser(user, request)
      await sessionOf(request).signIn(subjectOf(serialized))
    },
    async logOut(request) {
      await sessionOf(request).signOut()
    },
    getUserFromSession: (request) => sessionOf(request).subject,
  }
}

function toSubject(serialized: unknown): string {
  if (typeof serialized === 'string' || typeof serialized === 'number') return String(serialized)
  throw new InvalidOption(
    'passport: serializeUser must answer an id, or give the option subjectOf.',
  )
}
