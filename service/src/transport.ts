import type { RequestHandler } from 'express'
import type { SecurityHeadersOptions } from 'sojourn'
import type { ServerConfig } from './config/config.js'
import type { Parts } from './parts.js'

/** What every answer says to browsers: nothing from outside, no frames, no sniffing, https for a year where there is https. */
export function headerOptions(server: ServerConfig): SecurityHeadersOptions {
  const { isSecure, isPreloaded, reportTo } = server
  return {
    // A proxy may say it by plain http, too: browsers listen to it over https only.
    hsts: isSecure ? { always: true, preload: isPreloaded } : false,
    policy: {
      'default-src': ["'none'"],
      // Our own scripts, by the nonce of the answer; they speak to nobody but this service.
      'script-src': ["'nonce'"],
      'connect-src': ["'self'"],
      'style-src': ["'nonce'"],
      'img-src': ["'self'"],
    },
    ...(reportTo === undefined ? {} : { reportTo }),
  }
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

/** Pages of the origins that `CORS_ORIGIN` names may call, with cookies, what this service answers. */
export function allowOrigins({ web, config }: Parts): RequestHandler {
  const { corsOrigins } = config.server
  if (corsOrigins.length === 0) return passOn
  return web.cors({ origins: corsOrigins, methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'] })
}

/**
 * Where people reach the service by https, plain http goes no further: a page is sent to its https address (never
 * to whatever the Host header says), anything else is refused, for its credentials have already travelled in the open.
 */
export function requireHttps({ web, config }: Parts): RequestHandler {
  const { isSecure, publicUrl, allowedHosts } = config.server
  if (!isSecure) return passOn
  const { origin } = new URL(publicUrl)
  return web.https(allowedHosts === undefined ? { origin } : { origin, allowedHosts })
}

const passOn: RequestHandler = (_request, _response, next) => {
  next()
}
