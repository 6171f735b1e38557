/** Sessions for Hono 4, on Node, Bun and Deno: `app.use(createHonoAdapter(sojourn).sessions)`, then `c.var.session`. */
import type { IncomingMessage } from 'node:http'
import type { Context, MiddlewareHandler } from 'hono'
import { SojournError, type StoreUnavailable } from '../errors.js'
import { markSessions } from '../exchange.js'
import type { Refusal } from '../guard/session-guard.js'
import { createNodeIncoming, type Incoming } from '../request/incoming.js'
import { createWebIncoming, type WebConnection } from '../request/web-incoming.js'
import type { Session } from '../session/session.js'
import type { Sojourn } from '../sojourn.js'
import { issueCsrfToken } from './guards/csrf.js'
import { createGuards, type Guards } from './guards/guards.js'
import type { Guard } from './neutral/call.js'
import { readBody } from './web/read-body.js'
import { WebCall } from './web/web-call.js'

/** What the adapter puts on a context: `new Hono<SessionEnv<Data>>()`. */
export interface SessionEnv<Data extends object> {
  Variables: { session: Session<Data> }
}

/** Middleware that types `c.var.session`. */
export type HonoMiddleware<Data extends object> = MiddlewareHandler<SessionEnv<Data>>

/** How the adapter behaves. */
export interface HonoOptions {
  /** Answers a refused request. Default: problem+json (RFC 9457) with a stable `code`, and a challenge on 401. */
  readonly onRefused?: (refusal: Refusal, c: Context) => Response
  /** Answers when the store did not. Default: 503 problem+json with Retry-After, and no cookie. */
  readonly onUnavailable?: (error: StoreUnavailable, c: Context) => Response
  /** What the runtime knows of the connection. Default: what `@hono/node-server` says; elsewhere nothing. */
  readonly connection?: (c: Context) => WebConnection
}

/** Sessions for a Hono application. */
export interface HonoAdapter<Data extends object> extends Guards<HonoMiddleware<Data>, Context> {
  /** Puts a lazy `c.var.session` on every context. Mount it first. */
  readonly sessions: HonoMiddleware<Data>
  /** A token for the forms and scripts of this request's page. Throws `InvalidOption` where no `web.csrf()` stands in front. */
  csrfToken(c: Context): Promise<string>
  /** For `<script nonce>`; `undefined` without `web.headers()` in front. */
  nonceOf(c: Context): string | undefined
}

/** Sessions for Hono: `app.use(web.sessions)`. */
export function createHonoAdapter<Data extends object>(
  sojourn: Sojourn<Data>,
  options: HonoOptions = {},
): HonoAdapter<Data> {
  const calls = new WeakMap<Context, WebCall<Data, Context>>()
  const answers = { refuse: options.onRefused, unavailable: options.onUnavailable }
  const open = (c: Context): WebCall<Data, Context> => {
    const call = new WebCall<Data, Context>(sojourn, answers, {
      native: c,
      incoming: toIncoming(c, sojourn, options),
      signal: undefined,
      body: async () => bodyOf(c),
    })
    calls.set(c, call)
    c.set('session', call.typedSession)
    return call
  }
  /** Whichever comes first on a request sees to its answer. */
  const wrap =
    (guard?: Guard<Context>): HonoMiddleware<Data> =>
    async (c: Context, next) => {
      const known = calls.get(c)
      const call = known ?? open(c)
      const stop = guard === undefined ? undefined : await call.ask(guard)
      if (known !== undefined) {
        if (stop === undefined) await next()
        return stop
      }
      if (stop !== undefined) return call.finish(stop)
      await next()
      const answer = faultOf(c, call) ?? c.res
      const finished = await call.finish(answer)
      if (finished !== c.res) replace(c, finished)
      return undefined
    }
  return {
    sessions: markSessions(wrap(), sojourn),
    ...createGuards<Data, HonoMiddleware<Data>, Context>(sojourn, wrap),
    csrfToken: async (c) => issueCsrfToken(calls.get(c) ?? open(c)),
    nonceOf: (c) => calls.get(c)?.nonce,
  }
}

/** On Node the request as it came says more than what the web `Request` shows of it. */
function toIncoming<Data extends object>(
  c: Context,
  { proxyTrust }: Sojourn<Data>,
  { connection }: HonoOptions,
): Incoming {
  if (connection !== undefined) return createWebIncoming(c.req.raw, proxyTrust, connection(c))
  const { incoming } = (c.env ?? {}) as { readonly incoming?: IncomingMessage }
  return incoming?.socket === undefined
    ? createWebIncoming(c.req.raw, proxyTrust)
    : createNodeIncoming(incoming, proxyTrust)
}

/** Where somebody has read the body before, Hono remembers it. */
async function bodyOf(c: Context): Promise<unknown> {
  if (!c.req.raw.bodyUsed) return readBody(c.req.raw)
  const isJson = /\bjson\b/i.test(c.req.header('content-type') ?? '')
  return isJson ? c.req.json<unknown>() : c.req.parseBody()
}

/** An error of this library that nobody answered for: Hono's own handler says 500 to all of them. */
function faultOf<Data extends object>(
  c: Context,
  call: WebCall<Data, Context>,
): Response | undefined {
  const { error } = c
  if (!(error instanceof SojournError) || error.status === 500 || c.res.status !== 500) {
    return undefined
  }
  return call.failed(error)
}

/** Hono would put the headers of the answer before into the new one. */
function replace(c: Context, response: Response): void {
  c.res = undefined
  c.res = response
}

export { createWebIncoming, type WebConnection } from '../request/web-incoming.js'
export type { AuthOptions, Guards } from './guards/guards.js'
export type { RouteOptions } from './guards/session.js'
export type { ClientAuthentication, TokenRoutes } from './tokens/routes.js'
