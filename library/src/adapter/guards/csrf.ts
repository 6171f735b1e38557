import { InvalidOption } from '../../errors.js'
import { createCsrfGuard, type CsrfGuard, type CsrfOptions } from '../../guard/csrf/index.js'
import type { GuardContext } from '../../guard/context.js'
import { applyOutgoing } from '../../response/outgoing.js'
import type { Call, Guard } from '../neutral/call.js'

/** How `web.csrf` behaves. */
export interface CsrfGuardOptions<Native extends object> extends CsrfOptions {
  /**
   * Reads the token of a form, where no header has one; may answer a promise. Never take it from the address, which
   * ends up in logs. Default: the field `_csrf` of the parsed body.
   */
  readonly tokenOf?: (request: Native) => unknown
}

/** The guard that a request went through, and the token it was given. */
interface Passage {
  readonly guard: CsrfGuard
  issued?: { readonly id: string | undefined; readonly token: string }
}

const PASSAGES = new WeakMap<object, Passage>()

/** The guard of `web.csrf`. */
export function createCsrfStop<Native extends object>(
  context: GuardContext,
  { tokenOf, ...options }: CsrfGuardOptions<Native>,
): Guard<Native> {
  const guard = createCsrfGuard(context, options)
  return (call) => {
    const { native, incoming, session, otherMethod } = call
    PASSAGES.set(native, { guard })
    const field = (): unknown => (tokenOf === undefined ? fieldOf(call) : tokenOf(native))
    return guard.check({ incoming, session, otherMethod, field })
  }
}

function fieldOf(call: Call): unknown {
  const body = call.body()
  return body instanceof Promise ? body.then(tokenIn) : tokenIn(body)
}

function tokenIn(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, '_csrf')) return undefined
  return (body as { readonly _csrf: unknown })._csrf
}

/** `web.csrfToken`: one for a request, until that signs somebody in. */
export async function issueCsrfToken({
  native,
  incoming,
  session,
  headers,
}: Pick<Call, 'native' | 'incoming' | 'session' | 'headers'>): Promise<string> {
  const passage = PASSAGES.get(native)
  if (passage === undefined) {
    throw new InvalidOption('No web.csrf() before this route: it decides what tokens are made of.')
  }
  await session.load()
  const { id } = session
  if (passage.issued !== undefined && passage.issued.id === id) return passage.issued.token
  const { token, cookies } = await passage.guard.issue({ incoming, session })
  passage.issued = { id, token }
  applyOutgoing(headers, { cookies, headers: [] })
  return token
}
