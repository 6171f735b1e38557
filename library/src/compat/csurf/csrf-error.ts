/**
 * Which check refused: the browser said that another origin's page sent it, there was no token, or the token is not one
 * of this session.
 */
export type CsrfProblem = 'cross_origin' | 'token_missing' | 'token_invalid'

const CROSS_ORIGIN = 'invalid csrf token (cross-origin request refused)'

/** What csurf hands to `next`: 403, `code: 'EBADCSRFTOKEN'`, and its message; and besides which check it was. */
export class CsrfError extends Error {
  /** As the package http-errors names it. */
  override readonly name = 'ForbiddenError'
  readonly code = 'EBADCSRFTOKEN'
  readonly status = 403
  readonly statusCode = 403
  /** The message may be shown to the client. */
  readonly expose = true
  readonly reason: CsrfProblem

  constructor(reason: CsrfProblem) {
    super(reason === 'cross_origin' ? CROSS_ORIGIN : 'invalid csrf token')
    this.reason = reason
  }
}

/** What csurf says where there is no session, or no parsed cookies, to keep a secret in. */
export function misconfigured(): Error {
  return new Error('misconfigured csrf')
}
