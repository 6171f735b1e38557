import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { wantsHtml } from './accept.js'
import { Problem, sendProblem, type ProblemFacts } from './problem.js'

/** What answering errors needs. */
export interface ErrorHandlerOptions {
  /** Adds the stack, and tells the real message of a fault. Never in production. */
  readonly isDevelopment: boolean
  /** Hears of every fault (status 500 and above), with the error itself. */
  readonly onFault?: (error: unknown, request: Request) => void
  /** Answers people with a page. Without it, everybody gets JSON. */
  readonly renderPage?: (request: Request, response: Response, problem: ProblemFacts) => void
}

/** The last middleware: turns every error into an answer, and says no more than it should. */
export function createErrorHandler(options: ErrorHandlerOptions): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const problem = toProblem(error, options.isDevelopment)
    if (problem.status >= 500) options.onFault?.(error, request)
    if (response.headersSent) {
      // Nothing can be said any more: Express ends the connection, so that nobody takes half an answer for one.
      next(error)
    } else if (options.renderPage !== undefined && wantsHtml(request)) {
      options.renderPage(request, response, problem)
    } else {
      sendProblem(response, problem)
    }
  }
}

/** Answers what no route has answered. */
export const notFound: RequestHandler = () => {
  throw new Problem({ status: 404, code: 'not_found', detail: 'Not found.' })
}

/** An error as others make them: the library, Express, the accounts. Nothing is certain about it. */
interface Foreign {
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly error?: unknown
  readonly field?: unknown
  readonly retryAfter?: unknown
  readonly headers?: unknown
  readonly extra?: unknown
  readonly stack?: unknown
}

/** What may be told of `error`. A fault shows its own message in development only. */
export function toProblem(error: unknown, isDevelopment: boolean): ProblemFacts {
  const foreign: Foreign = isRecord(error) ? error : {}
  const status = statusOf(foreign)
  const isOpen = isDevelopment || status < 500
  const { message, error: words, retryAfter, headers } = foreign
  return {
    status,
    code: codeOf(foreign, status),
    detail: isOpen && isText(message) ? message : defaultDetail(status),
    ...(isOpen && isText(words) ? { error: words } : {}),
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
    ...(isHeaders(headers) ? { headers } : {}),
    extra: extraOf(foreign, isDevelopment),
  }
}

function extraOf(
  { extra, field, stack }: Foreign,
  isDevelopment: boolean,
): Record<string, unknown> {
  return {
    ...(isRecord(extra) ? extra : {}),
    ...(typeof field === 'string' ? { field } : {}),
    ...(isDevelopment && typeof stack === 'string' ? { stack } : {}),
  }
}

function statusOf({ status, statusCode }: Foreign): number {
  const found = [status, statusCode].find((value) => typeof value === 'number')
  return found !== undefined && found >= 400 && found <= 599 ? found : 500
}

const CODES: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  413: 'body_too_large',
  415: 'media_type',
  429: 'rate_limited',
  503: 'unavailable',
}

/** Our own codes are lower case. What Node.js calls a code (`ECONNRESET`) stays inside. */
function codeOf({ code }: Foreign, status: number): string {
  if (typeof code === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(code)) return code
  return CODES[status] ?? (status >= 500 ? 'internal' : 'bad_request')
}

function defaultDetail(status: number): string {
  if (status === 503) return 'The service is not available right now. Please try again in a moment.'
  return status >= 500 ? 'Internal server error' : 'The request cannot be answered.'
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isHeaders(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((header) => typeof header === 'string')
}
