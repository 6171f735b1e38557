/** An application on the drop-in, with a route for whatever a test wants to do to `req.session`. */
import express from 'express'
import session, { keepSessions } from '../../../src/compat/express-session/index.js'
import type { ExpressSessionOptions } from '../../../src/compat/express-session/index.js'
import type { KeepSessionsOptions, KeptStore } from '../../../src/compat/kept/index.js'
import { listen, WebClient, type RunningServer } from '../../support/web.js'

export const SECRET = 'a secret for the kept sessions that is long enough'

/** What a test does in a request; what it answers is the body, as JSON. */
export type Deed = (request: any, response: any) => unknown

export interface App {
  readonly kept: KeptStore
  readonly server: RunningServer
  /** Faults that reached the error handler of the application. */
  readonly faults: unknown[]
  /** One request that does this. */
  visit(client: WebClient, deed: Deed, path?: string): ReturnType<WebClient['get']>
  /** A deed that stays, by the name to send as `x-deed`. */
  keepDeed(deed: Deed): string
  close(): Promise<void>
}

export async function startApp(
  options: KeepSessionsOptions,
  more: Partial<ExpressSessionOptions> = {},
): Promise<App> {
  const kept = keepSessions(options)
  const deeds = new Map<string, Deed>()
  const faults: unknown[] = []
  const app = express()
  app.use(
    session({
      secret: SECRET,
      resave: false,
      saveUninitialized: false,
      store: kept as never,
      ...more,
    }),
  )
  app.use(async (request, response, next) => {
    try {
      const answer = await deeds.get(String(request.headers['x-deed']))?.(request, response)
      if (!response.headersSent) response.json(answer ?? null)
    } catch (error) {
      next(error)
    }
  })
  app.use((error: any, _request: any, response: any, next: any) => {
    faults.push(error)
    if (response.headersSent) next(error)
    else
      response
        .status(error.status ?? 500)
        .set(error.headers ?? {})
        .json({ code: error.code })
  })
  const server = await listen(app)
  let count = 0
  const keepDeed = (deed: Deed): string => {
    const name = String((count += 1))
    deeds.set(name, deed)
    return name
  }
  return {
    kept,
    server,
    faults,
    async visit(client, deed, path = '/') {
      const name = keepDeed(deed)
      try {
        return await client.get(path, { headers: { 'x-deed': name } })
      } finally {
        deeds.delete(name)
      }
    },
    keepDeed,
    async close() {
      await server.close()
      await kept.settled()
    },
  }
}

/** A client of the same jar as another one, maybe of another server. */
export function sharing(client: WebClient, server: RunningServer): WebClient {
  const other = new WebClient(server)
  for (const [name, value] of client.jar) other.jar.set(name, value)
  return other
}

/** The session id that a client holds. */
export function sidOf(client: WebClient): string {
  const value = decodeURIComponent(client.jar.get('connect.sid') ?? '')
  return value.slice(2, value.lastIndexOf('.'))
}

/** Everybody waits until `size` have come. */
export function meeting(size: number): () => Promise<void> {
  let here = 0
  let open: () => void
  const all = new Promise<void>((resolve) => {
    open = resolve
  })
  return () => {
    here += 1
    if (here === size) open()
    return all
  }
}

/** A door that stays shut until it is opened. */
export function door(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}
