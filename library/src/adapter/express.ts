/**
 * adapter/ owns the glue to web frameworks, and nothing else: it turns a framework's request into an
 * `Incoming`, holds the answer until the session is durable, and answers refusals. This one fits Express 4
 * and 5 (and connect, and bare node:http); of Express it imports types alone.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import { StoreUnavailable } from '../errors.js'
import { markSessions } from '../exchange.js'
import type { Refusal } from '../guard/session-guard.js'
import { createNodeIncoming } from '../request/incoming.js'
import type { Session } from '../session/session.js'
import type { Sojourn } from '../sojourn.js'
import type { Audit } from '../telemetry/audit/index.js'
import { createAuditMiddleware } from './guards/audited.js'
import { issueCsrfToken, type CsrfGuardOptions } from './guards/csrf.js'
import { createGuards, type Guards } from './guards/guards.js'
import { isReply, type Guard, type Stop } from './neutral/call.js'
import { HeldAnswer } from './node/held-answer.js'
import { NodeCall, sessionOf } from './node/node-call.js'
import { sendFault, sendRefusal, sendReply, sendUnavailable } from './node/send.js'
import type * as routes from './tokens/routes.js'

/** Express' `next`. */
export type Next = (error?: unknown) => void

/** Answers a refused request. */
export type Refuse = NonNullable<ExpressOptions['onRefused']>

/** A middleware that fits `app.use` and `app.get` of Express 4 and 5. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void

/** A request that went through `web.sessions`. */
export type WithSession<Request, Data extends object> = Request & { session: Session<Data> }

/** How the adapter behaves. */
export interface ExpressOptions {
  /** Answers a refused request. Default: problem+json (RFC 9457) with a stable `code`, and a challenge on 401. */
  readonly onRefused?: (
    refusal: Refusal,
    request: IncomingMessage,
    response: ServerResponse,
    next: Next,
  ) => void
  /** Answers when the store did not. Default: 503 problem+json with Retry-After, and no cookie. */
  readonly onUnavailable?: (
    error: StoreUnavailable,
    request: IncomingMessage,
    response: ServerResponse,
  ) => void
  /** Bytes of an answer that are kept back while the session is saved; then the writer has to wait. Default 65,536. */
  readonly maxHeldBytes?: number
}

/** How `web.csrf` behaves. */
export type ExpressCsrfOptions = CsrfGuardOptions<IncomingMessage>

/** Handlers for the token endpoints. Those that take a body read `request.body`: put a body parser in front. */
export type TokenRoutes = routes.TokenRoutes<Middleware>

/** The part of the adapter that refuses forged requests by tokens. */
export interface CsrfFace extends Pick<Guards<Middleware, IncomingMessage>, 'csrf'> {
  /**
   * A token for the forms (`_csrf`) and scripts (`X-CSRF-Token`) of this request's page. A visitor without a session gets a
   * cookie with it, and no record. Throws `InvalidOption` where no `csrf` stands in front, and `StoreUnavailable`.
   */
  csrfToken(request: IncomingMessage, response: ServerResponse): Promise<string>
}

/** Sessions for an Express application. */
export interface ExpressAdapter<Data extends object>
  extends Guards<Middleware, IncomingMessage>, CsrfFace {
  /** Puts a lazy `req.session` on every request. Mount it once, before the routes. */
  readonly sessions: Middleware
  /**
   * Lets what happens in a request be recorded with its address, agent, method and path. Mount it before `sessions`.
   * `idOf` names the request, for who looks for it in another log.
   */
  audited(
    audit: Pick<Audit, 'around'>,
    idOf?: (response: ServerResponse) => string | undefined,
  ): Middleware
  /** Types `req.session` for a handler, and passes what it throws or rejects with to `next` on Express 4 too. */
  handler(
    run: (request: WithSession<Request, Data>, response: Response, next: Next) => unknown,
  ): RequestHandler
  /** The session of a request that went through `sessions`. */
  sessionOf(request: IncomingMessage): Session<Data>
}

