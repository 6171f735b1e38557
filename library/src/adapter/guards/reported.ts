import type { IncomingMessage } from 'node:http'
import type { GuardContext } from '../../guard/context.js'
import type { Refusal } from '../../guard/session-guard.js'
import { createNodeIncoming, pathOf } from '../../request/incoming.js'
import type { Session } from '../../session/session.js'
import type { Refuse } from '../express.js'

/** Nothing was presented: people who are not signed in are no incident. */
const NOBODY: ReadonlySet<Refusal['code']> = new Set<Refusal['code']>([
  'session_missing',
  'token_missing',
])

/**
 * Tells the event log of what a guard refuses, and then refuses it (ASVS 16.3.2). Whoever presented nothing is not
 * told of; whoever presented something that is over, too old or not allowed to do this is.
 */
export function reportRefusals(context: GuardContext, refuse: Refuse): Refuse {
  return (refusal, request, response, next) => {
    if (!NOBODY.has(refusal.code)) report(context, refusal, request)
    refuse(refusal, request, response, next)
  }
}

function report(context: GuardContext, refusal: Refusal, request: IncomingMessage): void {
  const { code } = refusal
  const incoming = createNodeIncoming(request, context.proxyTrust)
  const check = refusal.check ?? refusal.reason
  context.report('request.refused', {
    guard: 'authorization',
    code,
    ...(check === undefined ? {} : { check }),
    method: incoming.method,
    path: pathOf(incoming),
    address: incoming.address,
    // Nothing was loaded for a request whose address holds a credential.
    ...(code === 'credential_in_url' ? {} : holderOf(request as Partial<WithSession>)),
    isEnforced: true,
  })
}

type WithSession = { readonly session: Session }

function holderOf({ session }: Partial<WithSession>): { id?: string; subject?: string } {
  const found = session?.resolution
  switch (found?.state) {
    case 'active': {
      const { id, subject } = found.record
      return subject === undefined ? { id } : { id, subject }
    }
    case 'expired':
    case 'revoked':
      return found.subject === undefined ? {} : { subject: found.subject }
    case 'none':
    case 'rejected':
    case undefined:
      return {}
  }
}
