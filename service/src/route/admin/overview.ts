import { hostname } from 'node:os'
import type { Router } from 'express'
import { EVERY, KEPT, toColumns } from '../../console/index.js'
import { paths, renderOverview, type Breaker, type OverviewFacts } from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { VERSION } from '../../version.js'
import { sendPage } from '../respond.js'
import { createRouter } from '../router.js'
import { instant, run, told, type Act } from './act.js'
import { requireAdmin } from './guard.js'
import { pageProps, wantsPage } from './page.js'

/** `/admin`: what goes on right now. */
export function overviewRoutes(parts: Parts): Router {
  const router = createRouter()
  router.get(paths.console, requireAdmin(parts, { isForFaults: true }), run(parts, showOverview))
  return router
}

const showOverview: Act = async (parts, request, response) => {
  const facts = overviewFacts(parts)
  told(parts, request, 'overview.read', 'overview')
  if (wantsPage(request)) {
    const page = await pageProps(parts, request)
    sendPage(response, renderOverview({ ...page, overview: facts }))
    return
  }
  const { samples, totals, awaySince, breaker, isCacheOff, startedAt } = facts
  const { name, host, pid, version } = facts
  response.json({
    process: { name, host, pid, version, startedAt: instant(startedAt) },
    store: {
      isAnswering: awaySince === undefined,
      awaySince: instant(awaySince),
      breaker,
    },
    isCacheOff,
    totals,
    sampleEvery: EVERY / 1_000,
    samples: toColumns(samples),
  })
}

/** What there is to show of this process. */
export function overviewFacts({ sampler, metrics, config, now }: Parts): OverviewFacts {
  return {
    name: 'sojourn',
    host: hostname(),
    pid: process.pid,
    version: VERSION,
    now: now(),
    startedAt: Math.round(performance.timeOrigin),
    kept: EVERY * KEPT,
    samples: sampler.samples(),
    totals: sampler.totals(),
    awaySince: sampler.awaySince(),
    breaker: breakerIn(metrics),
    isCacheOff: config.session.cacheStaleness === 0,
  }
}

const STATES: readonly Breaker[] = ['closed', 'half-open', 'open']

/** The worst of all parts of the store. */
export function breakerIn(metrics: Parts['metrics']): Breaker {
  const open = metrics.read('sojourn_store_breaker_state').map(({ value }) => value)
  return STATES[Math.max(0, ...open)] ?? 'closed'
}
