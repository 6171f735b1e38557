import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import type { Request, RequestHandler, Response } from 'express'
import { knownMethod, routeOf } from '../metrics/index.js'
import { readTraceParent } from './trace-parent.js'

/** Asked every few seconds by machines, about nothing that anybody would look for. */
const QUIET = /^\/(?:health|metrics)/

/**
 * A span for each request, named by its method and the pattern of its route: what a client wrote, such as a path, is not
 * kept.
 */
export function traceRequests(tracer: Tracer): RequestHandler {
  return (request, response, next) => {
    if (QUIET.test(request.url)) {
      next()
      return
    }
    const caller = readTraceParent(request.headers['traceparent'])
    const parent = caller === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, caller)
    const method = knownMethod(request.method)
    const span = tracer.startSpan(
      method,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } },
      parent,
    )
    response.once('close', () => {
      finish(span, request, response)
    })
    context.with(trace.setSpan(parent, span), next)
  }
}

function finish(span: Span, request: Request, response: Response): void {
  const route = routeOf(request)
  const { statusCode } = response
  if (route !== 'none') {
    span.updateName(`${knownMethod(request.method)} ${route}`)
    span.setAttribute('http.route', route)
  }
  span.setAttribute('http.response.status_code', statusCode)
  // For a server what the client did wrong is no error (OpenTelemetry semantic conventions for HTTP).
  if (statusCode >= 500) {
    span.setAttribute('error.type', String(statusCode))
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  if (!response.writableFinished) span.setAttribute('error.type', 'aborted')
  span.end()
}
