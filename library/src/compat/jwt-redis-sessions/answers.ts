import { StoreUnavailable } from '../../errors.js'
import { NOT_CONNECTED } from './connection.js'
import { RedisError } from './errors.js'
import { IP_MISMATCH, type HttpResponse } from './request.js'

interface Described {
  readonly statusCode?: number | undefined
  readonly code?: string | undefined
  readonly message: string
  readonly stack?: string | undefined
}

/** Answers a failure: `{status, message}`, and where it happened while NODE_ENV is `development`. */
export function sendError(response: HttpResponse, error: unknown): void {
  const { statusCode = 401, code = 'UNAUTHORIZED', message, stack } = described(error)
  const header = HEADERS[statusCode]
  if (header !== undefined) response.set?.(...header)
  response.status(statusCode).json({
    status: code,
    message,
    ...(message === IP_MISMATCH ? { error: message } : {}),
    ...(process.env['NODE_ENV'] === 'development' ? { details: stack } : {}),
  })
}

/** RFC 9110 section 15.5.2 wants a challenge in every 401; who is told 503 may try again. */
const HEADERS: Readonly<Record<number, readonly [name: string, value: string] | undefined>> = {
  401: ['WWW-Authenticate', 'Bearer'],
  503: ['Retry-After', '1'],
}

/** Where Redis is and why it does not answer is no client's business. */
function described(error: unknown): Described {
  if (!(error instanceof Error)) return { message: 'Unauthorized' }
  const { statusCode, code, stack } = error as Described
  const message = error instanceof RedisError ? NOT_CONNECTED : error.message
  return { statusCode, code, message, stack }
}

/** Answers 429 with the seconds after which to try again. */
export function sendTooMany(
  response: HttpResponse,
  endsIn: number,
  words: (seconds: number) => { readonly message: string; readonly error?: string },
): void {
  const seconds = Math.max(1, Math.ceil(endsIn / 1_000))
  response.set?.('Retry-After', String(seconds))
  response.status(429).json({ status: 'TOO_MANY_REQUESTS', ...words(seconds) })
}

/** A fault of the store in the words of this package; anything else as it is. */
export function translated(error: unknown): unknown {
  if (!(error instanceof StoreUnavailable)) return error
  return new RedisError(NOT_CONNECTED, 503, 'REDIS_ERROR', { cause: error })
}
