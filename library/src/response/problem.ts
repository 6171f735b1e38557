import type { EndReason } from '../store/end-reason.js'

/** The media type of a {@link Problem}. JSON is UTF-8 by definition, so there is no charset. */
export const PROBLEM_TYPE = 'application/problem+json'

/** The body of a refusal (RFC 9457), with the two fields that older clients look for. */
export interface Problem {
  /** `about:blank`: the status says it all, and `code` says it exactly. */
  readonly type: string
  /** The phrase of the status (RFC 9457 section 4.2.1). */
  readonly title: string
  readonly status: number
  /** One sentence for a person. */
  readonly detail?: string
  /** Stable; switch on this. */
  readonly code: string
  /** Why the session ended. Only for whoever presented its credential. */
  readonly reason?: EndReason
  /** Which check failed, where a guard refused. */
  readonly check?: string
  /** Seconds after which it is worth trying again. */
  readonly retryAfter?: number
  /** The same sentence, under the names that Express applications commonly use. */
  readonly error: string
  readonly message: string
}

/** What is known of a refusal. */
export interface ProblemFacts {
  readonly status: number
  readonly code: string
  /** One sentence for a person. Never a credential, and nothing of a fault's own message. */
  readonly detail?: string | undefined
  readonly reason?: EndReason | undefined
  readonly check?: string | undefined
  readonly retryAfter?: number | undefined
  /** A URI that documents this kind of problem; then `title` should be its name. */
  readonly type?: string | undefined
  readonly title?: string | undefined
}

const TITLES: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [409, 'Conflict'],
  [413, 'Content Too Large'],
  [415, 'Unsupported Media Type'],
  [421, 'Misdirected Request'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [503, 'Service Unavailable'],
])

/** Builds the body of a refusal. Fields that are not known are left away. */
export function createProblem(facts: ProblemFacts): Problem {
  const { status, code, detail, reason, check, retryAfter, type = 'about:blank' } = facts
  const title = facts.title ?? TITLES.get(status) ?? 'Error'
  const sentence = detail ?? title
  return {
    type,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(check === undefined ? {} : { check }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    error: sentence,
    message: sentence,
  }
}
