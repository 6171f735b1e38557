import type { RequestHandler, Router } from 'express'
import type { z } from 'zod'
import type { Account } from '../../account/account.js'
import {
  bodyOf,
  fields,
  jsonOrForm,
  oneOf,
  optionalBody,
  queryOf,
  shortText,
  text,
  textThat,
  wholeNumberText,
} from '../../http/index.js'
import { toPublicUser, type Parts } from '../../parts.js'
import { createRouter } from '../router.js'
import { accountIn, instant, run, told, type Act } from './act.js'
import { requireAdmin } from './guard.js'

const limit = wholeNumberText(1, 100).optional()
const ID = /^[\w-]{22}$/
export const userPage = fields({
  q: shortText(254).optional(),
  limit,
  cursor: textThat((value) => ID.test(value), 'is not valid').optional(),
})
const role = fields({ role: oneOf(['user', 'admin']) })
export const roleBody: RequestHandler = jsonOrForm(role)
export const sessionPage = fields({ limit, cursor: text().optional() })

/** `/admin/users`: people, and what is done for or to one of them. */
export function peopleRoutes(parts: Parts): Router {
  const router = createRouter()
  const isAdmin = requireAdmin(parts)
  const isRecent = requireAdmin(parts, { isRecent: true })
  const nothing = optionalBody()
  const user = '/admin/users/:id'
  router.get('/admin/users', isAdmin, run(parts, findUsers))
  router.get(user, isAdmin, run(parts, showUser))
  router.get(`${user}/sessions`, isAdmin, run(parts, showSessions))
  router.post(`${user}/end-sessions`, isRecent, nothing, run(parts, endSessions))
  router.post(`${user}/disable`, isRecent, nothing, run(parts, disable))
  router.post(`${user}/enable`, isRecent, nothing, run(parts, enable))
  router.post(`${user}/role`, isRecent, roleBody, run(parts, setRole))
  router.post(`${user}/unlock`, isRecent, nothing, run(parts, unlock))
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

const setRole: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  const { role: wanted } = bodyOf<z.infer<typeof role>>(request)
  await parts.accounts.setRole(account.id, wanted)
  told(parts, request, `user.made_${wanted}`, account)
  response.json({ success: true, role: wanted })
}

const unlock: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  await parts.guard.unlock(account.id, { by: 'admin' })
  told(parts, request, 'user.unlocked', account)
  response.json({ success: true })
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
