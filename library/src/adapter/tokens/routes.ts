/**
 * tokens/ owns the answers of the token endpoints, as values: a request with its parsed body in, a `Reply` out. The
 * adapters mount them; it never sends anything itself.
 */
import { InvalidInput } from '../../errors.js'
import type { Tokens } from '../../session/tokens.js'
import { systemClock } from '../../system/clock.js'
import { isEqualSecret } from '../../system/digest.js'
import type { Call, Guard } from '../neutral/call.js'
import type { Reply } from '../neutral/reply.js'
import { textOf, toJson, toTokenProblem } from './answers.js'
import { readClient } from './client.js'
import { answerRefresh } from './refresh.js'

/**
 * Handlers for the token endpoints. Put a body parser in front of those that take a body (JSON or form), where the framework
 * does not parse by itself, and the cross-origin guard before all of them.
 */
export interface TokenRoutes<Handler> {
  /**
   * `POST`: a refresh token, as `Authorization: Bearer`, in the body (`refreshToken` or `refresh_token`) or in its
   * cookie, for a new pair. What came by cookie goes back by cookie. 400 `invalid_grant`, by cookie 401. Who asks in the
   * words of RFC 6749 section 6 (`grant_type=refresh_token`) is answered in those of section 5.
   */
  readonly refresh: Handler
  /** `POST`, RFC 7009: ends the session that the token in the body belongs to. Always 200 for an authenticated client. */
  revoke(clients: ClientAuthentication): Handler
  /** `POST`, RFC 7662: says whether the token in the body is good now. */
  introspect(clients: ClientAuthentication): Handler
  /** `GET`: the public keys (RFC 7517), to be cached for ten minutes. */
  readonly jwks: Handler
  /**
   * `GET ?since=&wait=`: what ended, for verifiers without a store; waits up to `wait` seconds (30 at most) for news.
   * `isStopping` says that the process is about to end, and nobody should wait any longer. Default: never.
   */
  revocations(clients: ClientAuthentication, isStopping?: () => boolean): Handler
}

/** The secrets of the clients that may introspect and revoke, by their ids. */
export type ClientAuthentication = ReadonlyMap<string, readonly string[]>

/** Seconds for which the JWKS may be kept: keys are published this long before they sign. */
export const JWKS_MAX_AGE = 600
const LONGEST_WAIT = 30
const POLL_EVERY = 200

type Answering = (call: Call, body: unknown) => Promise<Reply>

/** @param wrap - makes a handler of the framework of a guard, which here has the answer to every request. */
export function createTokenRoutes<Handler>(
  tokens: Tokens,
  wrap: (answer: Guard) => Handler,
): TokenRoutes<Handler> {
  const route = (answer: (call: Call) => Promise<Reply>): Handler =>
    wrap(async (call) => {
      // Also where the answer is that the store gave none.
      call.headers.setHeader('Cache-Control', 'no-store')
      return answer(call)
    })
  const forClients = (clients: ClientAuthentication, answer: Answering): Handler =>
    route(async (call) => {
      const body = await call.body()
      const isKnown = isKnownClient(call.incoming.header('authorization'), body, clients)
      return isKnown ? answer(call, body) : INVALID_CLIENT
    })
  return {
    refresh: route(async (call) => answerRefresh(tokens, call.incoming, await call.body())),
    revoke: (clients) =>
      forClients(clients, async (_call, body) => {
        await tokens.revoke(textOf(body, 'token') ?? '')
        return { status: 200, headers: [], body: undefined }
      }),
    introspect: (clients) =>
      forClients(clients, async (_call, body) =>
        toJson(await tokens.introspect(textOf(body, 'token') ?? '')),
      ),
    jwks: route(async () => {
      const { headers, ...reply } = toJson(await tokens.jwks(), 'application/jwk-set+json')
      const cached = ['Cache-Control', `public, max-age=${String(JWKS_MAX_AGE)}`] as const
      return { ...reply, headers: [cached, ...headers] }
    }),
    revocations: (clients, isStopping = () => false) =>
      forClients(clients, async (call) => revocations(tokens, call, isStopping)),
  }
}

async function revocations(tokens: Tokens, call: Call, isStopping: () => boolean): Promise<Reply> {
  const { target } = call.incoming
  const query = new URLSearchParams(target.slice((target + '?').indexOf('?') + 1))
  const since = wholeOf(query, 'since', 0, Number.MAX_SAFE_INTEGER)
  const wait = wholeOf(query, 'wait', 0, LONGEST_WAIT)
  const until = systemClock.elapsed() + wait * 1_000
  let endings = await tokens.endings(since)
  const isNews = (): boolean =>
    endings === undefined || endings.sessions.length + endings.subjects.length > 0
  const mayWait = (): boolean => systemClock.elapsed() < until && !call.isGone() && !isStopping()
  while (!isNews() && mayWait()) {
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY).unref())
    endings = await tokens.endings(since)
  }
  if (endings !== undefined) return toJson(endings)
  const detail = 'This store cannot tell what ended: use introspection.'
  return toTokenProblem(501, { code: 'feed_unavailable', error: detail, detail })
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

function isKnownClient(
  authorization: string | undefined,
  body: unknown,
  clients: ClientAuthentication,
): boolean {
  const client = readClient(authorization, body)
  const secrets = client === undefined ? [] : (clients.get(client.id) ?? [])
  // Every secret is compared, whichever fits: how long it takes tells nothing.
  return secrets.filter((secret) => isEqualSecret(secret, client?.secret ?? '')).length > 0
}

const INVALID_CLIENT: Reply = toTokenProblem(
  401,
  { code: 'invalid_client', error: 'invalid_client', detail: 'Client authentication failed.' },
  { challenge: 'Basic realm="sojourn", charset="UTF-8"' },
)
