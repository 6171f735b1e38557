import type { Request, RequestHandler, Response, Router } from 'express'
import type { z } from 'zod'
import { AUDITED_EVENTS } from 'sojourn/telemetry'
import type { Account } from '../account/account.js'
import {
  bodyOf,
  fields,
  jsonBody,
  oneOf,
  optionalBody,
  Problem,
  queryOf,
  shortText,
  text,
  textsOf,
  textThat,
  wholeNumberText,
} from '../http/index.js'
import { toPublicUser, type Parts } from '../parts.js'
import { secondsOf } from '../config/duration.js'
import { requireAdmin } from './admin-guard.js'
import { createRouter } from './router.js'

const limit = wholeNumberText(1, 100).optional()
const ID = /^[\w-]{22}$/
export const userPage = fields({
  q: shortText(254).optional(),
  limit,
  cursor: textThat((value) => ID.test(value), 'is not valid').optional(),
})
export const sessionPage = fields({ limit, cursor: text().optional() })
export const recordPage = fields({
  userId: text().optional(),
  event: oneOf(AUDITED_EVENTS).optional(),
  since: textThat(
    (value) => secondsOf(value) !== undefined,
    'must be a duration such as 7d',
  ).optional(),
  limit,
  cursor: textThat((value) => /^\w{9}-[\w-]{12}$/.test(value), 'is not valid').optional(),
})
const MOST_IDS = 100
/** Sessions by their ids, as a list, or as text with commas between them. */
const idList = fields({ ids: textsOf(text(), MOST_IDS) })
/** Who sends ten thousand ids shall hear how many may come, and not that the body is too large. */
const LARGEST_LIST = 524_288
export const idListBody: RequestHandler = jsonBody(idList, { bytes: LARGEST_LIST })
/** Who acts, in the trail: there is one token, and whoever has it. */
const ACTOR = 'admin_token'

/** One thing an administrator can do. */
type Act = (parts: Parts, request: Request, response: Response) => Promise<void>

/** `/admin`, for programs. Without ADMIN_TOKEN there is nothing of it (ASVS 6.3.2). */
export function adminRoutes(parts: Parts): Router {
  const router = createRouter()
  if (parts.config.operation.adminToken === undefined) return router
  const isAdmin = requireAdmin(parts)
  const run =
    (act: Act): RequestHandler =>
    (request, response) =>
      act(parts, request, response)
  const nothing = optionalBody()
  const user = '/admin/users/:id'
  router.get('/admin/users', isAdmin, run(findUsers))
  router.get(user, isAdmin, run(showUser))
  router.get(`${user}/sessions`, isAdmin, run(showSessions))
  router.post(`${user}/end-sessions`, isAdmin, nothing, run(endSessions))
  router.post(`${user}/disable`, isAdmin, nothing, run(disable))
  router.post(`${user}/enable`, isAdmin, nothing, run(enable))
  router.post(`${user}/unlock`, isAdmin, nothing, run(unlock))
  router.delete('/admin/sessions/:id', isAdmin, nothing, run(endSession))
  router.post('/admin/sessions/revoke', isAdmin, idListBody, run(endListed))
  router.post('/admin/end-all-sessions', isAdmin, nothing, run(endEverything))
  router.get('/admin/audit', isAdmin, run(showRecords))
  return router
}

const findUsers: Act = async (parts, request, response) => {
  const { q = '', limit: most = 50, cursor } = queryOf(request, userPage)
  const found = await parts.accounts.search(q, { limit: most + 1, after: cursor })
  const users = found.slice(0, most)
  told(parts, request, 'users.searched', 'users')
  response.json({ users: users.map(toUser), next: found.length > most ? users.at(-1)?.id : null })
}

const showUser: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  told(parts, request, 'user.read', account)
  response.json({ user: toUser(account) })
}

