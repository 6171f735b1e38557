import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHandler, Response } from 'express'
import { METRICS_CONTENT_TYPES, metricsFormat, type Metrics } from 'sojourn/telemetry'

/** Who may read the metrics (ASVS 13.4.5). */
export interface MetricsAccess {
  /** Whoever sends it as a bearer token may read them; where it is set, nobody else may. */
  readonly token: { reveal(): string } | undefined
  readonly isProduction: boolean
  /** The handler answers on a port of its own, which the network keeps to itself. */
  readonly isOwnPort: boolean
}

/**
 * Answers `GET /metrics`. With a token: 401 without it. Without one: open, except on the public port of a
 * production service, where the route does not exist (`next`, so the application's own 404). `Accept` decides
 * between plain text and OpenMetrics. The query is ignored.
 */
export function createMetricsHandler(metrics: Metrics, access: MetricsAccess): RequestHandler {
  const { token, isProduction, isOwnPort } = access
  const expected = token === undefined ? undefined : digest(`Bearer ${token.reveal()}`)
  const isHidden = expected === undefined && isProduction && !isOwnPort
  return (request, response, next) => {
    if (isHidden) {
      next()
      return
    }
    response.set('Cache-Control', 'no-store')
    if (expected !== undefined && !isGranted(request.headers.authorization, expected)) {
      refuse(response)
      return
    }
    // Not `send`, which would look for the charset and compute an ETag over a text that never comes twice.
    const format = metricsFormat(request.headers.accept)
    response.setHeader('Content-Type', METRICS_CONTENT_TYPES[format])
    response.setHeader('Vary', 'Accept')
    response.end(metrics.text({ format }))
  }
}

function isGranted(header: string | undefined, expected: Buffer): boolean {
  // RFC 9110 section 11.1: the scheme's case does not matter.
  const canonical = (header ?? '').replace(/^bearer +/i, 'Bearer ')
  return timingSafeEqual(digest(canonical), expected)
}

/** Both sides have one length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function refuse(response: Response): void {
  const message = 'The metrics need their bearer token.'
  response
    .status(401)
    .set('WWW-Authenticate', 'Bearer realm="metrics"')
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: message,
        code: 'metrics_token_required',
        error: message,
        message,
      }),
    )
}
