import type { ServerResponse } from 'node:http'
import { SojournError, type StoreUnavailable } from '../../errors.js'
import type { Refusal } from '../../guard/session-guard.js'
import { isTokenProblem } from '../../guard/rejection.js'
import { challengesFor } from '../../response/challenge.js'
import { createProblem, PROBLEM_TYPE, type ProblemFacts } from '../../response/problem.js'

/**
 * Answers a refused request: problem+json with its code, and a challenge for each way in which something better
 * could be sent. What exactly is wrong with an access token is told outside production only (`jwt-01`).
 */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const told = mayTellAll() ? refusal : veiled(refusal)
  const { status, code, message, reason, retryAfter, check, headers = {} } = told
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter))
  if (status === 401 || (status === 403 && code === 'insufficient_scope')) {
    response.setHeader('WWW-Authenticate', challengesFor(told))
  }
  sendProblem(response, { status, code, detail: message, reason, check, retryAfter })
}

function mayTellAll(): boolean {
  return process.env['NODE_ENV'] !== 'production'
}

function veiled(refusal: Refusal): Refusal {
  if (!isTokenProblem(refusal.code)) return refusal
  return { ...refusal, code: 'invalid_token', message: 'The access token is not valid.' }
}

/** Answers that the store did not: 503, try again soon, and no word about cookies. */
export function sendUnavailable(response: ServerResponse, error: StoreUnavailable): void {
  response.setHeader('Retry-After', String(error.retryAfter))
  const detail = 'We cannot check your session right now. Please try again.'
  sendProblem(response, { status: error.status, code: error.code, detail })
}

/** Answers a fault found while the session was saved. The fault's own message stays inside. */
export function sendFault(response: ServerResponse, error: unknown): void {
  const isOurs = error instanceof SojournError
  const status = isOurs ? error.status : 500
  const code = isOurs ? error.code : 'internal_error'
  const detail = isOurs && status < 500 ? error.message : undefined
  sendProblem(response, { status, code, detail })
}

function sendProblem(response: ServerResponse, facts: ProblemFacts): void {
  const body = JSON.stringify(createProblem(facts))
  response.statusCode = facts.status
  response.setHeader('Content-Type', PROBLEM_TYPE)
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}
