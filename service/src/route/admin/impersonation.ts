import type { RequestHandler, Router } from 'express'
import type { z } from 'zod'
import type { Account } from '../../account/account.js'
import { bodyOf, fields, jsonOrForm, optionalBody, Problem, text } from '../../http/index.js'
import { paths, texts } from '../../page/index.js'
import type { Parts, Visitor } from '../../parts.js'
import { redirectOrJson } from '../respond.js'
import { createRouter } from '../router.js'
import { accountIn, instant, run, told, type Act } from './act.js'
import { administratorOf, requireAdmin } from './guard.js'
import { nameOf } from './held.js'
import { wantsHtml } from '../../http/index.js'

/** In characters. */
export const REASON = { shortest: 3, longest: 200 } as const

const reason = text()
  .refine(isReason, { error: 'must say why, in 3 to 200 characters' })
  .meta({ minLength: REASON.shortest, maxLength: REASON.longest })
const body = fields({ reason })
export const reasonBody: RequestHandler = jsonOrForm(body)

export function isReason(value: string): boolean {
  const { length } = [...value.trim()]
  return length >= REASON.shortest && length <= REASON.longest
}

/**
 * Acting for somebody else: in a session of its own, which ends with the administrator's and never counts as recently
 * authenticated. Only for administrators who have signed in, with a browser: the token is nobody.
 */
export function impersonationRoutes(parts: Parts): Router {
  const router = createRouter()
  const isRecent = requireAdmin(parts, { isRecent: true })
  const path = `${paths.consolePeople}/:id/impersonate`
  router.post(path, isRecent, reasonBody, run(parts, impersonate))
  router.post(
    paths.stopActing,
    optionalBody(),
    parts.web.requireSession(),
    parts.web.handler((request: Visitor, response) => stop(parts, request, response)),
  )
  return router
}

const impersonate: Act = async (parts, request, response) => {
  const { session } = request as Visitor
  if (administratorOf(request).account === undefined || session.claims !== undefined) {
    refuse(403, 'forbidden', 'Only an administrator who has signed in with a browser may do this.')
  }
  const account = await accountIn(parts, request)
  const { reason: why } = bodyOf<z.infer<typeof body>>(request)
  checkSubject(account)
  // Told before the session is another one: whose it was is not to be told from what came of it.
  told(parts, request, 'user.impersonated', account)
  await session.impersonate(account.id, { reason: why.trim() })
  const { id, facts } = session
  const answer = { success: true, id, userId: account.id, expiresAt: instant(facts?.expiresAt) }
  redirectOrJson(request, response, paths.dashboard, answer)
}

function checkSubject({ role, disabledAt }: Account): void {
  if (role === 'admin') {
    refuse(409, 'is_administrator', 'Nobody acts for an administrator.')
  }
  if (disabledAt !== undefined) {
    refuse(403, 'subject_disabled', 'This account is switched off.')
  }
}

const stop = async (
  parts: Parts,
  request: Visitor,
  response: Parameters<Act>[2],
): Promise<void> => {
  const { session } = request
  const { actor, subject = '' } = session
  if (actor === undefined) refuse(409, 'not_impersonating', 'You act for nobody.')
  const account = await parts.accounts.get(subject)
  await session.stopImpersonating()
  const address = parts.addressOf(request)
  const act = 'impersonation.stopped'
  parts.sojourn.report('admin.acted', { actor, act, address, target: subject, subject })
  if (!session.isSignedIn) {
    redirectOrJson(request, response, '/signed-out?reason=logged_out', { success: true, id: null })
    return
  }
  if (wantsHtml(request)) {
    const name = account === undefined ? subject : nameOf(account)
    await session.flash('notice', texts.console.done.stopped(name))
  }
  const path = paths.consolePerson(subject)
  redirectOrJson(request, response, path, { success: true, id: session.id })
}

function refuse(status: number, code: string, detail: string): never {
  throw new Problem({ status, code, detail })
}
