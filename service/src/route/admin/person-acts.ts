import type { Request, RequestHandler, Router } from 'express'
import type { z } from 'zod'
import type { Account } from '../../account/account.js'
import { bodyOf, fields, jsonOrForm, oneOf, optionalBody, Problem } from '../../http/index.js'
import { paths, texts } from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { createRouter } from '../router.js'
import { accountIn, run, told, type Act } from './act.js'
import { administratorOf, requireAdmin } from './guard.js'
import { nameOf } from './held.js'
import { done } from './page.js'

const role = fields({ role: oneOf(['user', 'admin']) })
export const roleBody: RequestHandler = jsonOrForm(role)

const words = texts.console.done

/** `/admin/users/:id/…`: what is done for or to one person. A browser is back on the person's page afterwards. */
export function personActRoutes(parts: Parts): Router {
  const router = createRouter()
  const isRecent = requireAdmin(parts, { isRecent: true })
  const nothing = optionalBody()
  const user = `${paths.consolePeople}/:id`
  router.post(`${user}/end-sessions`, isRecent, nothing, run(parts, endSessions))
  router.post(`${user}/disable`, isRecent, nothing, run(parts, disable))
  router.post(`${user}/enable`, isRecent, nothing, run(parts, enable))
  router.post(`${user}/role`, isRecent, roleBody, run(parts, setRole))
  router.post(`${user}/unlock`, isRecent, nothing, run(parts, unlock))
  return router
}

const endSessions: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  const count = await parts.sojourn.revokeAll(account.id)
  told(parts, request, 'sessions.ended', account)
  const body = { success: true, count }
  await done(request, response, pageOf(account), {
    notice: words.ended(count),
    ...{ body, ended: account.id },
  })
}

const disable: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  if (!(await parts.accounts.disable(account.id, ruleFor(request)))) {
    refuseIfLast(await parts.accounts.get(account.id))
  }
  const count = await parts.sojourn.disable(account.id)
  told(parts, request, 'user.disabled', account)
  const body = { success: true, count }
  const notice = words.disabled(nameOf(account), count)
  await done(request, response, pageOf(account), { notice, body, ended: account.id })
}

const enable: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  await parts.sojourn.enable(account.id)
  await parts.accounts.enable(account.id)
  told(parts, request, 'user.enabled', account)
  const notice = words.enabled(nameOf(account))
  await done(request, response, pageOf(account), { notice, body: { success: true } })
}

/** Sessions from before do not carry a new role: they end, and the person signs in anew (ASVS 7.2.4). */
const setRole: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  const { role: wanted } = bodyOf<z.infer<typeof role>>(request)
  const isChanged = await parts.accounts.setRole(account.id, wanted, ruleFor(request))
  if (!isChanged && wanted === 'user') refuseIfLast(await parts.accounts.get(account.id))
  const count = await parts.sojourn.revokeAll(account.id)
  told(parts, request, `user.made_${wanted}`, account)
  const body = { success: true, role: wanted, count }
  const notice = words[`made_${wanted}`](nameOf(account))
  await done(request, response, pageOf(account), { notice, body, ended: account.id })
}

const unlock: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  await parts.guard.unlock(account.id, { by: 'admin' })
  told(parts, request, 'user.unlocked', account)
  const notice = words.unlocked(nameOf(account))
  await done(request, response, pageOf(account), { notice, body: { success: true } })
}

function pageOf({ id }: Account): string {
  return paths.consolePerson(id)
}

/** Administrators cannot lock themselves out of the console; whoever holds the token has a way in besides. */
function ruleFor(request: Request): { readonly keepsAdministrator: boolean } {
  return { keepsAdministrator: administratorOf(request).account !== undefined }
}

/** Nothing was changed: either there was nothing to change, or the rule forbade it. */
function refuseIfLast(account: Account | undefined): void {
  if (account?.role !== 'admin' || account.disabledAt !== undefined) return
  throw new Problem({
    status: 409,
    code: 'last_administrator',
    detail: 'This is the last administrator. Make somebody else one first.',
  })
}
