import type { Chapter } from '../operation.js'
import { adminAudit } from './admin-audit.js'
import { adminHealth } from './admin-health.js'
import { adminKeys } from './admin-keys.js'
import { adminLimits } from './admin-limits.js'
import { adminPeople } from './admin-people.js'
import { adminSessions } from './admin-sessions.js'

export const admin: Chapter = {
  name: 'Administration',
  about:
    'For the holder of `ADMIN_TOKEN`, and for administrators who have signed in: what changes something needs a recent sign-in of them. While there is neither a token nor an administrator, there is nothing of it. Every act is in the audit trail.',
  paths: {
    ...adminHealth,
    ...adminPeople,
    ...adminSessions,
    ...adminAudit,
    ...adminKeys,
    ...adminLimits,
  },
}
