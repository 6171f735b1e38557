import type { IncomingMessage, ServerResponse } from 'node:http'
import { bearerOf } from '../credential/authorization.js'
import type { Incoming } from '../request/incoming.js'
import { applyOutgoing } from '../response/outgoing.js'
import type { TokenSet } from '../session/issue.js'
import type { RefreshRefused } from '../session/refresh.js'
import type { Tokens } from '../session/tokens.js'
import { sendJson, sendTokenProblem, textOf } from './token-answers.js'

/** A request whose body was parsed. */
export type WithBody = IncomingMessage & { readonly body?: unknown }

/** Where a refresh token was found, and how the answer has to look. */
interface Found {
  /** Every place but the cookie that holds one. */
  readonly sent: readonly string[]
  readonly cookie: string | undefined
  /** The client speaks the language of RFC 6749 section 6. */
  readonly isStandard: boolean
}

/** Exchanges the refresh token of a request for a new pair, by whatever way it came. */
export async function answerRefresh(
  tokens: Tokens,
  request: WithBody,
  response: ServerResponse,
  incoming: Incoming,
): Promise<void> {
  const found = find(tokens, request, incoming)
  const { sent, cookie, isStandard } = found
  const [token = cookie] = sent
  if (new Set(sent).size > 1 || incoming.isRepeated('authorization')) {
    const detail = 'The token was sent in more than one place.'
    const problem = { code: 'invalid_request', error: 'invalid_request', detail }
    sendTokenProblem(response, 400, problem, isStandard)
  } else if (token === undefined) {
    const detail = 'Send a refresh token.'
    const error = isStandard ? 'invalid_request' : 'Invalid refresh token'
    sendTokenProblem(response, 401, { code: 'token_missing', error, detail }, isStandard)
  } else {
    const result = await tokens.refresh(token, {
      clientId: textOf(request.body, 'client_id'),
      address: incoming.address,
    })
    if (result.status === 'refused') sendRefused(response, result, found)
    else sendTokens(tokens, response, incoming, result.tokens, found)
  }
}

function find(tokens: Tokens, { body }: WithBody, incoming: Incoming): Found {
  const sent = [
    bearerOf(incoming.header('authorization')),
    textOf(body, 'refreshToken'),
    textOf(body, 'refresh_token'),
  ].filter((text) => text !== undefined)
  const isStandard = textOf(body, 'grant_type') !== undefined
  return { sent, cookie: tokens.refreshCookie(incoming), isStandard }
}

/** What came by cookie goes back by cookie: a page must not see it. */
function sendTokens(
  tokens: Tokens,
  response: ServerResponse,
  incoming: Incoming,
  pair: TokenSet,
  { sent, isStandard }: Found,
): void {
  if (sent.length === 0) {
    applyOutgoing(response, tokens.cookies(pair, incoming))
    sendJson(response, { success: true, expiresIn: pair.expiresIn })
  } else sendJson(response, isStandard ? toStandard(pair) : toPair(pair))
}

/** The names that JavaScript clients of jwt-redis-sessions know. */
function toPair({ accessToken, refreshToken, expiresIn, tokenType }: TokenSet): object {
  return { accessToken, refreshToken, expiresIn, tokenType }
}

/** The names of RFC 6749 section 5.1. */
function toStandard({ accessToken, refreshToken, expiresIn, tokenType }: TokenSet): object {
  return {
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: expiresIn,
    token_type: tokenType,
  }
}

/** No cookie is touched: a refusal may only mean that another tab was faster (behaviour 3e). */
function sendRefused(
  response: ServerResponse,
  { code, message, reason }: RefreshRefused,
  { sent, isStandard }: Found,
): void {
  const isByCookie = sent.length === 0
  const error = isByCookie ? 'Invalid refresh token' : code
  const problem = { code, error, detail: message, reason }
  sendTokenProblem(response, isByCookie ? 401 : 400, problem, isStandard)
}
