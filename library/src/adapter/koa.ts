/** Sessions for Koa 3: `app.use(createKoaAdapter(sojourn).sessions)`, then `ctx.session`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Middleware, Next } from 'koa'
import { StoreUnavailable } from '../errors.js'
import { markSessions } from '../exchange.js'
import type { Refusal } from '../guard/session-guard.js'
import type { ProxyTrust } from '../request/client-address.js'
import type { Sojourn } from '../sojourn.js'
import { issueCsrfToken } from './guards/csrf.js'
import { createGuards, type Guards } from './guards/guards.js'
import { incomingOf, KoaCall, type AnyKoaContext, type SessionContext } from './koa-call.js'
import { isReply, type Guard, type Stop } from './neutral/call.js'
import { isKept } from './neutral/kept.js'
import { applyReply, toRefused, toUnavailable, type Reply } from './neutral/reply.js'
import { whenHeadIsWritten } from './node/at-head.js'
import { HeldAnswer } from './node/held-answer.js'
import { nonceOf } from './node/node-call.js'
import { sendFault, sendUnavailable } from './node/send.js'

/** Middleware that fits `app.use`, and any router for Koa. */
export type KoaMiddleware = (context: AnyKoaContext, next: Next) => Promise<void>

/** How the adapter behaves. */
export interface KoaOptions {
  /** Answers a refused request. Default: problem+json (RFC 9457) with a stable `code`, and a challenge on 401. */
  readonly onRefused?: (refusal: Refusal, context: AnyKoaContext) => void
  /** Answers when the store did not, in a guard. Default: 503 problem+json with Retry-After, and no cookie. */
  readonly onUnavailable?: (error: StoreUnavailable, context: AnyKoaContext) => void
  /** Bytes of an answer that are kept back while the session is saved; then the writer has to wait. Default 65,536. */
  readonly maxHeldBytes?: number
}

/** Sessions for a Koa application. */
export interface KoaAdapter<Data extends object> extends Guards<KoaMiddleware, AnyKoaContext> {
  /** Puts a lazy `ctx.session` on every context. Mount it first. */
  readonly sessions: Middleware<object, SessionContext<Data>>
  /** A token for the forms and scripts of this request's page. Throws `InvalidOption` where no `web.csrf()` stands in front. */
  csrfToken(context: AnyKoaContext): Promise<string>
  /** For `<script nonce>`; `undefined` without `web.headers()` in front. */
  nonceOf(context: AnyKoaContext): string | undefined
}

/** Sessions for Koa: `app.use(web.sessions)`. */
export function createKoaAdapter<Data extends object>(
  sojourn: Sojourn<Data>,
  options: KoaOptions = {},
): KoaAdapter<Data> {
  const { proxyTrust } = sojourn
  const guards = createGuards<Data, KoaMiddleware, AnyKoaContext>(sojourn, (guard) =>
    toMiddleware(guard, proxyTrust, options),
  )
  return {
    ...guards,
    headers: (rules) => survivingErrors(guards.headers(rules)),
    cors: (rules) => survivingErrors(guards.cors(rules)),
    sessions: markSessions(attach(sojourn, options), sojourn),
    csrfToken: async (context) => issueCsrfToken(new KoaCall(context, proxyTrust)),
    nonceOf: (context) => nonceOf(context.res),
  }
}

/**
 * The answer is held at the response itself, beneath Koa: whatever way it goes (`ctx.body`, an error, `ctx.respond = false`),
 * it leaves after the session is durable.
 */
function attach<Data extends object>(
  sojourn: Sojourn<Data>,
  { maxHeldBytes = 65_536 }: KoaOptions,
): Middleware<object, SessionContext<Data>> {
  const fail = (error: unknown, _request: IncomingMessage, direct: ServerResponse): void => {
    if (error instanceof StoreUnavailable) sendUnavailable(direct, error)
    else sendFault(direct, error)
  }
  return async (context, next) => {
    const known: Partial<SessionContext<Data>> = context
    if (known.session === undefined) {
      const answer = new HeldAnswer<Data>(context.req, context.res, maxHeldBytes, fail)
      answer.exchange = sojourn.exchange(incomingOf(context, sojourn.proxyTrust), answer)
      known.session = answer.exchange.session
    }
    await next()
  }
}

function toMiddleware(
  guard: Guard<AnyKoaContext>,
  trust: ProxyTrust,
  { onRefused, onUnavailable }: KoaOptions,
): KoaMiddleware {
  const answer = (stop: Stop, context: AnyKoaContext): void => {
    if (isReply(stop)) give(context, stop)
    else if (onRefused === undefined) give(context, toRefused(stop))
    else onRefused(stop, context)
  }
  return async (context, next) => {
    let stop: Stop | undefined
    try {
      stop = await guard(new KoaCall(context, trust))
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      if (onUnavailable === undefined) give(context, toUnavailable(error))
      else onUnavailable(error, context)
      return
    }
    if (stop === undefined) await next()
    else answer(stop, context)
  }
}

function give(context: AnyKoaContext, reply: Reply): void {
  applyReply(context.res, reply)
  context.body = reply.body ?? null
  context.status = reply.status
}

/** Koa takes all headers off the answer to an error; what is said of every answer is put back. */
function survivingErrors(middleware: KoaMiddleware): KoaMiddleware {
  return async (context, next) => {
    let said: readonly (readonly [string, unknown])[] = []
    try {
      await middleware(context, async () => {
        said = Object.entries(context.res.getHeaders()).filter(([name]) => isKept(name))
        await next()
      })
    } catch (error) {
      whenHeadIsWritten(context.res, (head) => {
        for (const [name, value] of said) {
          if (head.getHeader(name) === undefined) head.setHeader(name, value as string)
        }
      })
      throw error
    }
  }
}

export type { AnyKoaContext, SessionContext } from './koa-call.js'
export type { AuthOptions, Guards } from './guards/guards.js'
export type { RouteOptions } from './guards/session.js'
export type { ClientAuthentication, TokenRoutes } from './tokens/routes.js'
