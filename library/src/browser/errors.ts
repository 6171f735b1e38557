/**
 * Why an act of the client did not happen. `code` is the stable one of the service's answer (`reauthentication_required`,
 * `rate_limited`, …), or `unreachable`: offline, a broken connection, or an answer that is none of the service's.
 */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: string
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number
  /** Seconds after which it is worth trying again, where the service said so. */
  readonly retryAfter: number | undefined

  constructor(code: string, status: number, message: string, retryAfter?: number) {
    super(message)
    this.code = code
    this.status = status
    this.retryAfter = retryAfter
  }
}
