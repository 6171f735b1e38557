import { InvalidOption } from '../errors.js'
import { toMilliseconds, type Duration } from '../system/duration.js'
import {
  refuseUnlessRecent,
  refuseUnlessSignedIn,
  type GuardedSession,
  type Refusal,
} from './session-guard.js'

/** What a route asks of whoever comes, by cookie or by access token. */
export interface AuthRules {
  /** How long ago the person may have proved who they are (RFC 9470). Default: however long. */
  readonly maxAge?: Duration
  /** How sure that has to have been: one of these values of `acr` (RFC 9470). Default: any. */
  readonly acr?: string | readonly string[]
  /** The access token has to name this audience. Cookies are for this application alone, and pass. */
  readonly audience?: string
  /** The access token has to allow all of this (RFC 6750 section 3.1). Cookies stand for the whole person, and pass. */
  readonly scope?: string | readonly string[]
}

/** A check made of rules: refuses, or lets through with `undefined`. The session must be loaded. */
export type AuthCheck = (session: GuardedSession) => Refusal | undefined

/** Turns rules into a check, once. Throws {@link InvalidOption} for a duration that is none. */
export function createAuthCheck({ maxAge, acr, audience, scope }: AuthRules): AuthCheck {
  const age = maxAge === undefined ? undefined : toMilliseconds(maxAge)
  if (maxAge !== undefined && age === undefined) {
    throw new InvalidOption('requireAuth needs a duration as maxAge, such as "5m".')
  }
  const levels = listed(acr)
  const scopes = listed(scope)
  // The order is policy: who, for whom, what, how sure, how recently. What no rule asks for costs nothing.
  const checks: readonly (AuthCheck | undefined)[] = [
    refuseUnlessSignedIn,
    audience === undefined ? undefined : (session) => refuseAudience(session, audience),
    scopes.length === 0 ? undefined : (session) => refuseScope(session, scopes),
    levels.length === 0 ? undefined : (session) => refuseLevel(session, levels),
    age === undefined ? undefined : (session) => refuseUnlessRecent(session, age),
  ]
  return inTurn(checks.filter((check) => check !== undefined))
}

function inTurn(checks: readonly AuthCheck[]): AuthCheck {
  return (session) => {
    for (const check of checks) {
      const refusal = check(session)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }
}

function listed(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

function refuseAudience(session: GuardedSession, audience: string): Refusal | undefined {
  const { claims } = session
  if (claims === undefined || claims.audience.includes(audience)) return undefined
  const message = 'The token is for somebody else.'
  return { status: 401, code: 'audience_mismatch', message, schemes: session.schemes }
}

function refuseScope(session: GuardedSession, scopes: readonly string[]): Refusal | undefined {
  const { claims } = session
  if (claims === undefined || scopes.every((one) => claims.scope.includes(one))) return undefined
  return {
    status: 403,
    code: 'insufficient_scope',
    message: 'The token does not allow this.',
    scope: scopes.join(' '),
    schemes: session.schemes,
  }
}

function refuseLevel(session: GuardedSession, levels: readonly string[]): Refusal | undefined {
  if (levels.includes(session.facts?.acr ?? '')) return undefined
  return {
    status: 401,
    code: 'reauthentication_required',
    message: 'Please sign in in a stronger way.',
    acr: levels.join(' '),
    schemes: session.schemes,
  }
}
