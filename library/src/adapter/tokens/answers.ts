import { challengesFor } from '../../response/challenge.js'
import { createProblem, PROBLEM_TYPE } from '../../response/problem.js'
import type { RefreshRefused } from '../../session/refresh.js'
import { jsonReply, type Reply, type ReplyHeader } from '../neutral/reply.js'

/** What is said of a refusal at a token endpoint. */
export interface TokenProblem {
  readonly code: string
  /** What older clients look for: RFC 6749 section 5.2, or the words of the recipe. */
  readonly error: string
  readonly detail: string
  readonly reason?: RefreshRefused['reason']
}

/** How a refusal is said. */
export interface TokenProblemForm {
  /** In the words of RFC 6749, which wants plain JSON; others get problem+json. */
  readonly isStandard?: boolean
  /** The challenge of a 401. Default: those of sessions and access tokens. */
  readonly challenge?: string
}

const JSON_TYPE = 'application/json'

/** 200 with JSON. */
export function toJson(value: unknown, type: string = JSON_TYPE): Reply {
  return jsonReply(200, type, value)
}

/** A refusal. */
export function toTokenProblem(
  status: number,
  { code, error, detail, reason }: TokenProblem,
  { isStandard = false, challenge }: TokenProblemForm = {},
): Reply {
  const problem = createProblem({ status, code, detail, reason })
  const type = isStandard ? JSON_TYPE : PROBLEM_TYPE
  const headers: ReplyHeader[] = []
  // RFC 9110 section 15.5.2 wants a challenge in every 401.
  if (status === 401) {
    const schemes = ['Cookie', 'Bearer'] as const
    const standard = challengesFor({ code, message: detail, reason, schemes })
    headers.push(['WWW-Authenticate', challenge ?? standard])
  }
  return jsonReply(status, type, { ...problem, error, error_description: detail }, headers)
}

/** A field of a parsed body that is text and not empty. */
export function textOf(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined
  const value = (body as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
