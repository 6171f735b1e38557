import type { Request, RequestHandler, Response } from 'express'
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'

/** A user agent is logged cut to this. */
const LONGEST_AGENT = 256

/** How requests are logged. */
export interface RequestLogOptions {
  readonly log: Logger
  /** The client's address, by the proxies that are trusted. Default: the peer's. */
  readonly addressOf?: (request: Request) => string | undefined
  /** Whose session it was, and who acted in it. Default: nobody is named. */
  readonly presenceOf?: (request: Request) => object
  /** Requests that are not worth a line, such as those of a load balancer. Default: none. */
  readonly isQuiet?: (request: Request) => boolean
}

/**
 * Middleware that writes one line when a request is over, answered or not. It names no header but the user
 * agent, and no body. `response.locals.requestId` lets other lines name the same request; the id is made
 * here, because one from a header would be text that a client puts into the log.
 */
export function createRequestLog(options: RequestLogOptions): RequestHandler {
  return (request, response, next) => {
    if (options.isQuiet?.(request) !== true) {
      const startedAt = performance.now()
      response.locals['requestId'] = randomBytes(9).toString('base64url')
      response.once('close', () => {
        const milliseconds = Math.round((performance.now() - startedAt) * 10) / 10
        options.log[levelOf(response)](
          { ...describe(request, response, options), milliseconds },
          'request',
        )
      })
    }
    next()
  }
}

function levelOf({ statusCode }: Response): 'error' | 'warn' | 'info' {
  if (statusCode >= 500) return 'error'
  return statusCode === 401 || statusCode === 403 || statusCode === 429 ? 'warn' : 'info'
}

function describe(request: Request, response: Response, options: RequestLogOptions): object {
  const address = options.addressOf?.(request) ?? request.socket.remoteAddress
  return {
    event: 'request',
    requestId: response.locals['requestId'] as unknown,
    method: request.method,
    url: request.originalUrl,
    status: response.statusCode,
    // The client went away before it had the whole answer.
    ...(response.writableFinished ? {} : { isAborted: true }),
    address,
    agent: request.headers['user-agent']?.slice(0, LONGEST_AGENT),
    ...options.presenceOf?.(request),
  }
}
