import { createRequire } from 'node:module'
import express5 from 'express'
import express4 from 'express4'
import foreignSession, { MemoryStore } from 'express-session'
import { createHmac } from '../../../src/system/digest.js'
import { csurf as ourCsurf } from '../../../src/compat/csurf/index.js'
import { createMemoryStore } from '../../../src/index.js'
import ourSession, { keepSessions } from '../../../src/compat/express-session/index.js'
import { listen, WebClient, type RunningServer } from '../../support/web.js'

type Csurf = (options?: any) => any

const load = createRequire(import.meta.url)

/** csurf 1.11 as npm has it. */
export const realCsurf = load('csurf') as Csurf
export const sojournCsurf: Csurf = ourCsurf

export const EXPRESS = { 'Express 5': express5, 'Express 4': express4 } as const

export const SESSIONS: Record<string, (options?: any) => any> = {
  'express-session': (options = {}) =>
    foreignSession({ secret: SECRET, resave: false, saveUninitialized: false, ...options }),
  'sojourn/express-session': (options = {}) =>
    ourSession({ secret: SECRET, resave: false, saveUninitialized: false, ...options }),
}

/** Everything that a store of the two middlewares can rest in: the classic one, and one of our own behind ours. */
export const STORES: Record<string, { readonly sessions: string; readonly store: () => any }> = {
  'express-session': { sessions: 'express-session', store: () => new MemoryStore() },
  'sojourn/express-session': {
    sessions: 'sojourn/express-session',
    store: () => new ourSession.MemoryStore(),
  },
  'sojourn/express-session on a store of ours': {
    sessions: 'sojourn/express-session',
    store: () => keepSessions({ store: createMemoryStore() }),
  },
}

export const SECRET = 'a secret of these tests that is long enough'

/**
 * Sessions that rest in their cookie and have no id, as cookie-session keeps them (which is not installed): a plain object
 * on the request, signed and sent back where it has changed.
 */
export function sessionsInCookies(): any {
  const signer = createHmac(SECRET)
  return (request: any, response: any, next: () => void) => {
    const [, text = '', tag] =
      /(?:^|; )kept=([\w-]+)\.([\w-]+)/.exec(request.headers.cookie ?? '') ?? []
    const isGood = tag === signer.sign(text).toString('base64url')
    request.session = isGood ? JSON.parse(Buffer.from(text, 'base64url').toString()) : {}
    const writeHead = response.writeHead.bind(response)
    response.writeHead = (...head: unknown[]) => {
      const now = Buffer.from(JSON.stringify(request.session)).toString('base64url')
      const value = `${now}.${signer.sign(now).toString('base64url')}`
      if (now !== text) response.appendHeader('set-cookie', `kept=${value}; Path=/; HttpOnly`)
      return writeHead(...head)
    }
    next()
  }
}

export interface Wiring {
  readonly csurf: Csurf
  readonly options?: unknown
  /** What stands in front, such as sessions and cookie-parser. */
  readonly before?: readonly any[]
  readonly express?: any
  readonly routes?: (app: any) => void
}

const running: RunningServer[] = []

/** `GET /token` answers a token; everything else answers `done`; an error is told with all it says. */
export async function serve(wiring: Wiring): Promise<RunningServer> {
  const { csurf, options, before = [], express = express5, routes } = wiring
  const app = express()
  app.set('env', 'test')
  app.use(express.json(), express.urlencoded({ extended: false }))
  for (const middleware of before) app.use(middleware)
  app.use(csurf(options))
  app.get('/token', (request: any, response: any) => response.send(request.csrfToken()))
  routes?.(app)
  app.use((_request: any, response: any) => response.send('done'))
  app.use((error: any, _request: any, response: any, _next: unknown) => {
    const { name, message, code, status, statusCode, expose, reason } = error
    response.status(status ?? 500)
    response.json({ name, message, code, status, statusCode, expose, reason, text: String(error) })
  })
  const server = await listen(app)
  running.push(server)
  return server
}

export async function closeAll(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close()))
}

export function client(server: RunningServer): WebClient {
  return new WebClient({ port: server.port })
}

export async function tokenFor(browser: WebClient, path = '/token'): Promise<string> {
  return (await browser.get(path)).body
}

export function parseCookies(): any {
  return load('cookie-parser')(SECRET)
}
