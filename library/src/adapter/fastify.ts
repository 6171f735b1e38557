/** Sessions for Fastify 5: `await app.register(createFastifyAdapter(sojourn).sessions)`, then `request.session`. */
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import { InvalidOption, StoreUnavailable } from '../errors.js'
import { markSessions } from '../exchange.js'
import type { Refusal } from '../guard/session-guard.js'
import type { Session } from '../session/session.js'
import type { Sojourn } from '../sojourn.js'
import {
  FastifyCall,
  targetOf,
  type AnyFastifyReply,
  type AnyFastifyRequest,
} from './fastify-call.js'
import { issueCsrfToken } from './guards/csrf.js'
import { createGuards, type Guards } from './guards/guards.js'
import { isReply, type Guard, type Stop } from './neutral/call.js'
import { applyReply, toRefused, toUnavailable, type Reply } from './neutral/reply.js'

/** A hook: for `preHandler` (or `onRequest`, where no body is looked at) of a route or of all, and a handler for the token routes. */
export type FastifyGuard = (
  request: AnyFastifyRequest,
  reply: AnyFastifyReply,
  done?: (error?: Error) => void,
) => void

/** How the adapter behaves. */
export interface FastifyOptions {
  /** Answers a refused request. Default: problem+json (RFC 9457) with a stable `code`, and a challenge on 401. */
  readonly onRefused?: (refusal: Refusal, request: FastifyRequest, reply: FastifyReply) => unknown
  /** Answers when the store did not, in a guard. Default: 503 problem+json with Retry-After, and no cookie. */
  readonly onUnavailable?: (
    error: StoreUnavailable,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => unknown
}

/** Sessions for a Fastify application. */
export interface FastifyAdapter<Data extends object> extends Guards<
  FastifyGuard,
  AnyFastifyRequest
> {
  /**
   * The plugin that decorates every request with a lazy `session`. Register it once, before the routes. To type
   * `request.session`: `declare module 'fastify' { interface FastifyRequest { session: Session<Data> } }`.
   */
  readonly sessions: FastifyPluginCallback
  /** `request.session`, typed without a declaration of yours. */
  sessionOf(request: AnyFastifyRequest): Session<Data>
  /** A token for the forms and scripts of this request's page. Throws `InvalidOption` where no `web.csrf()` stands in front. */
  csrfToken(request: AnyFastifyRequest, reply: AnyFastifyReply): Promise<string>
  /** For `<script nonce>`; `undefined` without `web.headers()` in front. */
  nonceOf(request: AnyFastifyRequest): string | undefined
}

/** Where a request keeps its call; Fastify wants to know of properties before the first request. */
const CALL = Symbol('sojourn.call')

type Decorated<Data extends object> = AnyFastifyRequest & { [CALL]?: FastifyCall<Data> | null }

/** Sessions for Fastify: `await app.register(web.sessions)`. */
export function createFastifyAdapter<Data extends object>(
  sojourn: Sojourn<Data>,
  options: FastifyOptions = {},
): FastifyAdapter<Data> {
  const callOf = (request: Decorated<Data>, reply?: AnyFastifyReply): FastifyCall<Data> => {
    const known = request[CALL]
    if (known === undefined) {
      throw new InvalidOption('No request.session: await app.register(web.sessions) first.')
    }
    const call = known ?? (request[CALL] = new FastifyCall(sojourn, request))
    if (reply !== undefined) call.reply = reply
    return call
  }
  return {
    sessions: createPlugin(sojourn, (request) => callOf(request).typedSession),
    ...createGuards<Data, FastifyGuard, AnyFastifyRequest>(sojourn, (guard) =>
      toHook(guard, callOf, options),
    ),
    sessionOf: (request) => callOf(request).typedSession,
    csrfToken: async (request, reply) => issueCsrfToken(callOf(request, reply)),
    nonceOf: (request) => callOf(request).nonce,
  }
}

function createPlugin<Data extends object>(
  sojourn: Sojourn<Data>,
  sessionOf: (request: AnyFastifyRequest) => Session<Data>,
): FastifyPluginCallback {
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    app.decorateRequest(CALL as never, null as never)
    app.decorateRequest(
      'session' as never,
      {
        getter(this: AnyFastifyRequest) {
          return sessionOf(this)
        },
      } as never,
    )
    app.addHook('onSend', (request, reply, payload, next) => {
      const call = (request as unknown as Decorated<Data>)[CALL]
      if (call === undefined || call === null) next()
      else call.leave(reply, payload, next)
    })
    done()
  }
  // What `fastify-plugin` does: the decorations are for the application that registers it, not for a scope of its own.
  Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'sojourn',
    [Symbol.for('plugin-meta')]: { fastify: '5.x', name: 'sojourn' },
  })
  return markSessions(plugin, sojourn)
}

function toHook<Data extends object>(
  guard: Guard<AnyFastifyRequest>,
  callOf: (request: AnyFastifyRequest, reply: AnyFastifyReply) => FastifyCall<Data>,
  { onRefused, onUnavailable }: FastifyOptions,
): FastifyGuard {
  return (request, reply, done) => {
    const full = [request as FastifyRequest, reply as FastifyReply] as const
    const goOn = (stop: Stop | undefined): void => {
      if (stop === undefined) done?.()
      else if (isReply(stop)) give(reply, stop)
      else if (onRefused === undefined) give(reply, toRefused(stop))
      else void onRefused(stop, ...full)
    }
    const fail = (error: unknown): void => {
      if (!(error instanceof StoreUnavailable)) raise(error, reply, done)
      else if (onUnavailable === undefined) give(reply, toUnavailable(error))
      else void onUnavailable(error, ...full)
    }
    try {
      const stop = guard(callOf(request, reply))
      if (stop instanceof Promise) stop.then(goOn, fail)
      else goOn(stop)
    } catch (error) {
      fail(error)
    }
  }
}

/** As a hook an error goes to `done`, as a handler it is sent: both ways lead to Fastify's error handler. */
function raise(error: unknown, reply: AnyFastifyReply, done?: (error?: Error) => void): void {
  if (done === undefined) reply.send(error)
  else done(error as Error)
}

function give(reply: AnyFastifyReply, answer: Reply): void {
  applyReply(targetOf(reply), answer)
  reply.code(answer.status)
  // Of text, Fastify would say in which charset it is; JSON has one alone (RFC 8259 section 8.1).
  reply.send(answer.body === undefined ? undefined : Buffer.from(answer.body))
}

export type { AnyFastifyReply, AnyFastifyRequest } from './fastify-call.js'
export type { AuthOptions, Guards } from './guards/guards.js'
export type { RouteOptions } from './guards/session.js'
export type { ClientAuthentication, TokenRoutes } from './tokens/routes.js'
