import { SojournError, type StoreUnavailable } from '../../errors.js'
import { isTokenProblem } from '../../guard/rejection.js'
import type { Refusal } from '../../guard/session-guard.js'
import { challengesFor } from '../../response/challenge.js'
import type { HeaderTarget } from '../../response/outgoing.js'
import { applyOutgoing } from '../../response/outgoing.js'
import { createProblem, PROBLEM_TYPE, type ProblemFacts } from '../../response/problem.js'

/** A whole answer, as a value. */
export interface Reply {
  readonly status: number
  readonly headers: readonly ReplyHeader[]
  /** Complete `Set-Cookie` lines. */
  readonly cookies?: readonly string[]
  /** `undefined`: there is none. */
  readonly body: string | undefined
}

export type ReplyHeader = readonly [name: string, value: string | readonly string[]]

/**
 * The answer to a refused request: problem+json with its code, and a challenge for each way in which something better
 * could be sent. What exactly is wrong with an access token is told outside production only (`jwt-01`).
 */
export function toRefused(refusal: Refusal): Reply {
  const told = mayTellAll() ? refusal : veiled(refusal)
  const { status, code, message, reason, retryAfter, check, headers = {} } = told
  const lines: ReplyHeader[] = Object.entries(headers)
  if (retryAfter !== undefined) lines.push(['Retry-After', String(retryAfter)])
  if (status === 401 || (status === 403 && code === 'insufficient_scope')) {
    lines.push(['WWW-Authenticate', challengesFor(told)])
  }
  return problem({ status, code, detail: message, reason, check, retryAfter }, lines)
}

function mayTellAll(): boolean {
  return process.env['NODE_ENV'] !== 'production'
}

function veiled(refusal: Refusal): Refusal {
  if (!isTokenProblem(refusal.code)) return refusal
  return { ...refusal, code: 'invalid_token', message: 'The access token is not valid.' }
}

/** The answer where the store gave none: 503, try again soon, and no word about cookies. */
export function toUnavailable(error: StoreUnavailable): Reply {
  const detail = 'We cannot check your session right now. Please try again.'
  const { status, code, retryAfter } = error
  return problem({ status, code, detail }, [['Retry-After', String(retryAfter)]])
}

/** The answer to a fault found while the session was saved. The fault's own message stays inside. */
export function toFault(error: unknown): Reply {
  const isOurs = error instanceof SojournError
  const status = isOurs ? error.status : 500
  const code = isOurs ? error.code : 'internal_error'
  const detail = isOurs && status < 500 ? error.message : undefined
  // RFC 9110 section 15.5.2 wants a challenge in every 401: a session that has ended while it was written to.
  const challenge = challengesFor({ code, message: detail ?? '', schemes: ['Cookie', 'Bearer'] })
  return problem({ status, code, detail }, status === 401 ? [['WWW-Authenticate', challenge]] : [])
}

/** JSON text with its type and length. */
export function jsonReply(
  status: number,
  type: string,
  value: unknown,
  headers: readonly ReplyHeader[] = [],
): Reply {
  const body = JSON.stringify(value)
  const length = String(Buffer.byteLength(body))
  return {
    status,
    headers: [...headers, ['Content-Type', type], ['Content-Length', length]],
    body,
  }
}

function problem(facts: ProblemFacts, headers: readonly ReplyHeader[]): Reply {
  return jsonReply(facts.status, PROBLEM_TYPE, createProblem(facts), headers)
}

/** Puts the head of a reply into an answer whose own has not left: its cookies stay, its headers give way. */
export function applyReply(target: HeaderTarget, { headers, cookies = [] }: Reply): void {
  for (const [name, value] of headers) target.setHeader(name, value)
  if (cookies.length > 0) applyOutgoing(target, { cookies, headers: [] })
}
