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
import type { HeaderTarget } from '../../response/outgoing.js'
import type { Session } from '../../session/session.js'
import type { Guard } from '../neutral/call.js'

/** How `web.limit` behaves. */
export type LimitOptions = Omit<RateLimiterOptions, 'policies'>

/** The guard of `web.limit`. */
export function createLimit(
  context: GuardContext,
  policies: LimitPolicy | readonly LimitPolicy[],
  options: LimitOptions = {},
): Guard {
  const limiter = createRateLimiter(context, { ...options, policies })
  return async (call) => {
    const isAsked =
      limiter.session === 'needed' || (limiter.session === 'welcome' && call.hasSession)
    const session = isAsked ? await loaded(call.session) : undefined
    const { refusal, fields } = await limiter.check(call.incoming, session)
    const headers = addFields(call.headers, fields)
    return refusal === undefined ? undefined : { ...refusal, headers }
  }
}

/** `undefined` where the store is away: then the network counts, in this process. */
async function loaded(session: Session): Promise<LimitedSession | undefined> {
  try {
    if (!session.loadNow()) await session.load()
    return session
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined
    throw error
  }
}

/** Several limiters may look at one request; the answer tells of all of them. */
function addFields(target: HeaderTarget, fields: LimitFields): Record<string, string> {
  const merged: Record<string, string> = {}
  for (const [name, added] of Object.entries(fields)) {
    const before = target.getHeader(name)
    const value = mergeField(before === undefined ? undefined : String(before), added)
    if (value === '') continue
    merged[name] = value
    target.setHeader(name, value)
  }
  return merged
}
