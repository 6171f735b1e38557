import { refuseEmbedding } from '../../guard/embedding.js'
import type { ProxyTrust } from '../../request/client-address.js'
import { createNodeIncoming } from '../../request/incoming.js'
import type { Middleware, Refuse } from '../express.js'

/** Refuses what a page of another site would put into itself. */
export function createEmbeddingMiddleware(trust: ProxyTrust, refuse: Refuse): Middleware {
  return (request, response, next) => {
    const refusal = refuseEmbedding(createNodeIncoming(request, trust))
    if (refusal === undefined) next()
    else refuse(refusal, request, response, next)
  }
}
