import type { Response, Router } from 'express'
import type { ExpressCsrfOptions } from 'sojourn/express'
import { CSRF_FIELD, readFormToken } from '../http/index.js'
import { paths } from '../page/index.js'
import type { Parts, Visitor } from '../parts.js'
import { createRouter } from './router.js'

/** `GET /csrf`: a token for scripts and for clients that send neither `Sec-Fetch-Site` nor `Origin`. */
export function csrfRoutes({ web }: Parts): Router {
  const router = createRouter()
  router.get(
    '/csrf',
    web.optionalSession(),
    web.handler(async (request: Visitor, response: Response) => {
      const token = await web.csrfToken(request, response)
      response.json({ token, header: 'X-CSRF-Token', field: CSRF_FIELD })
    }),
  )
  return router
}

/** What the guard in front of all routes takes for our own. In production the scheme is known too. */
export function csrfRules({ config }: Parts): ExpressCsrfOptions {
  const { isSecure, publicUrl, corsOrigins } = config.server
  return {
    ...(isSecure ? { origin: new URL(publicUrl).origin } : {}),
    trustedOrigins: corsOrigins,
    signInPaths: [paths.signIn, paths.register],
    tokenOf: readFormToken,
  }
}

/**
 * The token for the forms of a page. `undefined`: it needs none, as there is no session and the browser says by itself where
 * its requests come from; a token would cost that visitor a cookie.
 */
export async function formToken({ web }: Parts, request: Visitor): Promise<string | undefined> {
  const { session, res: response } = request
  if (response === undefined || session.isUnknown) return undefined
  await session.load()
  const isNobody = session.id === undefined
  if (isNobody && request.get('sec-fetch-site') !== undefined) return undefined
  return web.csrfToken(request, response)
}
