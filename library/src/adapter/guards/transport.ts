import { createCors, type CorsOptions } from '../../guard/cors.js'
import { refuseCrossOrigin, type CrossOriginOptions } from '../../guard/cross-origin.js'
import { refuseEmbedding } from '../../guard/embedding.js'
import { createHttpsGuard, type HttpsOptions } from '../../guard/https.js'
import { applyOutgoing } from '../../response/outgoing.js'
import type { Call, Stop } from '../neutral/call.js'

/** A guard that waits for nothing. */
type Immediate = (call: Call) => Stop | undefined

/** Sends pages on to https, and refuses everything else that came by plain http. */
export function createHttpsStop(options: HttpsOptions): Immediate {
  const check = createHttpsGuard(options)
  return ({ incoming }) => {
    const answer = check(incoming)
    if (answer?.status !== 308) return answer
    const headers = [
      ['Location', answer.location],
      ['Content-Length', '0'],
    ] as const
    return { status: 308, headers, body: undefined }
  }
}

/** Says which other origins may read the answer, and answers their browsers' preflights. */
export function createCorsStop(options: CorsOptions): Immediate {
  const judge = createCors(options)
  return (call) => {
    const { headers, isPreflight, refusal } = judge(call.incoming)
    applyOutgoing(call.headers, { cookies: [], headers })
    if (refusal !== undefined) return refusal
    return isPreflight ? { status: 204, headers: [], body: undefined } : undefined
  }
}

/** Refuses unsafe requests that another site's page caused. */
export function createOriginStop(rules: CrossOriginOptions = {}): Immediate {
  return ({ incoming }) => refuseCrossOrigin(incoming, rules)
}

/** Refuses what a page of another site would put into itself. */
export function createEmbeddingStop(): Immediate {
  return ({ incoming }) => refuseEmbedding(incoming)
}
