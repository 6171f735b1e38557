import { StoreUnavailable } from '../../errors.js'
import type { GuardContext } from '../../guard/context.js'
import { refuseCredentialInUrl } from '../../guard/credential-in-url.js'
import type { Refusal } from '../../guard/session-guard.js'
import type { Session } from '../../session/session.js'
import type { Call, Guard } from '../neutral/call.js'
import { reported, reportedInUrl } from './reported.js'

/** What a route asks of the session. */
export interface RouteOptions {
  /** Writing to the session throws on this route. Default `false`. */
  readonly readOnly?: boolean
  /** Ask the store on this route, whatever the near cache knows: revocation is seen at once. Default `false`. */
  readonly fresh?: boolean
}

type Check = (session: Session) => Refusal | undefined

/**
 * A guard that loads the session, and refuses or goes on as `check` says.
 *
 * @param isOptional - where the store does not answer, the request goes on as nobody's.
 */
export function createSessionGuard(
  context: GuardContext,
  check: Check,
  { readOnly = false, fresh = false }: RouteOptions = {},
  isOptional: boolean = false,
): Guard {
  const decide = (call: Call, session: Session): Refusal | undefined => {
    if (readOnly) session.makeReadOnly()
    const refusal = check(session)
    return refusal === undefined ? undefined : reported(context, call, refusal)
  }
  return (call) => {
    const inUrl = call.target.includes('?') ? refuseCredentialInUrl(call.incoming) : undefined
    if (inUrl !== undefined) return reportedInUrl(context, call, inUrl)
    const { session } = call
    if (!fresh && session.loadNow()) return decide(call, session)
    return session.load({ fresh }).then(
      () => decide(call, session),
      (error: unknown) => {
        if (!isOptional || !(error instanceof StoreUnavailable)) throw error
        session.treatAsUnknown()
        return undefined
      },
    )
  }
}
