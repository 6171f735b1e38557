import express, { type Express } from 'express'
import { Server } from 'node:http'
import { onTestFinished } from 'vitest'
import original from 'express-session'
import own from '../../../src/compat/express-session/index.js'
import { listen, WebClient, type Handler } from '../../support/web.js'

export type SessionModule = typeof original

/** The middlewares that a store has to work under. */
export const MIDDLEWARES: readonly { name: string; session: SessionModule }[] = [
  { name: 'express-session 1.19', session: original },
  { name: 'sojourn/express-session', session: own },
]

declare module 'express-session' {
  interface SessionData {
    user?: string
    views?: number
    note?: string
  }
}

/** Lets a test hold a request in its middle. */
export interface Gate {
  /** Resolves when a request to `/slow` has its session. */
  readonly reached: Promise<void>
  open(): void
}

export interface Bench {
  readonly app: Express
  /** The next request to `/slow` waits at it. */
  gate(): Gate
}

/** The application of the snippets: sign in, count views, sign out, and one request that takes its time. */
export function sessionApp(session: SessionModule, store: unknown, prefix = '/'): Bench {
  const app = express()
  let pass: Promise<void> = Promise.resolve()
  let arrive = (): void => undefined
  app.use(
    session({
      secret: 'a secret for the tests of the store, long enough',
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 60_000, path: prefix },
      store: store as never,
    }),
  )
  app.get('/login', (request, response, next) => {
    request.session.regenerate((error) => {
      if (error) return next(error)
      request.session.user = 'ann'
      response.send('Logged in')
    })
  })
  app.get('/views', (request, response) => {
    request.session.views = (request.session.views ?? 0) + 1
    const { views, user = 'nobody' } = request.session
    response.send(`${user}: ${String(views)}`)
  })
  app.get('/me', (request, response) => {
    response.send(request.session.user ?? 'nobody')
  })
  app.get('/slow', async (request, response) => {
    arrive()
    await pass
    request.session.note = 'written late'
    response.send('done')
  })
  app.get('/saved-twice', async (request, response, next) => {
    request.session.user = 'ann'
    request.session.save(async (error) => {
      if (error) return next(error)
      arrive()
      await pass
      request.session.note = 'written late'
      response.send(request.sessionID)
    })
  })
  app.get('/logout', (request, response, next) => {
    request.session.destroy((error) => (error ? next(error) : response.send('Logged out!')))
  })
  return {
    app,
    gate() {
      let open = (): void => undefined
      pass = new Promise((resolve) => (open = resolve))
      return { reached: new Promise((resolve) => (arrive = resolve)), open }
    },
  }
}

/** Serves it until the test is over; answers what makes clients for it. */
export async function serve(app: Express | Server): Promise<{ port: number }> {
  const running = await listen(app as Handler)
  onTestFinished(() => running.close())
  return running
}

/** The id in the cookie of express-session: `s:<id>.<signature>`. */
export function sidOf(client: WebClient): string {
  const [value = ''] = [...client.jar.values()]
  return decodeURIComponent(value).slice(2).split('.')[0] ?? ''
}
