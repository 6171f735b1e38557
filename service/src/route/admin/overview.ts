import type { Router } from 'express'
import { paths, renderOverview } from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { sendPage } from '../respond.js'
import { createRouter } from '../router.js'
import { run, type Act } from './act.js'
import { requireAdmin } from './guard.js'
import { pageProps } from './page.js'

/** `/admin`: what goes on right now. */
export function overviewRoutes(parts: Parts): Router {
  const router = createRouter()
  router.get(paths.console, requireAdmin(parts), run(parts, showOverview))
  return router
}

const showOverview: Act = async (parts, request, response) => {
  sendPage(response, renderOverview(await pageProps(parts, request)))
}
