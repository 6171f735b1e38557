/**
 * adapter/ owns the glue to web frameworks, and nothing else: it turns a framework's request into an
 * `Incoming`, holds the answer until the session is durable, and answers refusals. This one fits Express 4
 * and 5 (and connect, and bare node:http); of Express it imports types alone.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import { InvalidOption, StoreUnavailable } from '../errors.js'
import { refuseCrossOrigin, type CrossOriginOptions } from '../guard/cross-origin.js'
import { createAuthCheck, type AuthRules } from '../guard/auth-guard.js'
import { refuseCredentialInUrl } from '../guard/credential-in-url.js'
import {
  refuseAmbiguous,
  refuseUnlessRecent,
  refuseUnlessSignedIn,
  type Refusal,
} from '../guard/session-guard.js'
import { createNodeIncoming } from '../request/incoming.js'
import { checkRecent } from '../session/policies.js'
import type { LimitPolicy } from '../guard/rate-limit/index.js'
import type { Session } from '../session/session.js'
import type { Sojourn } from '../sojourn.js'
import type { Audit } from '../telemetry/audit/index.js'
import { toMilliseconds, type Duration } from '../system/duration.js'
import { createTransportGuards, type TransportGuards } from './guards/transport.js'
import { createAuditMiddleware } from './guards/audited.js'
import { reportRefusals } from './guards/reported.js'
import { HeldAnswer } from './node/held-answer.js'
import { createLimit, type LimitOptions } from './guards/limit.js'
import { createProofMiddleware, createWatch } from './guards/watch.js'
import type { AnomalyGuard, AnomalyOptions } from '../guard/anomaly/index.js'
import type { ProofRules } from '../guard/single-use.js'
import { createTokenRoutes, type TokenRoutes } from './token-routes.js'
import { sendFault, sendRefusal, sendUnavailable } from './node/send.js'
import { createCsrfFace, type CsrfFace } from './guards/csrf.js'

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

/** What a route asks of the session. */
export interface RouteOptions {
  /** Writing to the session throws on this route. Default `false`. */
  readonly readOnly?: boolean
  /** Ask the store on this route, whatever the near cache knows: revocation is seen at once. Default `false`. */
  readonly fresh?: boolean
}

/** What a route asks of whoever comes, and of the session. */
export interface AuthOptions extends AuthRules, RouteOptions {}

