import { SojournError, StoreUnavailable } from '../../errors.js'
import { createProblem, PROBLEM_TYPE } from '../../response/problem.js'
import { isKept } from '../neutral/kept.js'

/** The part of a response that a failure answer is written with. */
export interface FailureTarget {
  statusCode: number
  getHeaderNames(): string[]
  setHeader(name: string, value: string): unknown
  removeHeader(name: string): void
  end(body: string): unknown
}

/** Removes what the application said about its own answer: cookies, location, type, length, caching… */
export function forgetAnswer(response: FailureTarget): void {
  for (const name of response.getHeaderNames()) {
    if (!isKept(name)) response.removeHeader(name)
  }
  // `res.statusMessage = '…'` of the application would stand beside our status; on HTTP/2 there is none.
  if (Object.hasOwn(response, 'statusMessage')) Object.assign(response, { statusMessage: '' })
  response.statusCode = 500
}

/**
 * The answer when no other is configured: an error of this library answers its own status; a TypeError or
 * RangeError is a bug, or a header that Node refused, and answers 500; anything else is a store that failed: 503.
 */
export function answerFailure(error: unknown, response: FailureTarget): void {
  const { status, code } = describe(error)
  const body = JSON.stringify(createProblem({ status, code }))
  response.statusCode = status
  response.setHeader('Content-Type', PROBLEM_TYPE)
  response.setHeader('Content-Length', String(Buffer.byteLength(body)))
  response.setHeader('Cache-Control', 'no-store')
  if (status === 503) {
    const seconds = error instanceof StoreUnavailable ? error.retryAfter : 1
    response.setHeader('Retry-After', String(seconds))
  }
  response.end(body)
}

function describe(error: unknown): { readonly status: number; readonly code: string } {
  if (error instanceof SojournError) return error
  const isBug = error instanceof TypeError || error instanceof RangeError
  return isBug
    ? { status: 500, code: 'internal_error' }
    : { status: 503, code: 'store_unavailable' }
}
