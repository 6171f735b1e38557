import type { Router } from 'express'
import type { Parts } from '../parts.js'
import type { JournalStats } from 'sojourn'
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
    const store = sojourn.journalStats()
    const isReady = sessions && !store.isRestoring && people && !lifecycle.isDraining
    const word = (isGood: boolean): string => (isGood ? 'ok' : 'unavailable')
    // It reads but does not write, or has yet to take ends of sessions: others would do no better.
    const isDegraded = store.pending > 0 || !store.takesWrites
    const state = isReady && isDegraded ? 'degraded' : word(isReady)
    response.status(isReady ? 200 : 503).json({
      status: lifecycle.isDraining ? 'draining' : state,
      sessions: sessions ? wordFor(store, isDegraded) : 'unavailable',
      accounts: word(people),
    })
  })
  return router
}

/** `restoring`: the store went back in time, and what had ended since is being ended again. */
function wordFor({ isRestoring }: JournalStats, isDegraded: boolean): string {
  if (isRestoring) return 'restoring'
  return isDegraded ? 'degraded' : 'ok'
}
