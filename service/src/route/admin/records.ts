import type { Router } from 'express'
import { AUDITED_EVENTS } from 'sojourn/telemetry'
import { secondsOf } from '../../config/duration.js'
import { fields, oneOf, queryOf, text, textThat, wholeNumberText } from '../../http/index.js'
import type { Parts } from '../../parts.js'
import { createRouter } from '../router.js'
import { accountWith, instant, run, told, type Act } from './act.js'
import { requireAdmin } from './guard.js'

export const recordPage = fields({
  userId: text().optional(),
  event: oneOf(AUDITED_EVENTS).optional(),
  since: textThat(
    (value) => secondsOf(value) !== undefined,
    'must be a duration such as 7d',
  ).optional(),
  limit: wholeNumberText(1, 100).optional(),
  cursor: textThat((value) => /^\w{9}-[\w-]{12}$/.test(value), 'is not valid').optional(),
})

/** `/admin/audit`: what happened. */
export function recordRoutes(parts: Parts): Router {
  const router = createRouter()
  router.get('/admin/audit', requireAdmin(parts), run(parts, showRecords))
  return router
}

const showRecords: Act = async (parts, request, response) => {
  const { userId, event, since, limit: most = 50, cursor } = queryOf(request, recordPage)
  const account = userId === undefined ? undefined : await accountWith(parts, userId)
  const records = await parts.trail.list({
    limit: most + 1,
    subject: account?.id,
    event,
    since: since === undefined ? undefined : parts.now() - (secondsOf(since) ?? 0) * 1_000,
    before: cursor,
  })
  told(parts, request, 'audit.read', account ?? 'audit')
  const shown = records.slice(0, most)
  response.json({
    records: shown.map((record) => ({ ...record, at: instant(record.at) })),
    next: records.length > most ? shown.at(-1)?.id : null,
  })
}
