import type { IncomingMessage } from 'node:http'
import type { Session } from 'sojourn'

/** Whom a request's session belongs to and who acts in it, for the log. */
export interface Presence {
  readonly sessionId?: string
  readonly subject?: string
  /** Who acts for the subject, while impersonating: then both are told (behaviour 28b). */
  readonly actor?: string
}

/** Nobody, where the request's session was not asked for. */
export function presenceOf(request: IncomingMessage): Presence {
  const { session } = request as { session?: Pick<Session, 'id' | 'subject' | 'actor'> }
  try {
    if (session?.id === undefined) return {}
    const { id: sessionId, subject, actor } = session
    return {
      sessionId,
      ...(subject === undefined ? {} : { subject }),
      ...(actor === undefined ? {} : { actor }),
    }
  } catch {
    // A session that nobody has loaded throws: then nobody is known.
    return {}
  }
}
