/**
 * Puts the parts together to one Express application. The order is policy, so it stands here as a list.
 */
import type { ServerResponse } from 'node:http'
import express, { type Express, type RequestHandler, type Response, type Router } from 'express'
import compression from 'compression'
import {
  createErrorHandler,
  type ErrorHandlerOptions,
  notFound,
  parseQuery,
  singleHeaders,
  strictQuery,
} from './http/index.js'
import { createRequestLog } from './log/index.js'
import { limitRoutes } from './limits.js'
import { createMetricsHandler, observeRequests } from './metrics/index.js'
import type { Parts } from './parts.js'
import { accountRoutes } from './route/account.js'
import { apiRoutes } from './route/api.js'
import { csrfRoutes, csrfRules } from './route/csrf.js'
import { adminRoutes } from './route/admin/index.js'
import { deviceRoutes } from './route/devices.js'
import { eventRoutes } from './route/events.js'
import { sendErrorPage } from './route/error-page.js'
import { healthRoutes } from './route/health.js'
import { homeRoutes } from './route/home.js'
import { createRouter, refuseOtherMethods } from './route/router.js'
import { securityRoutes } from './route/security.js'
import { sessionDataRoutes } from './route/session-data.js'
import { signInRoutes } from './route/sign-in.js'
import { signOutRoutes } from './route/sign-out.js'
import { refuseTokensInUrls, tokenRoutes } from './route/tokens.js'
import { allowOrigins, headerOptions, keepNothing, requireHttps } from './transport.js'
import { watchSessions } from './watch.js'
import { presenceOf } from './who-is.js'

export function createApp(parts: Parts): Express {
  const { config, web, metrics, tracing } = parts
  const app = express()
  app.disable('x-powered-by')
  // What guards see and what the router matches must be the same path.
  app.enable('strict routing')
  app.enable('case sensitive routing')
  app.set('query parser', parseQuery)
  app.set('etag', false)

  // Neither touches a session, and both answer where plain http is refused: they are asked from inside.
  const forMachines = [healthRoutes(parts), metricsRoute(parts)]
  const forPeople = [
    homeRoutes(parts),
    apiRoutes(parts),
    csrfRoutes(parts),
    signInRoutes(parts),
    signOutRoutes(parts),
    accountRoutes(parts),
    deviceRoutes(parts),
    securityRoutes(parts),
    sessionDataRoutes(parts),
    eventRoutes(parts),
    tokenRoutes(parts),
    ...adminRoutes(parts),
  ]
  const steps: readonly RequestHandler[] = [
    ...(tracing === undefined ? [] : [tracing.requests]),
    observeRequests(metrics, { exemplar: tracing?.exemplar }),
    requestLog(parts),
    web.audited(parts.audit, requestIdOf),
    web.headers(headerOptions(config.server)),
    keepNothing,
    singleHeaders,
    allowOrigins(parts),
    refuseOtherMethods([...forMachines, ...forPeople]),
    ...forMachines,
    requireHttps(parts),
    web.notEmbedded(),
    refuseTokensInUrls(parts),
    strictQuery,
    compression(),
    web.sessions,
    web.csrf(csrfRules(parts)),
    watchSessions(parts),
    limitRoutes(parts),
    ...forPeople,
    notFound,
  ]
  for (const step of steps) app.use(step)
  app.use(createErrorHandler(errorOptions(parts)))
  return app
}

function errorOptions(parts: Parts): ErrorHandlerOptions {
  const { config, log } = parts
  return {
    isDevelopment: config.mode === 'development',
    onFault(error, request) {
      log.error({ event: 'request.failed', err: error, method: request.method }, 'Request failed')
    },
    renderPage(request, response, problem) {
      sendErrorPage(parts, request, response, problem).catch((error: unknown) => {
        log.error({ event: 'page.failed', err: error }, 'Error page failed')
        response.destroy()
      })
    },
  }
}

function requestLog(parts: Parts): RequestHandler {
  return createRequestLog({
    log: parts.log,
    addressOf: (request) => parts.addressOf(request),
    presenceOf,
    isQuiet: ({ url }) => url.startsWith('/health') || url === '/metrics',
  })
}

function requestIdOf(response: ServerResponse): string | undefined {
  const { locals } = response as Partial<Response>
  return locals?.['requestId'] as string | undefined
}

function metricsRoute({ config, metrics }: Parts): Router {
  const { metricsToken: token, metricsPort } = config.operation
  const router = createRouter()
  if (metricsPort !== undefined) return router
  const isProduction = config.mode === 'production'
  router.get('/metrics', createMetricsHandler(metrics, { token, isProduction, isOwnPort: false }))
  return router
}
