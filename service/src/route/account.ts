import type { RequestHandler, Response, Router } from 'express'
import type { z } from 'zod'
import type { SessionFacts } from 'sojourn'
import { createNodeIncoming } from 'sojourn/express'
import { InvalidField } from '../account/errors.js'
import {
  bodyOf,
  fields,
  jsonOrForm,
  sendProblem,
  SESSION_CHALLENGE,
  text,
  wantsHtml,
} from '../http/index.js'
import {
  paths,
  renderDashboard,
  renderProfile,
  renderReauthenticate,
  texts,
} from '../page/index.js'
import { toPublicUser, type Parts, type Visitor } from '../parts.js'
import { checkSignIn, sendLocked, waitingWords, type Checked } from '../sign-in/index.js'
import { forgetNewSignIns, newSignInsFor } from './new-sign-ins.js'
import { accountOf, notWhileActing, signInAgain, takeNotice, toPerson } from './person.js'
import { redirectOrJson, returnPath, sendPage, wantedPath } from './respond.js'
import { sendSecurity } from './security.js'
import { formToken } from './csrf.js'
import { createRouter } from './router.js'

const proof = fields({ password: text(), returnTo: text().optional() })
export const proofBody: RequestHandler = jsonOrForm(proof)
const change = fields({
  currentPassword: text(),
  newPassword: text(),
  returnTo: text().optional(),
})
export const changeBody: RequestHandler = jsonOrForm(change)

/** What only a signed-in person sees: dashboard, profile, and proving again who they are. */
export function accountRoutes(parts: Parts): Router {
  const { web } = parts
  const router = createRouter()
  const show = (
    path: string,
    page: (parts: Parts, request: Visitor, response: Response) => Promise<void>,
  ): void => {
    router.get(
      path,
      web.requireSession(),
      web.handler((request: Visitor, response: Response) => page(parts, request, response)),
    )
  }
  show(paths.dashboard, dashboard)
  show(paths.profile, profile)
  router.get(
    paths.reauthenticate,
    web.requireSession({ mayBePending: true }),
    notWhileActing,
    web.handler((request: Visitor, response: Response) => askAgain(parts, request, response)),
  )
  router.post(
    paths.reauthenticate,
    proofBody,
    web.requireSession({ mayBePending: true }),
    notWhileActing,
    web.handler((request: Visitor, response: Response) => reauthenticate(parts, request, response)),
  )
  router.post(
    paths.changePassword,
    changeBody,
    web.requireSession(),
    notWhileActing,
    web.handler((request: Visitor, response: Response) => changePassword(parts, request, response)),
  )
  return router
}

async function dashboard(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const account = await accountOf(parts, request)
  const { facts } = request.session
  if (account === undefined || facts === undefined) {
    signInAgain(request, response)
    return
  }
  if (!wantsHtml(request)) {
    const message = `Welcome to your dashboard, ${toPerson(account, request.session).username}`
    response.json({ message, user: toPublicUser(account), session: toSessionInfo(facts) })
    return
  }
  const { sessions, next } = await parts.sojourn.list(account.id, { limit: 100 })
  const session = {
    ...facts,
    authenticatedAt: facts.authenticatedAt ?? facts.createdAt,
    idleTimeout: facts.idleExpiresAt - facts.lastSeenAt,
  }
  const html = renderDashboard({
    now: parts.now(),
    person: toPerson(account, request.session),
    csrf: await formToken(parts, request),
    session,
    deviceCount: sessions.length + (next === undefined ? 0 : 1),
    notice: await takeNotice(request.session),
    newSignIns: await newSignInsFor(parts, request),
  })
  sendPage(response, html)
}

async function profile(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const account = await accountOf(parts, request)
  const { facts } = request.session
  if (account === undefined || facts === undefined) {
    signInAgain(request, response)
    return
  }
  if (!wantsHtml(request)) {
    response.json({
      message: 'Profile data',
      user: toPublicUser(account),
      sessionInfo: toSessionInfo(facts),
    })
    return
  }
  const html = renderProfile({
    now: parts.now(),
    person: toPerson(account, request.session),
    csrf: await formToken(parts, request),
    accountId: account.id,
    createdAt: account.createdAt,
    session: facts,
    notice: await takeNotice(request.session),
    newSignIns: await newSignInsFor(parts, request),
  })
  sendPage(response, html)
}

