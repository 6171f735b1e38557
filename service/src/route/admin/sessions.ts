import type { RequestHandler, Router } from 'express'
import type { z } from 'zod'
import { bodyOf, fields, jsonBody, optionalBody, Problem, text, textsOf } from '../../http/index.js'
import type { Parts } from '../../parts.js'
import { createRouter } from '../router.js'
import { run, told, toldOfSession, type Act } from './act.js'
import { requireAdmin } from './guard.js'

const MOST_IDS = 100
/** Sessions by their ids, as a list, or as text with commas between them. */
const idList = fields({ ids: textsOf(text(), MOST_IDS) })
/** Who sends ten thousand ids shall hear how many may come, and not that the body is too large. */
const LARGEST_LIST = 524_288
export const idListBody: RequestHandler = jsonBody(idList, { bytes: LARGEST_LIST })

/** `/admin/sessions`: sessions by their ids, whoever they belong to, and all of them at once. */
export function sessionRoutes(parts: Parts): Router {
  const router = createRouter()
  const isRecent = requireAdmin(parts, { isRecent: true })
  const nothing = optionalBody()
  router.delete('/admin/sessions/:id', isRecent, nothing, run(parts, endSession))
  router.post('/admin/sessions/revoke', isRecent, idListBody, run(parts, endListed))
  router.post('/admin/end-all-sessions', isRecent, nothing, run(parts, endEverything))
  return router
}

const endSession: Act = async (parts, request, response) => {
  const { id } = request.params as { id: string }
  if (!(await parts.sojourn.revoke(id))) {
    throw new Problem({ status: 404, code: 'session_unknown', detail: 'No such session.' })
  }
  toldOfSession(parts, request, 'session.ended', id)
  response.json({ success: true, id })
}

const endListed: Act = async (parts, request, response) => {
  const { ids } = bodyOf<z.infer<typeof idList>>(request)
  const ended: string[] = []
  for (const id of new Set(ids)) {
    if (!(await parts.sojourn.revoke(id))) continue
    ended.push(id)
    toldOfSession(parts, request, 'session.ended', id)
  }
  response.json({ success: true, count: ended.length, ended })
}

const endEverything: Act = async (parts, request, response) => {
  // Told first: whatever comes of it, somebody wanted this.
  told(parts, request, 'everybody.ended', 'everybody')
  const { sessions, subjects } = await parts.sojourn.revokeEverybody()
  response.json({ success: true, count: sessions, users: subjects })
}