const showSessions: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  const { limit: most = 50, cursor } = queryOf(request, sessionPage)
  const page = { limit: most, ...(cursor === undefined ? {} : { cursor }) }
  const { sessions, next } = await parts.sojourn.list(account.id, page)
  told(parts, request, 'sessions.read', account)
  const shown = sessions.map((facts) => ({
    id: facts.id,
    createdAt: instant(facts.createdAt),
    lastSeenAt: instant(facts.lastSeenAt),
    authenticatedAt: instant(facts.authenticatedAt),
    expiresAt: instant(facts.idleExpiresAt),
    address: facts.address ?? null,
    device: facts.agent ?? null,
    methods: facts.methods,
    actor: facts.actor ?? null,
  }))
  response.json({ sessions: shown, next: next ?? null })
}

const endSessions: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  const count = await parts.sojourn.revokeAll(account.id)
  told(parts, request, 'sessions.ended', account)
  response.json({ success: true, count })
}

const disable: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  await parts.accounts.disable(account.id)
  const count = await parts.sojourn.disable(account.id)
  told(parts, request, 'user.disabled', account)
  response.json({ success: true, count })
}

const enable: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  await parts.sojourn.enable(account.id)
  await parts.accounts.enable(account.id)
  told(parts, request, 'user.enabled', account)
  response.json({ success: true })
}

const unlock: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  await parts.guard.unlock(account.id, { by: 'admin' })
  told(parts, request, 'user.unlocked', account)
  response.json({ success: true })
}

const endSession: Act = async (parts, request, response) => {
  const { id } = request.params as { id: string }
  if (!(await parts.sojourn.revoke(id))) {
    throw new Problem({ status: 404, code: 'session_unknown', detail: 'No such session.' })
  }
  tellOfSession(parts, request, id)
  response.json({ success: true, id })
}

const endListed: Act = async (parts, request, response) => {
  const { ids } = bodyOf<z.infer<typeof idList>>(request)
  const ended: string[] = []
  for (const id of new Set(ids)) {
    if (!(await parts.sojourn.revoke(id))) continue
    ended.push(id)
    tellOfSession(parts, request, id)
  }
  response.json({ success: true, count: ended.length, ended })
}

const endEverything: Act = async (parts, request, response) => {
  // Told first: whatever comes of it, somebody wanted this.
  told(parts, request, 'everybody.ended', 'everybody')
  const { sessions, subjects } = await parts.sojourn.revokeEverybody()
  response.json({ success: true, count: sessions, users: subjects })
}

const showRecords: Act = async (parts, request, response) => {
  const { userId, event, since, limit: most = 50, cursor } = queryOf(request, recordPage)
  const account = userId === undefined ? undefined : await accountOf(parts, userId)
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

async function accountIn(parts: Parts, request: Request): Promise<Account> {
  return accountOf(parts, (request.params as { id: string }).id)
}

async function accountOf({ accounts }: Parts, id: string): Promise<Account> {
  const account = await accounts.get(id)
  if (account !== undefined) return account
  throw new Problem({ status: 404, code: 'user_unknown', detail: 'No such user.' })
}

/** Every act is one event, and so one line and one record. */
function told(parts: Parts, request: Request, act: string, target: Account | string): void {
  const address = parts.addressOf(request)
  const whom = typeof target === 'string' ? { target } : { target: target.id, subject: target.id }
  parts.sojourn.report('admin.acted', { actor: ACTOR, act, address, ...whom })
}

function tellOfSession(parts: Parts, request: Request, id: string): void {
  const address = parts.addressOf(request)
  parts.sojourn.report('admin.acted', {
    actor: ACTOR,
    act: 'session.ended',
    target: id,
    id,
    address,
  })
}

function toUser(account: Account): object {
  return {
    ...toPublicUser(account),
    role: account.role,
    createdAt: instant(account.createdAt),
    passwordChangedAt: instant(account.passwordChangedAt),
    disabledAt: instant(account.disabledAt),
  }
}

function instant(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}
