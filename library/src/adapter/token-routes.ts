import type { IncomingMessage, ServerResponse } from 'node:http'
import { InvalidInput, StoreUnavailable } from '../errors.js'
import { createNodeIncoming, type Incoming } from '../request/incoming.js'
import type { Tokens } from '../session/tokens.js'
import type { Sojourn } from '../sojourn.js'
import { systemClock } from '../system/clock.js'
import { isEqualSecret } from '../system/digest.js'
import { answerRefresh, type WithBody } from './refresh-route.js'
import { sendJson, sendTokenProblem, textOf } from './token-answers.js'
import { readClient } from './token-client.js'
import type { Middleware, Next } from './express.js'

/**
 * Handlers for the token endpoints. Put a body parser in front of those that take a body (JSON or form; they read
 * `request.body`), and the cross-origin guard before all of them.
 */
export interface TokenRoutes {
  /**
   * `POST`: a refresh token, as `Authorization: Bearer`, in the body (`refreshToken` or `refresh_token`) or in its
   * cookie, for a new pair. What came by cookie goes back by cookie. 400 `invalid_grant`, by cookie 401. Who asks in the
   * words of RFC 6749 section 6 (`grant_type=refresh_token`) is answered in those of section 5.
   */
  readonly refresh: Middleware
  /** `POST`, RFC 7009: ends the session that the token in the body belongs to. Always 200 for an authenticated client. */
  revoke(clients: ClientAuthentication): Middleware
  /** `POST`, RFC 7662: says whether the token in the body is good now. */
  introspect(clients: ClientAuthentication): Middleware
  /** `GET`: the public keys (RFC 7517), to be cached for ten minutes. */
  readonly jwks: Middleware
  /**
   * `GET ?since=&wait=`: what ended, for verifiers without a store; waits up to `wait` seconds (30 at most) for news.
   * `isStopping` says that the process is about to end, and nobody should wait any longer. Default: never.
   */
  revocations(clients: ClientAuthentication, isStopping?: () => boolean): Middleware
}

/** The secrets of the clients that may introspect and revoke, by their ids. */
export type ClientAuthentication = ReadonlyMap<string, readonly string[]>

/** Seconds for which the JWKS may be kept: keys are published this long before they sign. */
export const JWKS_MAX_AGE = 600
const LONGEST_WAIT = 30
const POLL_EVERY = 200

type Handle = (request: WithBody, response: ServerResponse, incoming: Incoming) => Promise<void>

export function createTokenRoutes<Data extends object>(
  sojourn: Sojourn<Data>,
  unavailable: (
    error: StoreUnavailable,
    request: IncomingMessage,
    response: ServerResponse,
  ) => void,
): TokenRoutes {
  const { tokens } = sojourn
  const route =
    (handle: Handle): Middleware =>
    (request, response, next: Next) => {
      response.setHeader('Cache-Control', 'no-store')
      handle(request, response, createNodeIncoming(request, sojourn.proxyTrust)).catch(
        (error: unknown) => {
          if (error instanceof StoreUnavailable) unavailable(error, request, response)
          else next(error)
        },
      )
    }
  const forClients =
    (clients: ClientAuthentication, handle: Handle): Middleware =>
    (request, response, next) => {
      if (isKnownClient(request, clients)) route(handle)(request, response, next)
      else sendInvalidClient(response)
    }
  return {
    refresh: route((...call) => answerRefresh(tokens, ...call)),
    revoke: (clients) =>
      forClients(clients, async (request, response) => {
        await tokens.revoke(textOf(request.body, 'token') ?? '')
        response.statusCode = 200
        response.end()
      }),
    introspect: (clients) =>
      forClients(clients, async (request, response) => {
        sendJson(response, await tokens.introspect(textOf(request.body, 'token') ?? ''))
      }),
    jwks: route(async (_request, response) => {
      const keys = await tokens.jwks()
      response.setHeader('Cache-Control', `public, max-age=${String(JWKS_MAX_AGE)}`)
      sendJson(response, keys, 'application/jwk-set+json')
    }),
    revocations: (clients, isStopping = () => false) =>
      forClients(clients, async (_request, response, { target }) =>
        revocations(tokens, response, target, isStopping),
      ),
  }
}

async function revocations(
  tokens: Tokens,
  response: ServerResponse,
  target: string,
  isStopping: () => boolean,
): Promise<void> {
  const query = new URLSearchParams(target.slice((target + '?').indexOf('?') + 1))
  const since = wholeOf(query, 'since', 0, Number.MAX_SAFE_INTEGER)
  const wait = wholeOf(query, 'wait', 0, LONGEST_WAIT)
  const until = systemClock.elapsed() + wait * 1_000
  let endings = await tokens.endings(since)
  const isNews = (): boolean =>
    endings === undefined || endings.sessions.length + endings.subjects.length > 0
  const mayWait = (): boolean =>
    systemClock.elapsed() < until && !response.destroyed && !isStopping()
  while (!isNews() && mayWait()) {
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY).unref())
    endings = await tokens.endings(since)
  }
  if (endings === undefined) {
    const detail = 'This store cannot tell what ended: use introspection.'
    sendTokenProblem(response, 501, { code: 'feed_unavailable', error: detail, detail })
  } else sendJson(response, endings)
}

function wholeOf(query: URLSearchParams, name: string, least: number, most: number): number {
  const text = query.get(name) ?? String(least)
  const value = Number(text)
  if (/^\d{1,16}$/.test(text) && value >= least && value <= most) return value
  throw new InvalidInput(
    name,
    `${name} must be a whole number from ${String(least)} to ${String(most)}.`,
  )
}

function isKnownClient(request: WithBody, clients: ClientAuthentication): boolean {
  const client = readClient(request.headers.authorization, request.body)
  const secrets = client === undefined ? [] : (clients.get(client.id) ?? [])
  // Every secret is compared, whichever fits: how long it takes tells nothing.
  return secrets.filter((secret) => isEqualSecret(secret, client?.secret ?? '')).length > 0
}

function sendInvalidClient(response: ServerResponse): void {
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('WWW-Authenticate', 'Basic realm="sojourn", charset="UTF-8"')
  const detail = 'Client authentication failed.'
  sendTokenProblem(response, 401, { code: 'invalid_client', error: 'invalid_client', detail })
}