async function askAgain(
  parts: Parts,
  request: Visitor,
  response: Response,
  trouble?: Trouble,
): Promise<void> {
  const account = await accountOf(parts, request)
  if (account === undefined) {
    signInAgain(request, response)
    return
  }
  const html = renderReauthenticate({
    now: parts.now(),
    person: toPerson(account, request.session),
    csrf: await formToken(parts, request),
    returnTo: wantedPath(request),
    problems: trouble === undefined ? undefined : { password: trouble.words },
  })
  const status = trouble === undefined ? 200 : (trouble.status ?? 401)
  if (status === 401) response.set('WWW-Authenticate', SESSION_CHALLENGE)
  sendPage(response, html, status)
}

async function reauthenticate(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const { session } = request
  const { password } = bodyOf<z.infer<typeof proof>>(request)
  const checked = await checkOwn(parts, request, response, password)
  if (checked.outcome !== 'verified') {
    if (wantsHtml(request)) await askAgain(parts, request, response, troubleOf(response, checked))
    else sendNotVerified(response, checked)
    return
  }
  await session.elevate({ methods: ['pwd'] })
  if (wantsHtml(request)) await session.flash('notice', texts.notices.confirmed)
  const authenticatedAt = instant(session.facts?.authenticatedAt)
  redirectOrJson(request, response, returnPath(request), { success: true, authenticatedAt })
}

async function changePassword(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const { session } = request
  const { currentPassword, newPassword } = bodyOf<z.infer<typeof change>>(request)
  const checked = await checkOwn(parts, request, response, currentPassword)
  if (checked.outcome !== 'verified') {
    const trouble = troubleOf(response, checked)
    const problems = { currentPassword: trouble.words }
    if (wantsHtml(request)) await sendSecurity(parts, request, response, problems, trouble.status)
    else sendNotVerified(response, checked)
    return
  }
  const subject = session.subject ?? ''
  try {
    await parts.accounts.changePassword(subject, newPassword)
  } catch (error) {
    if (!(error instanceof InvalidField) || !wantsHtml(request)) throw renamed(error)
    await sendSecurity(parts, request, response, { newPassword: error.message })
    return
  }
  const count = await parts.sojourn.revokeAll(subject, {
    reason: 'password_changed',
    ...(session.id === undefined ? {} : { except: session.id }),
  })
  await session.elevate({ methods: ['pwd'] })
  const incoming = createNodeIncoming(request, parts.sojourn.proxyTrust)
  parts.guard.credentialChanged({ subject, kind: 'password', incoming })
  await forgetNewSignIns(parts, subject)
  if (wantsHtml(request)) await session.flash('notice', texts.notices.passwordChanged(count))
  const message = 'Password changed'
  redirectOrJson(request, response, paths.security, { success: true, message, count })
}

/** The password of the person who is signed in, behind the same counters as every other way in (ASVS 6.3.4). */
async function checkOwn(
  parts: Parts,
  request: Visitor,
  response: Response,
  password: string,
): Promise<Checked> {
  const subject = request.session.subject ?? ''
  const checked = await checkSignIn(parts, request, { subject, password })
  if (checked.outcome === 'verified') response.append('Set-Cookie', checked.deviceCookie)
  return checked
}

type NotVerified = Exclude<Checked, { outcome: 'verified' }>

/** What a page says, and under which status (where it is not its own for a wrong form). */
interface Trouble {
  readonly words: string
  readonly status?: number
}

function troubleOf(response: Response, checked: NotVerified): Trouble {
  if (checked.outcome === 'wrong') return { words: texts.problems.passwordWrong }
  return { words: waitingWords(response, checked.refusal), status: checked.refusal.status }
}

function sendNotVerified(response: Response, checked: NotVerified): void {
  if (checked.outcome === 'locked') {
    sendLocked(response, checked.refusal)
    return
  }
  const detail = 'Wrong password.'
  sendProblem(response, { status: 403, code: 'credentials_invalid', detail })
}

/** The account knows its field as `password`; this form calls it `newPassword`. */
function renamed(error: unknown): unknown {
  if (!(error instanceof InvalidField)) return error
  return new InvalidField('newPassword', error.message.replace(/^password\b/, 'newPassword'))
}

function toSessionInfo(facts: SessionFacts): object {
  return {
    sessionId: facts.id,
    createdAt: instant(facts.createdAt),
    lastActivity: instant(facts.lastSeenAt),
    expiresAt: instant(facts.expiresAt),
    idleExpiresAt: instant(facts.idleExpiresAt),
  }
}

function instant(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString()
}