/** Sessions for an Express application. */
export interface ExpressAdapter<Data extends object> extends CsrfFace, TransportGuards {
  /** Puts a lazy `req.session` on every request. Mount it once, before the routes. */
  readonly sessions: Middleware
  /**
   * Lets only signed-in people through, by cookie or by access token, who meet the rules; loads the session. Answers
   * with the challenges of RFC 6750 and RFC 9470.
   */
  requireAuth(options?: AuthOptions): Middleware
  /** Loads the session that a cookie or an access token presents, if any, and lets everybody through who is not two people at once. */
  optionalAuth(options?: RouteOptions): Middleware
  /** Handlers for the token endpoints; see `TokenRoutes`. */
  readonly tokenRoutes: TokenRoutes
  /** `requireAuth` without rules. `mayBePending`: for the route where another proof is given that the session awaits. */
  requireSession(options?: RouteOptions & { readonly mayBePending?: boolean }): Middleware
  /** Loads the session where there is one, and lets everybody through. */
  optionalSession(options?: RouteOptions): Middleware
  /**
   * Lets only people through who signed in, or proved again who they are, at most `maxAge` ago. Default: the option `recent`.
   * Throws `InvalidOption` where the option `policy` allows less.
   */
  requireRecent(maxAge?: Duration, options?: RouteOptions): Middleware
  /** Refuses unsafe requests that another site's page caused (CSRF). Mount it before the routes. */
  sameOrigin(options?: CrossOriginOptions): Middleware
  /**
   * Notices sessions that are used from elsewhere or by another client, and answers as told: by default it only reports. Loads
   * the session: mount it behind `sessions`, and behind what serves static files.
   */
  watch(guard?: AnomalyGuard | AnomalyOptions): Middleware
  /** Lets one act through for each recent proof of who the person is (ASVS 7.5.3). Asks the store. */
  requireProof(rules: ProofRules): Middleware
  /** Limits how often something is done, over all processes; 429 beyond. Several policies have to be met together. */
  limit(policies: LimitPolicy | readonly LimitPolicy[], options?: LimitOptions): Middleware
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
  const guard = createGuard<Data>({ ...answers, refuse: reportRefusals(sojourn, answers.refuse) })
  const watchParts = { context: sojourn, sessionOf, ...answers }
  return {
    sessions: attach(sojourn, options, answers),
    requireAuth(rules = {}) {
      const check = createAuthCheck(rules)
      checkRecent(sojourn.policy, toMilliseconds(rules.maxAge) ?? 0)
      return guard(check, rules)
    },
    optionalAuth: (route) => guard((session) => refuseAmbiguous(session), route, true),
    tokenRoutes: createTokenRoutes(sojourn, answers.unavailable),
    requireSession: (route = {}) => guard((session) => refuseUnlessSignedIn(session, route), route),
    optionalSession: (route) => guard(() => undefined, route, true),
    requireRecent(maxAge, route) {
      const milliseconds = maxAge === undefined ? sojourn.recent : toMilliseconds(maxAge)
      if (milliseconds === undefined) {
        throw new InvalidOption('requireRecent needs a duration such as "5m".')
      }
      checkRecent(sojourn.policy, milliseconds)
      return guard((session) => refuseUnlessRecent(session, milliseconds), route)
    },
    ...createCsrfFace({ context: sojourn, sessionOf, ...answers }),
    sameOrigin:
      (rules = {}) =>
      (request, response, next) => {
        const incoming = createNodeIncoming(request, sojourn.proxyTrust)
        const refusal = refuseCrossOrigin(incoming, rules)
        if (refusal === undefined) next()
        else answers.refuse(refusal, request, response, next)
      },
    ...createTransportGuards(sojourn.proxyTrust, answers.refuse),
    audited: (audit, idOf) => createAuditMiddleware(sojourn.proxyTrust, audit, idOf),
    watch: (given) => createWatch(watchParts, given),
    requireProof: (rules) => createProofMiddleware(watchParts, rules),
    limit: (policies, rules) =>
      createLimit({ context: sojourn, sessionOf, refuse: answers.refuse }, policies, rules),
    handler: (run) => (request, response, next) => {
      const typed = request as unknown as WithSession<Request, Data>
      try {
        Promise.resolve(run(typed, response, next)).catch(next)
      } catch (error) {
        next(error)
      }
    },
    sessionOf,
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

function sessionOf<Data extends object>(request: IncomingMessage): Session<Data> {
  const { session } = request as Partial<WithSession<IncomingMessage, Data>>
  if (session === undefined) {
    throw new InvalidOption('No req.session: mount app.use(web.sessions) before this route.')
  }
  return session
}

type Guard<Data extends object> = (
  check: (session: Session<Data>) => Refusal | undefined,
  route?: RouteOptions,
  isOptional?: boolean,
) => Middleware

/** Path and query as sent, also inside a mounted router. */
function targetOf(request: IncomingMessage & { readonly originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? '/'
}

/** Makes middleware that loads the session, and refuses or goes on as `check` says. */
function createGuard<Data extends object>({ refuse, unavailable }: Answers): Guard<Data> {
  return (check, { readOnly = false, fresh = false } = {}, isOptional = false) =>
    (request, response, next) => {
      const inUrl = refuseCredentialInUrl({
        target: targetOf(request),
        header: () => request.headers.authorization,
      })
      if (inUrl !== undefined) {
        refuse(inUrl, request, response, next)
        return
      }
      const session = sessionOf<Data>(request)
      const decide = (): void => {
        if (readOnly) session.makeReadOnly()
        const refusal = check(session)
        if (refusal === undefined) next()
        else refuse(refusal, request, response, next)
      }
      const fail = (error: unknown): void => {
        if (!(error instanceof StoreUnavailable)) next(error)
        else if (!isOptional) unavailable(error, request, response)
        else {
          session.treatAsUnknown()
          next()
        }
      }
      if (!fresh && session.loadNow()) decide()
      else session.load({ fresh }).then(decide, fail)
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
  return (request, response, next) => {
    const typed = request as Partial<WithSession<IncomingMessage, Data>>
    if (typed.session === undefined) {
      const answer = new HeldAnswer<Data>(request, response, maxHeldBytes, onFailure)
      answer.exchange = sojourn.exchange(createNodeIncoming(request, sojourn.proxyTrust), answer)
      typed.session = answer.exchange.session
    }
    next()
  }
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
export { nonceOf } from './guards/headers.js'
export type { AuthRules } from '../guard/auth-guard.js'
export type { LimitPolicy } from '../guard/rate-limit/index.js'
export type { LimitOptions } from './guards/limit.js'
export type { CsrfFace, ExpressCsrfOptions } from './guards/csrf.js'
export type { ClientAuthentication, TokenRoutes } from './token-routes.js'
