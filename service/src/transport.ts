import type { RequestHandler } from 'express'
import helmet from 'helmet'
import { createNodeIncoming, type ProxyTrust } from 'sojourn/express'
import type { ServerConfig } from './config/config.js'
import { sendProblem, wantsHtml } from './http/index.js'

const ONE_YEAR = 31_536_000
/** `Strict-Transport-Security` of every answer where there is https. */
export const HTTPS_FOR_A_YEAR: string = `max-age=${String(ONE_YEAR)}; includeSubDomains`

/** Headers of every answer: nothing from outside, no frames, no sniffing, https for a year where there is https. */
export function securityHeaders({ isSecure }: ServerConfig): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    strictTransportSecurity: isSecure ? { maxAge: ONE_YEAR, includeSubDomains: true } : false,
    // Not `no-referrer`: with it browsers send `Origin: null` from our own forms, which then look foreign.
    referrerPolicy: { policy: 'strict-origin' },
    xFrameOptions: { action: 'deny' },
    // Made for Internet Explorer 8; what it switched on was itself a hole.
    xXssProtection: false,
    xDownloadOptions: false,
  })
}

/**
 * Nobody between us and the browser keeps an answer, unless the route says that it may. What a client says it
 * has kept counts for nothing: Express would answer `If-None-Match: *` with 304, a session or not.
 */
export const keepNothing: RequestHandler = ({ headers }, response, next) => {
  delete headers['if-none-match']
  delete headers['if-modified-since']
  response.set('Cache-Control', 'no-store')
  next()
}

/**
 * Where people reach the service by https, plain http goes no further: a page is sent to its https address (never
 * to whatever the Host header says), anything else is refused, for its credentials have already travelled in the open.
 */
export function requireHttps(server: ServerConfig, trust: ProxyTrust): RequestHandler {
  return (request, response, next) => {
    if (!server.isSecure || createNodeIncoming(request, trust).isSecure) {
      next()
      return
    }
    if ((request.method === 'GET' || request.method === 'HEAD') && wantsHtml(request)) {
      const target = request.originalUrl.replace(/^\/*/, '/')
      response.redirect(308, new URL(server.publicUrl).origin + target)
      return
    }
    sendProblem(response, { status: 403, code: 'tls_required', detail: 'Use https.' })
  }
}
