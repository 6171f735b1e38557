import type { Router } from 'express'
import type { Parts } from '../parts.js'
import { createRouter } from './router.js'

/** `/health`: for load balancers and people on call. Never touches a session, never tells internals. */
export function healthRoutes({ sojourn, accounts, lifecycle, now }: Parts): Router {
  const router = createRouter()
  router.get('/health', (_request, response) => {
    response.json({ status: 'ok', timestamp: new Date(now()).toISOString() })
  })
  router.get('/health/live', (_request, response) => {
    response.json({ status: 'ok' })
  })
  router.get('/health/ready', async (_request, response) => {
    const [sessions, people] = await Promise.all([
      sojourn.check().then(
        () => true,
        () => false,
      ),
      accounts.isAvailable(),
    ])
    const isReady = sessions && people && !lifecycle.isDraining
    const word = (isGood: boolean): string => (isGood ? 'ok' : 'unavailable')
    response.status(isReady ? 200 : 503).json({
      status: lifecycle.isDraining ? 'draining' : word(isReady),
      sessions: word(sessions),
      accounts: word(people),
    })
  })
  return router
}
