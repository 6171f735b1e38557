import type { Router } from 'express'
import type { Parts } from '../parts.js'
import { createRouter } from './router.js'
import { sendPage } from './respond.js'

/** How long the description may be kept: it changes when the service is set up anew. */
const CACHE = 'public, max-age=600'

/**
 * `/openapi.json` and `/docs`: what can be asked here, for programs and for people. Neither touches a session. The
 * description is made when it is asked for the first time, so that starting does not wait for it.
 */
export function apiRoutes({ config }: Parts): Router {
  const router = createRouter()
  const { operation, server, cookie } = config
  const description = once(async () => {
    const { describeApi } = await import('../api/index.js')
    return describeApi({
      address: server.publicUrl,
      cookieName: cookie.name,
      hasAdmin: operation.adminToken !== undefined,
      hasMetrics: operation.metricsPort === undefined,
    })
  })
  const text = once(async () => JSON.stringify(await description()))
  const page = once(async () => {
    const { renderReference } = await import('../page/reference/index.js')
    return renderReference(await description())
  })
  router.get('/openapi.json', async (_request, response) => {
    response
      .set('Cache-Control', CACHE)
      .type('application/json')
      .send(await text())
  })
  router.get('/docs', async (_request, response) => {
    sendPage(response, await page())
  })
  return router
}

/** What `make` makes, made once. */
function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined
  return () => (made ??= make())
}
