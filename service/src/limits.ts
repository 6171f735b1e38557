import type { RequestHandler } from 'express'
import type { LimitPolicy } from 'sojourn'
import { observeLimits } from 'sojourn/telemetry'
import { paths } from './page/index.js'
import type { Parts } from './parts.js'
import { createRouter } from './route/router.js'
import { TOKEN_PATHS } from './route/tokens.js'

/** Sign-ins a minute from one network, where nothing else is set. More people than that share few offices. */
const PER_MINUTE = 60

/**
 * How often each expensive thing may be done (ASVS 2.4.1), in multiples of `RATE_LIMIT`. Failed sign-ins are counted
 * apart from this, and far more strictly: see `sign-in/`.
 */
const LIMITS = {
  /** Hashing a password takes 30 ms of a core. */
  'sign-in': { times: 1, by: 'ip' },
  /** Asks for the password of somebody who is signed in. */
  password: { times: 1, by: 'account' },
  refresh: { times: 5, by: 'ip' },
  /** From the few addresses of one's own services. */
  'token-status': { times: 100, by: 'ip' },
  sessions: { times: 10, by: 'account' },
} as const satisfies Record<string, { times: number; by: LimitPolicy['by'] }>

/** The limits of requests that are in force; none where they are off. */
export function limitPolicies(parts: Pick<Parts, 'config'>): readonly ServicePolicy[] {
  const perMinute = perMinuteOf(parts)
  if (perMinute === undefined) return []
  return Object.entries(LIMITS).map(([name, { times, by }]) => ({
    name: name as keyof typeof LIMITS,
    quota: Math.min(perMinute * times, MOST),
    window: '1m',
    by,
  }))
}

/** One of them, for whoever is counted by their network or as a person. */
export interface ServicePolicy extends LimitPolicy {
  readonly name: keyof typeof LIMITS
  readonly by: 'ip' | 'account'
}

/** Limits how often the service's expensive routes are asked. Mount it after `web.sessions`, before the routes. */
export function limitRoutes(parts: Parts): RequestHandler {
  const { web, metrics } = parts
  const router = createRouter()
  const policies = new Map(limitPolicies(parts).map((policy) => [policy.name, policy]))
  if (policies.size === 0) return router
  const onDecision = observeLimits(metrics, Object.keys(LIMITS))
  const limit = (name: keyof typeof LIMITS): RequestHandler => {
    const policy = policies.get(name)
    if (policy === undefined) throw new Error(`There is no limit ${name}`)
    return web.limit(policy, { onDecision }) as RequestHandler
  }
  router.post([paths.signIn, paths.register], limit('sign-in'))
  router.post([paths.reauthenticate, paths.changePassword], limit('password'))
  router.post([TOKEN_PATHS.refresh, TOKEN_PATHS.authRefresh], limit('refresh'))
  const status = limit('token-status')
  router.post([TOKEN_PATHS.introspect, TOKEN_PATHS.revoke], status)
  router.get(TOKEN_PATHS.revocations, status)
  router.get(paths.devices, limit('sessions'))
  return router
}

/** The most that can be counted. */
const MOST = 1_000_000

/** Only production has limits without being told: who develops and who tests knocks often, and means no harm. */
function perMinuteOf({ config }: Pick<Parts, 'config'>): number | undefined {
  return config.limits.perMinute ?? (config.mode === 'production' ? PER_MINUTE : undefined)
}
