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
export function apiRoutes({ config, accounts }: Parts): Router {
  const router = createRouter()
  const { operation, server, cookie } = config
  const describe = async (hasAdmin: boolean) => {
    const { describeApi } = await import('../api/index.js')
    return describeApi({
      address: server.publicUrl,
      cookieName: cookie.name,
      hasAdmin,
      hasMetrics: operation.metricsPort === undefined,
    })
  }
  const forms = (hasAdmin: boolean): Forms => {
    const description = once(() => describe(hasAdmin))
    return {
      text: once(async () => JSON.stringify(await description())),
      page: once(async () => {
        const { renderReference } = await import('../page/reference/index.js')
        return renderReference(await description())
      }),
    }
  }
  const [withAdmin, withoutAdmin] = [forms(true), forms(false)]
  // Administrators come and go while the service runs. A database that is away hides them: nothing here is for them alone.
  const current = async (): Promise<Forms> => {
    const hasAdmin =
      operation.adminToken !== undefined || (await accounts.hasAdministrator().catch(() => false))
    return hasAdmin ? withAdmin : withoutAdmin
  }
  router.get('/openapi.json', async (_request, response) => {
    response
      .set('Cache-Control', CACHE)
      .type('application/json')
      .send(await (await current()).text())
  })
  router.get('/docs', async (_request, response) => {
    sendPage(response, await (await current()).page())
  })
  return router
}

/** The description, as a program reads it and as people do. */
interface Forms {
  readonly text: () => Promise<string>
  readonly page: () => Promise<string>
}

/** What `make` makes, made once. */
function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined
  return () => (made ??= make())
}
