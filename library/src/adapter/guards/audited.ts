import type { ProxyTrust } from '../../request/client-address.js'
import { createNodeIncoming, pathOf } from '../../request/incoming.js'
import type { Audit } from '../../telemetry/audit/index.js'
import type { Middleware } from '../express.js'

/** Lets what happens in a request be recorded with its address, agent, method and path. */
export function createAuditMiddleware(
  trust: ProxyTrust,
  audit: Pick<Audit, 'around'>,
  idOf: (response: Parameters<Middleware>[1]) => string | undefined = () => undefined,
): Middleware {
  return (request, response, next) => {
    const incoming = createNodeIncoming(request, trust)
    const { address, userAgent: agent, method } = incoming
    const facts = { address, agent, method, path: pathOf(incoming), requestId: idOf(response) }
    const actorOf = (): string | undefined => actorIn(request)
    audit.around({ ...facts, actorOf }, next)
  }
}

/** Who acts for the person of a session, while impersonating. A session that nobody has loaded is not asked. */
function actorIn(request: object): string | undefined {
  const { session } = request as { session?: { facts?: { actor?: string | undefined } } }
  try {
    return session?.facts?.actor
  } catch {
    return undefined
  }
}
