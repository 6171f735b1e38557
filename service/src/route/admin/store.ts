import type { Router } from 'express'
import { paths, renderStore } from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { sendPage } from '../respond.js'
import { createRouter } from '../router.js'
import { instant, run, told, type Act } from './act.js'
import { requireAdmin } from './guard.js'
import { breakerIn } from './overview.js'
import { pageProps, wantsPage } from './page.js'

/** `/admin/store`: how the store does. It answers best when the store does not. */
export function storeRoutes(parts: Parts): Router {
  const router = createRouter()
  router.get(paths.consoleStore, requireAdmin(parts, { isForFaults: true }), run(parts, showStore))
  return router
}

const showStore: Act = async (parts, request, response) => {
  const { sampler, sojourn, metrics } = parts
  const view = await parts.lookAtStore()
  told(parts, request, 'store.read', 'store')
  const { pending, isRestoring } = sojourn.journalStats()
  const sessions = sampler.samples().at(-1)?.sessions ?? undefined
  const awaySince = view.isUp ? undefined : (sampler.awaySince() ?? view.at)
  const breaker = breakerIn(metrics)
  const facts = { view, awaySince, breaker, pending, isRestoring, sessions }
  if (wantsPage(request)) {
    sendPage(response, renderStore({ ...(await pageProps(parts, request)), ...facts }))
    return
  }
  const { at, findings, servers, ...about } = view
  response.json({
    ...about,
    at: instant(at),
    roundTrip: view.roundTrip ?? null,
    awaySince: instant(awaySince),
    breaker,
    journal: { pending, isRestoring },
    sessions: sessions ?? null,
    servers: servers.map((server) => ({ ...server, fault: server.fault ?? null })),
    findings: findings.map(({ id, title, verdict, seen, fix }) => ({
      ...{ id, title, verdict, seen },
      fix: fix ?? null,
    })),
  })
}