/** Sessions for Express 4 and 5: `app.use(createExpressAdapter(sojourn).sessions)`. */
export function createExpressAdapter<Data extends object>(
  sojourn: Sojourn<Data>,
  options: ExpressOptions = {},
): ExpressAdapter<Data> {
  const answers = toAnswers(options)
  const { proxyTrust } = sojourn
  return {
    sessions: attach(sojourn, options, answers),
    ...createGuards(sojourn, (guard) => toMiddleware(guard, sojourn, answers)),
    csrfToken: async (request, response) =>
      issueCsrfToken(new NodeCall(request, response, proxyTrust)),
    audited: (audit, idOf) => createAuditMiddleware(proxyTrust, audit, idOf),
    handler: (run) => (request, response, next) => {
      const typed = request as unknown as WithSession<Request, Data>
      try {
        Promise.resolve(run(typed, response, next)).catch(next)
      } catch (error) {
        next(error)
      }
    },
    sessionOf: (request) => sessionOf(request) as Session<Data>,
  }
}

/** How requests are answered that do not get through. */
interface Answers {
  readonly refuse: NonNullable<ExpressOptions['onRefused']>
  readonly unavailable: NonNullable<ExpressOptions['onUnavailable']>
}

function toAnswers({ onRefused, onUnavailable }: ExpressOptions): Answers {
  return {
    refuse:
      onRefused ??
      ((refusal, _request, response) => {
        sendRefusal(response, refusal)
      }),
    unavailable:
      onUnavailable ??
      ((error, _request, response) => {
        sendUnavailable(response, error)
      }),
  }
}

function toMiddleware(
  guard: Guard<IncomingMessage>,
  { proxyTrust }: Pick<Sojourn<object>, 'proxyTrust'>,
  { refuse, unavailable }: Answers,
): Middleware {
  const answer = (stop: Stop, ...at: Parameters<Middleware>): void => {
    if (isReply(stop)) sendReply(at[1], stop)
    else refuse(stop, ...at)
  }
  return (request, response, next) => {
    const stop = guard(new NodeCall(request, response, proxyTrust))
    // Nearly every request that is let through is let through here.
    if (stop === undefined) next()
    else if (!(stop instanceof Promise)) answer(stop, request, response, next)
    else {
      stop.then(
        (later) => {
          if (later === undefined) next()
          else answer(later, request, response, next)
        },
        (error: unknown) => {
          if (error instanceof StoreUnavailable) unavailable(error, request, response)
          else next(error)
        },
      )
    }
  }
}

/** Gives each request its handle. Only an answer whose session is used is held. */
function attach<Data extends object>(
  sojourn: Sojourn<Data>,
  { maxHeldBytes = 65_536 }: ExpressOptions,
  { unavailable }: Answers,
): Middleware {
  const onFailure = (error: unknown, request: IncomingMessage, direct: ServerResponse): void => {
    if (error instanceof StoreUnavailable) unavailable(error, request, direct)
    else sendFault(direct, error)
  }
  const sessions: Middleware = (request, response, next) => {
    const typed = request as Partial<WithSession<IncomingMessage, Data>>
    if (typed.session === undefined) {
      const answer = new HeldAnswer<Data>(request, response, maxHeldBytes, onFailure)
      answer.exchange = sojourn.exchange(createNodeIncoming(request, sojourn.proxyTrust), answer)
      typed.session = answer.exchange.session
    }
    next()
  }
  return markSessions(sessions, sojourn)
}

export {
  createExpressServer,
  expressClasses,
  type ExpressApplication,
  type ExpressClasses,
} from './express-server.js'
export { refuseAmbiguous } from '../guard/session-guard.js'
export { refuseCredentialInUrl } from '../guard/credential-in-url.js'
export { createNodeIncoming } from '../request/incoming.js'
export { networkOf, type ProxyTrust } from '../request/client-address.js'
export { sendRefusal, sendUnavailable } from './node/send.js'
export { nonceOf } from './node/node-call.js'
export type { AuthRules } from '../guard/auth-guard.js'
export type { LimitPolicy } from '../guard/rate-limit/index.js'
export type { LimitOptions } from './guards/limit.js'
export type { AuthOptions } from './guards/guards.js'
export type { RouteOptions } from './guards/session.js'
export type { ClientAuthentication } from './tokens/routes.js'
