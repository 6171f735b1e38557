/** Sessions for handlers that take a web `Request` and answer a `Response`: Next.js, SvelteKit, Bun, Deno. */
import type { StoreUnavailable } from '../errors.js'
import type { Refusal } from '../guard/session-guard.js'
import { createWebIncoming, type WebConnection } from '../request/web-incoming.js'
import type { Session } from '../session/session.js'
import type { Sojourn } from '../sojourn.js'
import { issueCsrfToken } from './guards/csrf.js'
import { createGuards, type Guards } from './guards/guards.js'
import type { Guard } from './neutral/call.js'
import { readBody } from './web/read-body.js'
import { WebCall } from './web/web-call.js'

/** A guard, for the list that `handle` and `route` take. */
export type FetchGuard = Guard<Request>

/** How the adapter behaves. */
export interface FetchOptions {
  /** Answers a refused request. Default: problem+json (RFC 9457) with a stable `code`, and a challenge on 401. */
  readonly onRefused?: (refusal: Refusal, request: Request) => Response
  /** Answers when the store did not. Default: 503 problem+json with Retry-After, and no cookie. */
  readonly onUnavailable?: (error: StoreUnavailable, request: Request) => Response
  /** What the platform knows of the connection, for `route`; `handle` is told by its caller. Default: nothing. */
  readonly connection?: (request: Request, platform: unknown) => WebConnection
}

/** What a handler gets beside the request. */
export interface FetchContext<Data extends object> {
  /** Lazy: costs nothing until it is used. */
  readonly session: Session<Data>
  /** A token for the forms and scripts of this request's page. Throws `InvalidOption` without `web.csrf()` among the guards. */
  csrfToken(): Promise<string>
  /** For `<script nonce>`; `undefined` without `web.headers()` among the guards. */
  readonly nonce: string | undefined
}

/** Answers a request. */
export type FetchHandler<Data extends object> = (
  context: FetchContext<Data>,
) => Response | Promise<Response>

/** How one request came, and what stands before its handler. */
export interface HandleOptions extends WebConnection {
  /** Asked in turn. Default: none. */
  readonly guards?: readonly FetchGuard[]
}

/** Sessions for web handlers. Its guards go into the lists of `handle` and `route`. */
export interface FetchAdapter<Data extends object> extends Guards<FetchGuard, Request> {
  /**
   * Runs a handler with its session, and answers once that is durable. A `Response` that the handler throws counts as its
   * answer; so does an error of this library with a status below 500, and 503 where the store is away. Any other error goes
   * to the caller, and what the handler had set is not saved.
   */
  handle(request: Request, handler: FetchHandler<Data>, options?: HandleOptions): Promise<Response>
  /**
   * A route handler: guards first. What the platform passes besides the request (`{ params }` in Next.js) comes third. Without
   * a handler, as for `web.tokenRoutes`, a guard has to answer; otherwise the answer is 404.
   */
  route<Platform = unknown>(
    guards: FetchGuard | readonly FetchGuard[],
    handler?: (
      request: Request,
      context: FetchContext<Data>,
      platform: Platform,
    ) => Response | Promise<Response>,
  ): (request: Request, platform?: Platform) => Promise<Response>
}

/** `const web = createFetchAdapter(sojourn)`; then `export const GET = web.route(web.requireSession(), handler)`. */
export function createFetchAdapter<Data extends object>(
  sojourn: Sojourn<Data>,
  { onRefused: refuse, onUnavailable: unavailable, connection }: FetchOptions = {},
): FetchAdapter<Data> {
  const handle: FetchAdapter<Data>['handle'] = async (request, handler, options = {}) => {
    const call = new WebCall<Data, Request>(
      sojourn,
      { refuse, unavailable },
      {
        native: request,
        incoming: createWebIncoming(request, sojourn.proxyTrust, options),
        signal: request.signal,
        body: async () => readBody(request),
      },
    )
    for (const guard of options.guards ?? []) {
      const refused = await call.ask(guard)
      if (refused !== undefined) return call.finish(refused)
    }
    return call.finish(await run(call, handler))
  }
  return {
    ...createGuards<Data, FetchGuard, Request>(sojourn, (guard) => guard),
    handle,
    route: (given, handler) => {
      const guards = typeof given === 'function' ? [given] : given
      return async (request, platform) =>
        handle(
          request,
          (context) => handler?.(request, context, platform as never) ?? NOT_FOUND(),
          { ...connection?.(request, platform), guards },
        )
    },
  }
}

const NOT_FOUND = (): Response => new Response(null, { status: 404 })

async function run<Data extends object>(
  call: WebCall<Data, Request>,
  handler: FetchHandler<Data>,
): Promise<Response> {
  try {
    return await handler({
      session: call.typedSession,
      csrfToken: async () => issueCsrfToken(call),
      get nonce() {
        return call.nonce
      },
    })
  } catch (error) {
    return error instanceof Response ? error : call.failed(error)
  }
}

export { refuseCredentialInUrl } from '../guard/credential-in-url.js'
export { createWebIncoming, type WebConnection } from '../request/web-incoming.js'
export type { AuthOptions, Guards } from './guards/guards.js'
export type { RouteOptions } from './guards/session.js'
export type { ClientAuthentication, TokenRoutes } from './tokens/routes.js'
