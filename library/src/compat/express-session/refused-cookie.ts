import type { SessionRequest } from './contract.js'
import { valuesOf } from './signed-cookie.js'

/** Why the session cookie of a request counts for nothing. */
export interface CookieRefusal {
  readonly status: 401
  readonly code: 'session_invalid'
  readonly message: string
}

const WRONG: CookieRefusal = refusal('The session cookie signature is wrong.')
const MALFORMED: CookieRefusal = refusal('The session cookie is malformed.')
/** `s:` with an id, and a signature of it. */
const SIGNED = /^s:[^]+\.[^.]+$/

const REFUSED = new WeakMap<object, CookieRefusal>()

function refusal(message: string): CookieRefusal {
  return { status: 401, code: 'session_invalid', message }
}

/** No session cookie of `request` verifies: notes why, where there is one at all. */
export function noteRefused(request: SessionRequest, names: readonly string[]): void {
  const values = names.flatMap((name) => valuesOf(request.headers.cookie, name))
  if (values.length === 0) return
  REFUSED.set(request, values.some((value) => SIGNED.test(value)) ? WRONG : MALFORMED)
}

export function refusalFor(request: object): CookieRefusal | undefined {
  return REFUSED.get(request)
}
