import { InvalidOption } from '../errors.js'
import { DROP_IN, SESSIONS } from '../exchange.js'
import type { Next, SessionRequest, SessionResponse } from '../compat/express-session/contract.js'
import type { Sojourn } from '../sojourn.js'

/** Whose sessions a test means: a `Sojourn`, a session middleware, or an Express application or router that uses one. */
export type SessionSource = object

/** The middleware of `sojourn/express-session`, without the types of Express that its own module needs. */
export type SessionMiddleware = (
  request: SessionRequest,
  response: SessionResponse,
  next: Next,
) => void

/** What was found behind a {@link SessionSource}. */
export type FoundSessions =
  | { readonly kind: 'sojourn'; readonly sojourn: Sojourn<Record<string, unknown>> }
  | { readonly kind: 'drop-in'; readonly middleware: SessionMiddleware }

/** The part of an Express application, router or layer that is looked into. */
interface Mounted {
  readonly stack?: unknown
  readonly handle?: unknown
  readonly route?: unknown
  readonly [SESSIONS]?: unknown
}

/**
 * The sessions of `source`: of an application those of the session middleware that is mounted first, also inside routers. What
 * stands inside another application, or behind a function of one's own, cannot be seen: pass it itself. Throws
 * `InvalidOption` where there are none.
 */
export function findSessions(source: SessionSource): FoundSessions {
  const found = isSojourn(source) ? asFound(source, source) : search(source, new Set())
  if (found !== undefined) return found
  throw new InvalidOption(
    'No sessions of sojourn were found in what was passed: pass the Sojourn, the middleware that gives req.session, or an Express application that uses it directly.',
  )
}

function isSojourn(source: object): boolean {
  return 'exchange' in source && 'tokens' in source
}

function asFound(mark: unknown, middleware: object): FoundSessions | undefined {
  if (mark === DROP_IN) return { kind: 'drop-in', middleware: middleware as SessionMiddleware }
  const isOurs = typeof mark === 'object' && mark !== null && isSojourn(mark)
  return isOurs ? { kind: 'sojourn', sojourn: mark as Sojourn<Record<string, unknown>> } : undefined
}

function search(candidate: unknown, seen: Set<unknown>): FoundSessions | undefined {
  if (!isMounted(candidate) || seen.has(candidate)) return undefined
  seen.add(candidate)
  const own = asFound(candidate[SESSIONS], candidate)
  if (own !== undefined) return own
  for (const inner of innerOf(candidate)) {
    const found = search(inner, seen)
    if (found !== undefined) return found
  }
  return undefined
}

function isMounted(candidate: unknown): candidate is Mounted {
  return typeof candidate === 'function' || (typeof candidate === 'object' && candidate !== null)
}

function innerOf(mounted: Mounted): readonly unknown[] {
  const { stack, handle, route } = mounted
  return [...(Array.isArray(stack) ? (stack as unknown[]) : []), handle, route, routerOf(mounted)]
}

/** Express 4 keeps it as `_router`, and throws where `router` is read; Express 5 has `router`. */
function routerOf(
  mounted: Mounted & { readonly _router?: unknown; readonly router?: unknown },
): unknown {
  if (mounted._router !== undefined) return mounted._router
  try {
    return mounted.router
  } catch {
    return undefined
  }
}
