/**
 * route/admin/ is the console of the people who run the service: `/admin`, as pages for browsers and JSON for programs.
 * Every route asks `requireAdmin` first, every act is told once (`told`), and what changes something asks for a recent
 * sign-in. It decides nothing about sessions: the library does.
 */
import type { Router } from 'express'
import type { Parts } from '../../parts.js'
import { confirmRoutes } from './confirm.js'
import { impersonationRoutes } from './impersonation.js'
import { keyRoutes } from './keys.js'
import { limitRoutes } from './limits.js'
import { overviewRoutes } from './overview.js'
import { peopleRoutes } from './people.js'
import { personActRoutes } from './person-acts.js'
import { recordRoutes } from './records.js'
import { sessionRoutes } from './sessions.js'
import { storeRoutes } from './store.js'
import { streamRoutes } from './stream.js'

export function adminRoutes(parts: Parts): Router[] {
  return [
    overviewRoutes(parts),
    streamRoutes(parts),
    storeRoutes(parts),
    peopleRoutes(parts),
    personActRoutes(parts),
    impersonationRoutes(parts),
    confirmRoutes(parts),
    sessionRoutes(parts),
    recordRoutes(parts),
    keyRoutes(parts),
    limitRoutes(parts),
  ]
}
