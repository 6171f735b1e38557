import type { GuardContext } from '../../guard/context.js'
import type { Refusal } from '../../guard/session-guard.js'
import { pathOf } from '../../request/incoming.js'
import type { SojournEvents } from '../../session/events.js'
import { isReply, type Call, type Guard, type Stop } from '../neutral/call.js'

/** Nothing was presented: people who are not signed in are no incident. */
const NOBODY: ReadonlySet<Refusal['code']> = new Set<Refusal['code']>([
  'session_missing',
  'token_missing',
])

/**
 * Tells the event log of what a guard refuses, and hands it on (ASVS 16.3.2). Whoever presented nothing is not
 * told of; whoever presented something that is over, too old or not allowed to do this is.
 */
export function reported(context: GuardContext, call: Call, refusal: Refusal): Refusal {
  if (!NOBODY.has(refusal.code)) report(context, refusal, call, 'authorization', holderOf(call))
  return refusal
}

/** The same where the address holds a credential: nothing was loaded for such a request. */
export function reportedInUrl(context: GuardContext, call: Call, refusal: Refusal): Refusal {
  report(context, refusal, call, 'credential_in_url', {})
  return refusal
}

/** A guard whose refusals are told as those of `guard`. It looks at no session. */
export function reporting(
  context: GuardContext,
  guard: 'https' | 'cors' | 'embedding' | 'cross_origin',
  stop: (call: Call) => Stop | undefined,
): Guard {
  return (call) => {
    const answer = stop(call)
    if (answer !== undefined && !isReply(answer)) report(context, answer, call, guard, {})
    return answer
  }
}

function report(
  context: GuardContext,
  refusal: Refusal,
  { incoming }: Call,
  guard: SojournEvents['request.refused']['guard'],
  holder: { readonly id?: string; readonly subject?: string },
): void {
  const { code } = refusal
  const check = refusal.check ?? refusal.reason
  context.report('request.refused', {
    guard,
    code,
    ...(check === undefined ? {} : { check }),
    method: incoming.method,
    path: pathOf(incoming),
    address: incoming.address,
    ...holder,
    isEnforced: true,
  })
}

function holderOf({ session }: Call): { id?: string; subject?: string } {
  const found = session.resolution
  switch (found.state) {
    case 'active': {
      const { id, subject } = found.record
      return subject === undefined ? { id } : { id, subject }
    }
    case 'expired':
    case 'revoked':
      return found.subject === undefined ? {} : { subject: found.subject }
    case 'none':
    case 'rejected':
      return {}
  }
}
