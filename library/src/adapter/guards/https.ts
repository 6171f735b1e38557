import { createHttpsGuard, type HttpsOptions } from '../../guard/https.js'
import type { ProxyTrust } from '../../request/client-address.js'
import { createNodeIncoming } from '../../request/incoming.js'
import type { Middleware, Refuse } from '../express.js'

/** Sends pages on to https, and refuses everything else that came by plain http. */
export function createHttpsMiddleware(
  trust: ProxyTrust,
  refuse: Refuse,
  options: HttpsOptions,
): Middleware {
  const check = createHttpsGuard(options)
  return (request, response, next) => {
    const answer = check(createNodeIncoming(request, trust))
    if (answer === undefined) next()
    else if (answer.status !== 308) refuse(answer, request, response, next)
    else response.writeHead(308, { Location: answer.location, 'Content-Length': 0 }).end()
  }
}
