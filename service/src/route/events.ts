import type { Request, RequestHandler, Response, Router } from 'express'
import { sendRefusal } from 'sojourn/express'
import { Problem } from '../http/index.js'
import type { Parts, Visitor } from '../parts.js'
import { createRouter } from './router.js'

/** Where the events are. */
export const EVENTS_PATH = '/events'

/** Open streams of one session and of one person, per process: a browser needs one, however many tabs it has. */
export const STREAMS = { maxPerSession: 10, maxPerSubject: 50, maxConnections: 10_000 } as const

/** Open streams are no activity: who left a page open has not come back. */
export function isEvents(target: string): boolean {
  return target === EVENTS_PATH || target.startsWith(`${EVENTS_PATH}?`)
}

/**
 * `/events`: tells a client of its session as long as it lives (`session`, `extended`, `expiring`, `ended`). The stream ends with the session,
 * and when the service stops; a client that lost it comes back. What it says last is never "signed out" for any other reason.
 */
export function eventRoutes(parts: Parts): Router {
  const { web, live } = parts
  const router = createRouter()
  router.get(
    EVENTS_PATH,
    refuseWhileStopping(parts),
    refuseOtherSites(parts),
    web.requireSession(),
    (request: Request, response: Response) => {
      const admission = live.admitSession((request as Visitor).session)
      const result = admission.ok ? live.stream(response, admission.admitted) : admission
      if (!result.ok) sendRefusal(response, result.refusal)
      // Nothing comes after the head, and nobody would ever end the answer.
      else if (request.method === 'HEAD') response.end()
    },
  )
  return router
}

/** The pages of another site can read nothing of it, but they could use up the places. */
export function refuseOtherSites({ config }: Parts): RequestHandler {
  const { corsOrigins } = config.server
  return (request, _response, next) => {
    const isOther = /^(?:cross|same)-site$/.test(request.get('sec-fetch-site') ?? '')
    if (!isOther || corsOrigins.includes(request.get('origin') ?? '')) {
      next()
      return
    }
    const detail = 'Cross-origin request refused.'
    throw new Problem({ status: 403, code: 'cross_origin', detail })
  }
}

export function refuseWhileStopping({ lifecycle }: Parts): RequestHandler {
  return (_request, _response, next) => {
    if (!lifecycle.isDraining) {
      next()
      return
    }
    const detail = 'The service is stopping. Try again.'
    throw new Problem({
      status: 503,
      code: 'unavailable',
      detail,
      headers: { 'Retry-After': '1' },
    })
  }
}
