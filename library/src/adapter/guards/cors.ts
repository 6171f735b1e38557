import { createCors, type CorsOptions } from '../../guard/cors.js'
import type { ProxyTrust } from '../../request/client-address.js'
import { createNodeIncoming } from '../../request/incoming.js'
import { applyOutgoing } from '../../response/outgoing.js'
import type { Middleware, Refuse } from '../express.js'

/** Says which other origins may read the answer, and answers their browsers' preflights. */
export function createCorsMiddleware(
  trust: ProxyTrust,
  refuse: Refuse,
  options: CorsOptions,
): Middleware {
  const judge = createCors(options)
  return (request, response, next) => {
    const { headers, isPreflight, refusal } = judge(createNodeIncoming(request, trust))
    applyOutgoing(response, { cookies: [], headers })
    if (refusal !== undefined) refuse(refusal, request, response, next)
    else if (isPreflight) response.writeHead(204).end()
    else next()
  }
}
