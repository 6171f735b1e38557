/**
 * What a browser sees where an API client gets problem+json: the way to the sign-in page with the reason, the
 * way to prove again who one is, or a page that says the store is away.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, Response } from 'express'
import type { Refusal, StoreUnavailable } from 'sojourn'
import { sendRefusal, sendUnavailable } from 'sojourn/express'
import { wantsHtml } from './http/index.js'
import {
  paths,
  PERSON_ACTS,
  renderError,
  renderUnavailable,
  withReturn,
  type PersonAct,
} from './page/index.js'
import { sendPage, signInPath } from './route/respond.js'

/** Answers a refused request. `now` is for what a page says about time. */
export function onRefused(
  refusal: Refusal,
  incoming: IncomingMessage,
  answer: ServerResponse,
  now: () => number,
): void {
  const request = incoming as Request
  const response = answer as Response
  if (!wantsHtml(request)) {
    sendRefusal(response, refusal)
    return
  }
  // After a form only the page it stood on can be shown again.
  const back = request.method === 'GET' ? request.originalUrl : pageOf(request.path)
  if (refusal.code === 'reauthentication_required') {
    response.redirect(303, withReturn(paths.reauthenticate, back))
  } else if (refusal.status === 401) {
    response.redirect(303, signInPath(refusal.reason, back))
  } else {
    const { status, message, code, retryAfter, headers = {} } = refusal
    response.set(headers)
    // The page has words of its own for a wait.
    const detail = retryAfter === undefined ? message : undefined
    if (retryAfter !== undefined) response.set('Retry-After', String(retryAfter))
    sendPage(response, renderError({ now: now(), status, detail, code, retryAfter }), status)
  }
}

/** Answers when the store did not. */
export function onUnavailable(
  error: StoreUnavailable,
  incoming: IncomingMessage,
  answer: ServerResponse,
): void {
  const request = incoming as Request
  answer.setHeader('Cache-Control', 'no-store')
  if (!wantsHtml(request)) {
    sendUnavailable(answer, error)
    return
  }
  const { retryAfter } = error
  answer.setHeader('Retry-After', String(retryAfter))
  const retryPath = request.method === 'GET' ? request.originalUrl : pageOf(request.path)
  sendPage(answer, renderUnavailable({ retryPath, retryAfter }), error.status)
}

/** The page on which the form for `path` stands. */
function pageOf(path: string): string {
  if (path === paths.endOtherDevices || /^\/sessions\/[^/]+\/end$/.test(path)) return path
  if (path.startsWith(paths.devices)) return paths.devices
  if (path === paths.changePassword || path.startsWith(paths.newSignIns)) return paths.security
  if (path.startsWith(`${paths.console}/`)) return consolePageOf(path)
  return paths.dashboard
}

/** Where a form of the console stands: what asks before an act on a person, else the section. */
function consolePageOf(path: string): string {
  const [section, id, act] = path.split('/').slice(2)
  if (section === 'users' && id !== undefined) {
    return PERSON_ACTS.some((one) => one === act) && act !== undefined
      ? paths.consoleConfirm(act as PersonAct, id)
      : paths.consolePerson(id)
  }
  return section === 'sessions' || section === 'end-all-sessions'
    ? paths.consoleSessions
    : paths.console
}
