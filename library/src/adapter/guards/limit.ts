import type { IncomingMessage, ServerResponse } from 'node:http'
import { StoreUnavailable } from '../../errors.js'
import type { GuardContext } from '../../guard/context.js'
import {
  createRateLimiter,
  mergeField,
  type LimitedSession,
  type LimitFields,
  type LimitPolicy,
  type RateLimiterOptions,
} from '../../guard/rate-limit/index.js'
import { createNodeIncoming } from '../../request/incoming.js'
import type { Middleware, Refuse } from '../express.js'

/** How `web.limit` behaves. */
export type LimitOptions = Omit<RateLimiterOptions, 'policies'>

/** What it needs of the adapter. */
export interface LimitParts {
  readonly context: GuardContext
  readonly sessionOf: (request: IncomingMessage) => LoadableSession
  readonly refuse: Refuse
}

interface LoadableSession extends LimitedSession {
  loadNow(): boolean
  load(): Promise<unknown>
}

/** The middleware of `web.limit`. */
export function createLimit(
  { context, sessionOf, refuse }: LimitParts,
  policies: LimitPolicy | readonly LimitPolicy[],
  options: LimitOptions = {},
): Middleware {
  const limiter = createRateLimiter(context, { ...options, policies })
  const check = async (request: IncomingMessage, response: ServerResponse) => {
    const incoming = createNodeIncoming(request, context.proxyTrust)
    const isAsked = limiter.session === 'needed' || (limiter.session === 'welcome' && has(request))
    const session = isAsked ? await loaded(sessionOf(request)) : undefined
    const { refusal, fields } = await limiter.check(incoming, session)
    const headers = addFields(response, fields)
    return refusal === undefined ? undefined : { ...refusal, headers }
  }
  return (request, response, next) => {
    check(request, response).then((refusal) => {
      if (refusal === undefined) next()
      else refuse(refusal, request, response, next)
    }, next)
  }
}

/** Whether the request went through `web.sessions`; `express-session` has a property of that name, too. */
function has(request: IncomingMessage & { session?: Partial<LoadableSession> }): boolean {
  return typeof request.session?.loadNow === 'function'
}

/** `undefined` where the store is away: then the network counts, in this process. */
async function loaded(session: LoadableSession): Promise<LimitedSession | undefined> {
  try {
    if (!session.loadNow()) await session.load()
    return session
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined
    throw error
  }
}

/** Several limiters may look at one request; the answer tells of all of them. */
function addFields(response: ServerResponse, fields: LimitFields): Record<string, string> {
  const merged: Record<string, string> = {}
  for (const [name, added] of Object.entries(fields)) {
    const before = response.getHeader(name)
    const value = mergeField(before === undefined ? undefined : String(before), added)
    if (value === '') continue
    merged[name] = value
    response.setHeader(name, value)
  }
  return merged
}
