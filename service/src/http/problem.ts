import { STATUS_CODES, type ServerResponse } from 'node:http'

/** What an answer that is no success says. */
export interface ProblemFacts {
  readonly status: number
  /** Stable; what programs switch on. */
  readonly code: string
  /** One sentence for people. Never holds a credential. */
  readonly detail: string
  /** The field `error`, where a source document promises other words than `detail`. */
  readonly error?: string
  /** Seconds for the `Retry-After` header. */
  readonly retryAfter?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the answer, such as `reason` or `field`. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** A {@link ProblemFacts} to throw: the error handler answers with it. */
export class Problem extends Error implements ProblemFacts {
  override readonly name = 'Problem'
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly error?: string
  readonly retryAfter?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly extra?: Readonly<Record<string, unknown>>

  constructor(facts: ProblemFacts, options?: ErrorOptions) {
    super(facts.detail, options)
    this.status = facts.status
    this.code = facts.code
    this.detail = facts.detail
    if (facts.error !== undefined) this.error = facts.error
    if (facts.retryAfter !== undefined) this.retryAfter = facts.retryAfter
    if (facts.headers !== undefined) this.headers = facts.headers
    if (facts.extra !== undefined) this.extra = facts.extra
  }
}

/** What a 401 asks for, where nothing else is said: a session. Browsers know no such scheme, and show the page. */
export const SESSION_CHALLENGE = 'Cookie realm="sojourn"'

/**
 * Answers with `application/problem+json` (RFC 9457). `type` stays `about:blank`, whose title is the
 * status in words; what tells problems apart is `code`. `error` and `message` are there for clients
 * written for the source documents, which look for one or the other.
 */
export function sendProblem(response: ServerResponse, facts: ProblemFacts): void {
  const { status, code, detail } = facts
  const body = JSON.stringify({
    ...facts.extra,
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
    error: facts.error ?? detail,
    message: detail,
  })
  for (const [name, value] of Object.entries(facts.headers ?? {})) response.setHeader(name, value)
  // RFC 9110 section 15.5.2 wants a challenge in every 401: a session that ends while it is written to, too.
  if (status === 401 && !response.hasHeader('WWW-Authenticate')) {
    response.setHeader('WWW-Authenticate', SESSION_CHALLENGE)
  }
  if (facts.retryAfter !== undefined) {
    response.setHeader('Retry-After', String(Math.ceil(facts.retryAfter)))
  }
  response.statusCode = status
  response.setHeader('Content-Type', 'application/problem+json')
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}
