import type { IncomingMessage } from 'node:http'
import { StoreUnavailable } from '../../errors.js'
import {
  createAnomalyGuard,
  type AnomalyContext,
  type AnomalyGuard,
  type AnomalyOptions,
} from '../../guard/anomaly/index.js'
import { createProofCheck, type ProofRules } from '../../guard/single-use.js'
import { createNodeIncoming } from '../../request/incoming.js'
import type { Session } from '../../session/session.js'
import type { ExpressOptions, Middleware, Refuse } from '../express.js'

/** What it needs of the adapter. */
export interface WatchParts {
  readonly context: AnomalyContext
  readonly sessionOf: (request: IncomingMessage) => Session
  readonly refuse: Refuse
  readonly unavailable: NonNullable<ExpressOptions['onUnavailable']>
}

/** The middleware of `web.watch`. */
export function createWatch(
  { context, sessionOf, unavailable }: WatchParts,
  given: AnomalyGuard | AnomalyOptions = {},
): Middleware {
  const guard = 'check' in given ? given : createAnomalyGuard(context, given)
  return (request, response, next) => {
    const session = sessionOf(request)
    const incoming = createNodeIncoming(request, context.proxyTrust)
    // Who shows nothing has no session that could be anybody else's.
    if (incoming.cookieHeader === undefined && incoming.header('authorization') === undefined) {
      next()
      return
    }
    const fail = (error: unknown): void => {
      if (!(error instanceof StoreUnavailable)) next(error)
      // Routes load the session themselves, and say what has to be said.
      else if (!guard.isEnforcing) next()
      else unavailable(error, request, response)
    }
    // Whatever was found, the guards of the routes refuse: who is not let in anywhere can still sign in anew.
    const decide = (): void => {
      const judged = guard.check(incoming, session)
      if (judged instanceof Promise && guard.isEnforcing) {
        judged.then(() => {
          next()
        }, fail)
        return
      }
      // Where nothing can come of it for this request, nobody waits for what is counted.
      if (judged instanceof Promise) judged.catch(() => undefined)
      next()
    }
    if (session.loadNow()) decide()
    else session.load().then(decide, fail)
  }
}

/** The middleware of `web.requireProof`. */
export function createProofMiddleware(
  { context, sessionOf, refuse, unavailable }: WatchParts,
  rules: ProofRules,
): Middleware {
  const check = createProofCheck(context, rules)
  return (request, response, next) => {
    const session = sessionOf(request)
    // What is single-use must not be judged by what the near cache remembers.
    session
      .load({ fresh: true })
      .then(async () => check(session))
      .then(
        (refusal) => {
          if (refusal === undefined) next()
          else refuse(refusal, request, response, next)
        },
        (error: unknown) => {
          if (error instanceof StoreUnavailable) unavailable(error, request, response)
          else next(error)
        },
      )
  }
}
