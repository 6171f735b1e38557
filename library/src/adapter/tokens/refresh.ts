import {
  bearerOf,
  readAuthorization,
  type AuthorizationProblem,
} from '../../credential/authorization.js'
import { describeRejection } from '../../guard/rejection.js'
import type { Incoming } from '../../request/incoming.js'
import type { TokenSet } from '../../session/issue.js'
import type { RefreshRefused } from '../../session/refresh.js'
import type { Tokens } from '../../session/tokens.js'
import type { Reply } from '../neutral/reply.js'
import { textOf, toJson, toTokenProblem, type TokenProblem } from './answers.js'

/** Where a refresh token was found, and how the answer has to look. */
interface Found {
  /** Every place but the cookie that holds one. */
  readonly sent: readonly string[]
  readonly cookie: string | undefined
  /** What is wrong with the `Authorization` header. */
  readonly problem: AuthorizationProblem | undefined
  /** The client speaks the language of RFC 6749 section 6. */
  readonly isStandard: boolean
}

/** Exchanges the refresh token of a request for a new pair, by whatever way it came. */
export async function answerRefresh(
  tokens: Tokens,
  incoming: Incoming,
  body: unknown,
): Promise<Reply> {
  const found = find(tokens, incoming, body)
  const refusal = refuse(found)
  if (refusal !== undefined) {
    const { status, ...problem } = refusal
    return toTokenProblem(status, problem, found)
  }
  const [token = found.cookie ?? ''] = found.sent
  const result = await tokens.refresh(token, {
    clientId: textOf(body, 'client_id'),
    address: incoming.address,
    isPassive: tokens.isPassive(incoming),
    proof: tokens.proofOf(incoming),
  })
  if (result.status === 'refused') return toRefused(result, found)
  return toPairReply(tokens, incoming, result.tokens, found)
}

function find(tokens: Tokens, incoming: Incoming, body: unknown): Found {
  const header = incoming.header('authorization')
  const read = readAuthorization(header, incoming.isRepeated('authorization'))
  const sent = [
    bearerOf(header),
    textOf(body, 'refreshToken'),
    textOf(body, 'refresh_token'),
  ].filter((text) => text !== undefined)
  const cookie = tokens.refreshCookie(incoming)
  const isStandard = textOf(body, 'grant_type') !== undefined
  return {
    sent,
    cookie,
    problem: problemOf(read, sent.length > 0 || cookie !== undefined),
    isStandard,
  }
}

/** Here a refresh token is no wrong kind; and another scheme disturbs nobody who sends a token elsewhere. */
function problemOf(
  read: ReturnType<typeof readAuthorization>,
  isFoundElsewhere: boolean,
): AuthorizationProblem | undefined {
  if (read.kind !== 'refused' || read.code === 'typ_mismatch') return undefined
  return read.code === 'scheme_unsupported' && isFoundElsewhere ? undefined : read.code
}

/** Why no token was exchanged: which of them is meant must not be guessed (RFC 6750 section 2, behaviour 39a). */
function refuse({
  sent,
  cookie,
  problem,
  isStandard,
}: Found): (TokenProblem & { readonly status: 400 | 401 }) | undefined {
  const [token] = sent
  const error = 'invalid_request'
  if (problem !== undefined) {
    const [status, detail] = describeRejection(problem)
    return { status, code: problem, error, detail }
  }
  if (sent.length > 1) return { status: 400, code: error, error, detail: TWICE }
  if (token === undefined && cookie === undefined) {
    const words = isStandard ? error : 'Invalid refresh token'
    return { status: 401, code: 'token_missing', error: words, detail: 'Send a refresh token.' }
  }
  if (token === undefined || cookie === undefined || sessionOf(token) === sessionOf(cookie)) {
    return undefined
  }
  const code = 'credentials_conflict'
  const [status, detail] = describeRejection(code)
  return { status, code, error, detail }
}

const TWICE = 'The token was sent in more than one place.'

/** The public beginning of a refresh token: `rt.bucket.id`. */
function sessionOf(token: string): string {
  return token.split('.', 3).join('.')
}

/** What came by cookie goes back by cookie: a page must not see it. */
function toPairReply(
  tokens: Tokens,
  incoming: Incoming,
  pair: TokenSet,
  { sent, isStandard }: Found,
): Reply {
  if (sent.length > 0) return toJson(isStandard ? toStandard(pair) : toPair(pair))
  const { cookies } = tokens.cookies(pair, incoming)
  return { ...toJson({ success: true, expiresIn: pair.expiresIn }), cookies }
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
function toRefused({ code, message, reason }: RefreshRefused, { sent, isStandard }: Found): Reply {
  // RFC 9449 section 5 wants 400 for a proof, by whatever way the token came.
  const isByCookie = sent.length === 0 && code === 'invalid_grant'
  const error = isByCookie ? 'Invalid refresh token' : code
  const problem = { code, error, detail: message, reason }
  return toTokenProblem(isByCookie ? 401 : 400, problem, { isStandard })
}
