/** A sign-in has put another session in this one's place: the cookie for it is there already. */
const RENEWED = /^(signed_in|signed_in_again|replaced)$/
/** Codes of a 401 that new tokens may help with. Every other one is the application's own affair. */
const MENDABLE = /^(session_(missing|unknown|invalid)|token_(missing|expired|stale)|invalid_token)$/

/**
 * What to do about a 401. `none`: it is the application's own. `refresh`, or just send it `again`. `over`: the session is.
 */
export type Cure =
  | { readonly type: 'none' | 'refresh' | 'again' }
  | { readonly type: 'over'; readonly reason: string }

/** Fields of a problem (RFC 9457) of the service. */
export interface Problem {
  readonly code?: string
  readonly reason?: string
  readonly detail?: string
  readonly retryAfter?: number
}

/** Reads a 401 without using up its body. Ours bears our challenge, and a code that has to do with sessions or tokens. */
export async function readRefusal(response: Response, isSameOrigin: boolean): Promise<Cure> {
  // Another origin's challenge is hidden from pages unless the service exposes it: there the code decides alone.
  const challenge =
    response.headers.get('www-authenticate') ?? (isSameOrigin ? '' : 'realm="sojourn"')
  if (!challenge.includes('realm="sojourn"')) {
    return { type: 'none' }
  }
  const { code, reason } = await problemOf(response)
  return cureFor(code, reason ?? /\breason="(\w+)"/.exec(challenge)?.[1])
}

function cureFor(code: string | undefined, reason: string | undefined): Cure {
  if (isRenewal(reason)) return { type: 'again' }
  if (code === 'session_ended') return { type: 'over', reason: reason ?? 'unknown' }
  return { type: code !== undefined && MENDABLE.test(code) ? 'refresh' : 'none' }
}

/** Whether the end of a session only means that another one of the same browser goes on. */
export function isRenewal(reason: string | undefined): boolean {
  return reason !== undefined && RENEWED.test(reason)
}

/** The problem in an answer; empty where there is none. The answer's body stays unread. */
export async function problemOf(response: Response): Promise<Problem> {
  if (response.headers.get('content-type')?.includes('json') !== true) return {}
  try {
    return ((await response.clone().json()) ?? {}) as Problem
  } catch {
    return {}
  }
}
