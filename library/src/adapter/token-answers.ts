import type { ServerResponse } from 'node:http'
import { challengesFor } from '../response/challenge.js'
import { createProblem, PROBLEM_TYPE } from '../response/problem.js'
import type { RefreshRefused } from '../session/refresh.js'

/** What is said of a refusal at a token endpoint. */
export interface TokenProblem {
  readonly code: string
  /** What older clients look for: RFC 6749 section 5.2, or the words of the recipe. */
  readonly error: string
  readonly detail: string
  readonly reason?: RefreshRefused['reason']
}

/** Answers 200 with JSON. */
export function sendJson(response: ServerResponse, value: unknown, type: string = JSON_TYPE): void {
  send(response, 200, type, value)
}

/** Answers a refusal. RFC 6749 wants plain JSON; those who ask in its words get that, others problem+json. */
export function sendTokenProblem(
  response: ServerResponse,
  status: number,
  { code, error, detail, reason }: TokenProblem,
  isStandard: boolean = false,
): void {
  const problem = createProblem({ status, code, detail, reason })
  const type = isStandard ? JSON_TYPE : PROBLEM_TYPE
  // RFC 9110 section 15.5.2 wants a challenge in every 401.
  if (status === 401 && !response.hasHeader('WWW-Authenticate')) {
    const schemes = ['Cookie', 'Bearer'] as const
    response.setHeader(
      'WWW-Authenticate',
      challengesFor({ code, message: detail, reason, schemes }),
    )
  }
  send(response, status, type, { ...problem, error, error_description: detail })
}

/** A field of a parsed body that is text and not empty. */
export function textOf(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined
  const value = (body as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

const JSON_TYPE = 'application/json'

function send(response: ServerResponse, status: number, type: string, value: unknown): void {
  const body = JSON.stringify(value)
  response.statusCode = status
  response.setHeader('Content-Type', type)
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}
