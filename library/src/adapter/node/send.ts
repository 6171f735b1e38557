import type { ServerResponse } from 'node:http'
import { SojournError, type StoreUnavailable } from '../../errors.js'
import type { Refusal } from '../../guard/session-guard.js'
import { serializeChallenge, sessionChallenge } from '../../response/challenge.js'
import { createProblem, PROBLEM_TYPE, type ProblemFacts } from '../../response/problem.js'

/** Answers a refused request: problem+json with its code, and on 401 a challenge that says what is missing. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const { status, code, message, reason, maxAge } = refusal
  if (status === 401) {
    const challenge =
      maxAge === undefined
        ? sessionChallenge(reason)
        : serializeChallenge('Cookie', {
            realm: 'sojourn',
            error: 'insufficient_user_authentication',
            max_age: String(maxAge),
          })
    response.setHeader('WWW-Authenticate', challenge)
  }
  sendProblem(response, { status, code, detail: message, reason })
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
