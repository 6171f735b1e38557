/**
 * guards/ owns what may stop a request before its handler, over any framework: each file turns rules of guard/ into a
 * `Guard` that is asked with a `Call`. Adapters wrap these into their framework's middleware; nothing here answers.
 */
import { InvalidOption } from '../../errors.js'
import type { AnomalyGuard, AnomalyOptions } from '../../guard/anomaly/index.js'
import { createAuthCheck, type AuthRules } from '../../guard/auth-guard.js'
import type { CorsOptions } from '../../guard/cors.js'
import type { CrossOriginOptions } from '../../guard/cross-origin.js'
import type { HttpsOptions } from '../../guard/https.js'
import type { LimitPolicy } from '../../guard/rate-limit/index.js'
import {
  refuseAmbiguous,
  refuseUnlessRecent,
  refuseUnlessSignedIn,
} from '../../guard/session-guard.js'
import type { ProofRules } from '../../guard/single-use.js'
import type { SecurityHeadersOptions } from '../../response/security-headers.js'
import { checkRecent } from '../../session/policies.js'
import type { Sojourn } from '../../sojourn.js'
import { toMilliseconds, type Duration } from '../../system/duration.js'
import type { Guard } from '../neutral/call.js'
import { createTokenRoutes, type TokenRoutes } from '../tokens/routes.js'
import { createCsrfStop, type CsrfGuardOptions } from './csrf.js'
import { createHeadersGuard } from './headers.js'
import { createLimit, type LimitOptions } from './limit.js'
import { reporting } from './reported.js'
import { createSessionGuard, type RouteOptions } from './session.js'
import {
  createCorsStop,
  createEmbeddingStop,
  createHttpsStop,
  createOriginStop,
} from './transport.js'
import { createProofGuard, createWatch } from './watch.js'

/** What a route asks of whoever comes, and of the session. */
export interface AuthOptions extends AuthRules, RouteOptions {}

/** How requests may come, and what every answer says to browsers. */
export interface TransportGuards<Middleware> {
  /** Sends pages that are asked for by plain http on to https, and refuses everything else. Mount it first. */
  https(options: HttpsOptions): Middleware
  /** Sets the security headers of every answer. Mount it first; works beside helmet, whose headers count where it comes later. */
  headers(options?: SecurityHeadersOptions): Middleware
  /** Lets pages of named origins call, and answers their preflights. Mount it before what refuses requests. */
  cors(options: CorsOptions): Middleware
  /** Refuses images, scripts and frames in pages of other sites (ASVS 3.5.8). */
  notEmbedded(): Middleware
}

/** What stands before a handler, as middleware of a framework. */
export interface Guards<Middleware, Native extends object> extends TransportGuards<Middleware> {
  /**
   * Lets only signed-in people through, by cookie or by access token, who meet the rules; loads the session. Answers
   * with the challenges of RFC 6750 and RFC 9470.
   */
  requireAuth(options?: AuthOptions): Middleware
  /** Loads the session that a cookie or an access token presents, if any, and lets everybody through who is not two people at once. */
  optionalAuth(options?: RouteOptions): Middleware
  /** Handlers for the token endpoints; see `TokenRoutes`. */
  readonly tokenRoutes: TokenRoutes<Middleware>
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
   * `sameOrigin`, and besides tokens that are bound to the session (CSRF). Mount it behind `sessions` and, where forms
   * carry their token, behind the body parser or with `tokenOf`; before the routes.
   */
  csrf(options?: CsrfGuardOptions<Native>): Middleware
  /**
   * Notices sessions that are used from elsewhere or by another client, and answers as told: by default it only reports. Loads
   * the session: mount it behind `sessions`, and behind what serves static files.
   */
  watch(guard?: AnomalyGuard | AnomalyOptions): Middleware
  /** Lets one act through for each recent proof of who the person is (ASVS 7.5.3). Asks the store. */
  requireProof(rules: ProofRules): Middleware
  /** Limits how often something is done, over all processes; 429 beyond. Several policies have to be met together. */
  limit(policies: LimitPolicy | readonly LimitPolicy[], options?: LimitOptions): Middleware
}

/** @param wrap - makes middleware of the framework of a guard. */
export function createGuards<Data extends object, Middleware, Native extends object>(
  sojourn: Sojourn<Data>,
  wrap: (guard: Guard<Native>) => Middleware,
): Guards<Middleware, Native> {
  return {
    requireAuth(rules = {}) {
      const check = createAuthCheck(rules)
      checkRecent(sojourn.policy, toMilliseconds(rules.maxAge) ?? 0)
      return wrap(createSessionGuard(sojourn, check, rules))
    },
    optionalAuth: (route) => wrap(createSessionGuard(sojourn, refuseAmbiguous, route, true)),
    tokenRoutes: createTokenRoutes(sojourn.tokens, wrap),
    requireSession: (route = {}) =>
      wrap(createSessionGuard(sojourn, (session) => refuseUnlessSignedIn(session, route), route)),
    optionalSession: (route) => wrap(createSessionGuard(sojourn, () => undefined, route, true)),
    requireRecent(maxAge, route) {
      const milliseconds = maxAge === undefined ? sojourn.recent : toMilliseconds(maxAge)
      if (milliseconds === undefined) {
        throw new InvalidOption('requireRecent needs a duration such as "5m".')
      }
      checkRecent(sojourn.policy, milliseconds)
      return wrap(
        createSessionGuard(sojourn, (session) => refuseUnlessRecent(session, milliseconds), route),
      )
    },
    sameOrigin: (rules) => wrap(reporting(sojourn, 'cross_origin', createOriginStop(rules))),
    csrf: (options = {}) => wrap(createCsrfStop(sojourn, options)),
    https: (rules) => wrap(reporting(sojourn, 'https', createHttpsStop(rules))),
    headers: (rules) => wrap(createHeadersGuard(rules)),
    cors: (rules) => wrap(reporting(sojourn, 'cors', createCorsStop(rules))),
    notEmbedded: () => wrap(reporting(sojourn, 'embedding', createEmbeddingStop())),
    watch: (given) => wrap(createWatch(sojourn, given)),
    requireProof: (rules) => wrap(createProofGuard(sojourn, rules)),
    limit: (policies, rules) => wrap(createLimit(sojourn, policies, rules)),
  }
}
