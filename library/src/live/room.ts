import type { Refusal } from '../guard/session-guard.js'
import type { Admitted } from './admitted.js'
import type { Keeper } from './keeper.js'
import type { LiveSettings } from './options.js'

/** Seconds after which a place may be free: clients close what they do not need. */
const RETRY_AFTER = 5

/** Refuses one connection more than a session, a person or this process may have. */
export function refuseFull(
  keeper: Pick<Keeper, 'connections' | 'connectionsOf' | 'connectionsOfSubject'>,
  settings: Pick<LiveSettings, 'maxPerSession' | 'maxPerSubject' | 'maxConnections'>,
  { id, subject }: Pick<Admitted, 'id' | 'subject'>,
): Refusal | undefined {
  if (keeper.connectionsOf(id) >= settings.maxPerSession) return full('connections_of_session')
  const ofSubject = subject === undefined ? 0 : keeper.connectionsOfSubject(subject)
  if (ofSubject >= settings.maxPerSubject) return full('connections_of_person')
  return keeper.connections >= settings.maxConnections ? full('connections') : undefined
}

function full(check: string): Refusal {
  return {
    status: 429,
    code: 'rate_limited',
    message: 'Too many open connections.',
    retryAfter: RETRY_AFTER,
    check,
  }
}
