import type { IncomingMessage, ServerResponse } from 'node:http'
import { InvalidOption, StoreUnavailable } from '../../errors.js'
import {
  createCsrfGuard,
  type CsrfGuard,
  type CsrfOptions,
  type CsrfSession,
} from '../../guard/csrf/index.js'
import type { GuardContext } from '../../guard/context.js'
import { createNodeIncoming } from '../../request/incoming.js'
import type { ExpressOptions, Middleware, Refuse } from '../express.js'

/** How `web.csrf` behaves. */
export interface ExpressCsrfOptions extends CsrfOptions {
  /**
   * Reads the token of a form, where no header has one; may answer a promise. Never take it from the address, which
   * ends up in logs. Default: `request.body._csrf`, as a body parser in front has left it.
   */
  readonly tokenOf?: (request: IncomingMessage) => unknown
}

/** The part of the adapter that refuses forged requests by tokens. */
export interface CsrfFace {
  /**
   * `sameOrigin`, and besides tokens that are bound to the session (CSRF). Mount it behind `sessions` and, where forms
   * carry their token, behind the body parser or with `tokenOf`; before the routes.
   */
  csrf(options?: ExpressCsrfOptions): Middleware
  /**
   * A token for the forms (`_csrf`) and scripts (`X-CSRF-Token`) of this request's page. A visitor without a session gets a
   * cookie with it, and no record. Throws `InvalidOption` where no `csrf` stands in front, and `StoreUnavailable`.
   */
  csrfToken(request: IncomingMessage, response: ServerResponse): Promise<string>
}

/** What it needs of the rest of the adapter. */
export interface CsrfParts {
  readonly context: GuardContext
  readonly sessionOf: (request: IncomingMessage) => CsrfSession
  readonly refuse: Refuse
  readonly unavailable: NonNullable<ExpressOptions['onUnavailable']>
}

/** A request as other middleware may have left it. */
interface Touched extends IncomingMessage {
  readonly body?: unknown
  /** What method-override and its like keep. */
  readonly originalMethod?: unknown
}

/** The guard that a request went through, and the token it was given. */
interface Passage {
  readonly guard: CsrfGuard
  issued?: { readonly id: string | undefined; readonly token: string }
}

const PASSAGES = new WeakMap<IncomingMessage, Passage>()

export function createCsrfFace(parts: CsrfParts): CsrfFace {
  return {
    csrf: (options = {}) => createMiddleware(parts, options),
    csrfToken: async (request, response) => issue(parts, request, response),
  }
}

function createMiddleware(
  { context, sessionOf, refuse, unavailable }: CsrfParts,
  { tokenOf = fieldOf, ...options }: ExpressCsrfOptions,
): Middleware {
  const guard = createCsrfGuard(context, options)
  return (request, response, next) => {
    PASSAGES.set(request, { guard })
    const { originalMethod } = request as Touched
    const verdict = guard.check({
      incoming: createNodeIncoming(request, context.proxyTrust),
      session: sessionOf(request),
      otherMethod: typeof originalMethod === 'string' ? originalMethod : undefined,
      field: () => tokenOf(request),
    })
    const answer = (refusal: Awaited<typeof verdict>): void => {
      if (refusal === undefined) next()
      else refuse(refusal, request, response, next)
    }
    if (!(verdict instanceof Promise)) {
      answer(verdict)
      return
    }
    verdict.then(answer, (error: unknown) => {
      if (error instanceof StoreUnavailable) unavailable(error, request, response)
      else next(error)
    })
  }
}

function fieldOf({ body }: Touched): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, '_csrf')) return undefined
  return (body as { readonly _csrf: unknown })._csrf
}

/** One for a request, until that signs somebody in. */
async function issue(
  { context, sessionOf }: CsrfParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<string> {
  const passage = PASSAGES.get(request)
  if (passage === undefined) {
    throw new InvalidOption('No web.csrf() before this route: it decides what tokens are made of.')
  }
  const session = sessionOf(request)
  await session.load()
  const { id } = session
  if (passage.issued !== undefined && passage.issued.id === id) return passage.issued.token
  const incoming = createNodeIncoming(request, context.proxyTrust)
  const { token, cookies } = await passage.guard.issue({ incoming, session })
  passage.issued = { id, token }
  for (const line of cookies) response.appendHeader('Set-Cookie', line)
  return token
}
