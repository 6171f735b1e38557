import type { RequestHandler, Response, Router } from 'express'
import type { z } from 'zod'
import { isVisible, shownName } from '../account/name.js'
import {
  bodyOf,
  fields,
  jsonOrForm,
  optionalBody,
  Problem,
  sendProblem,
  shortText,
  text,
  wantsHtml,
} from '../http/index.js'
import {
  paths,
  renderConfirmEnd,
  renderConfirmEndOthers,
  renderNameDevice,
  texts,
  type Device,
  type SignedInProps,
} from '../page/index.js'
import type { Parts, Visitor } from '../parts.js'
import { formToken } from './csrf.js'
import { createCursors } from './cursor.js'
import { listDevices } from './device-list.js'
import { notWhileActing, personOf, takeNotice } from './person.js'
import { redirectOrJson, sendPage, toDevice } from './respond.js'
import { createRouter } from './router.js'

const nothing = optionalBody()
/** As many characters as a list of devices has room for. */
const LONGEST_NAME = 64
const naming = fields({
  name: shortText(LONGEST_NAME)
    .refine((name) => name === '' || isVisible(name, LONGEST_NAME), {
      error: 'must be of characters that can be seen',
    })
    .meta({ description: 'What you call it. Empty: what its browser says.' }),
  returnTo: text().optional(),
})
export const nameBody = jsonOrForm(naming)

/** `/sessions`: what a person is signed in on, and how to end it. */
export function deviceRoutes(parts: Parts): Router {
  const { web, config } = parts
  const cursors = createCursors(config.secrets.session.map((secret) => secret.reveal()))
  const router = createRouter()
  router.get(
    paths.devices,
    web.requireSession(),
    web.handler((request: Visitor, response: Response) =>
      listDevices(parts, cursors, request, response),
    ),
  )
  router.get(
    paths.endOtherDevices,
    pageOnly,
    web.requireSession(),
    web.handler((request: Visitor, response: Response) =>
      confirm(parts, request, response, renderConfirmEndOthers),
    ),
  )
  router.post(
    paths.endOtherDevices,
    nothing,
    web.requireRecent(),
    web.handler((request: Visitor, response: Response) => endOthers(parts, request, response)),
  )
  const end = web.handler((request: Visitor, response: Response) =>
    endOne(parts, request, response),
  )
  router.delete(`${paths.devices}/:id`, nothing, web.requireRecent(), end)
  router.get(
    `${paths.devices}/:id/end`,
    pageOnly,
    web.requireSession(),
    web.handler((request: Visitor, response: Response) => confirmEnd(parts, request, response)),
  )
  router.post(`${paths.devices}/:id/end`, nothing, web.requireRecent(), end)
  const name = web.handler((request: Visitor, response: Response) =>
    nameOne(parts, request, response),
  )
  router.patch(`${paths.devices}/:id`, nameBody, web.requireSession(), notWhileActing, name)
  router.get(
    `${paths.devices}/:id/name`,
    pageOnly,
    web.requireSession(),
    notWhileActing,
    web.handler((request: Visitor, response: Response) => askName(parts, request, response)),
  )
  router.post(`${paths.devices}/:id/name`, nameBody, web.requireSession(), notWhileActing, name)
  return router
}

/** Programs need not be asked whether they mean it: they have no page. */
const pageOnly: RequestHandler = (request, _response, next) => {
  if (request.accepts('html') !== false) {
    next()
    return
  }
  const detail = 'There is only a page here: the form that it shows is sent by POST.'
  throw new Problem({ status: 406, code: 'not_acceptable', detail })
}

async function confirmEnd(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const { session } = request
  const { id } = request.params as { id: string }
  if (id === session.id) {
    response.redirect(303, paths.signOut)
    return
  }
  const device = await ownDevice(parts, request, response)
  if (device === undefined) return
  await confirm(parts, request, response, (page) => renderConfirmEnd({ ...page, device }))
}

/** One of this person's; whoever asks for another is led back to the list. */
async function ownDevice(
  { sojourn }: Parts,
  { session, params }: Visitor,
  response: Response,
): Promise<Device | undefined> {
  const found = await sojourn.find((params as { id: string }).id)
  if (found.state === 'live' && found.facts.subject === session.subject) {
    return toDevice(found.facts, session.id)
  }
  await session.flash('notice', texts.notices.deviceGone)
  response.redirect(303, paths.devices)
  return undefined
}

async function askName(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const device = await ownDevice(parts, request, response)
  if (device === undefined) return
  await confirm(parts, request, response, (page) => renderNameDevice({ ...page, device }))
}

async function nameOne({ sojourn }: Parts, request: Visitor, response: Response): Promise<void> {
  const { session } = request
  const { id } = request.params as { id: string }
  const name = shownName(bodyOf<z.infer<typeof naming>>(request).name)
  const isNamed = await sojourn.rename(id, name === '' ? undefined : name, {
    of: session.subject ?? '',
  })
  if (!isNamed && !wantsHtml(request)) {
    sendProblem(response, { status: 404, code: 'session_unknown', detail: 'No such session.' })
    return
  }
  const { deviceNamed, deviceGone } = texts.notices
  if (wantsHtml(request)) await session.flash('notice', isNamed ? deviceNamed : deviceGone)
  redirectOrJson(request, response, paths.devices, { success: true, id, name })
}

async function confirm(
  parts: Parts,
  request: Visitor,
  response: Response,
  render: (page: SignedInProps) => string,
): Promise<void> {
  const person = await personOf(parts, request)
  if (person === undefined) {
    response.redirect(303, paths.signIn)
    return
  }
  const csrf = await formToken(parts, request)
  const notice = await takeNotice(request.session)
  sendPage(response, render({ now: parts.now(), person, csrf, notice }))
}

async function endOne(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const { session } = request
  const { id } = request.params as { id: string }
  if (id === session.id) {
    await session.signOut()
    redirectOrJson(request, response, '/signed-out?reason=logged_out', { success: true, id })
    return
  }
  const subject = session.subject ?? ''
  const isEnded = await parts.sojourn.revoke(id, { of: subject, reason: 'logged_out_elsewhere' })
  if (!isEnded && !wantsHtml(request)) {
    sendProblem(response, { status: 404, code: 'session_unknown', detail: 'No such session.' })
    return
  }
  const { deviceEnded, deviceGone } = texts.notices
  if (wantsHtml(request)) await session.flash('notice', isEnded ? deviceEnded : deviceGone)
  redirectOrJson(request, response, paths.devices, { success: true, id })
}

async function endOthers(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const { session } = request
  const count = await parts.sojourn.revokeAll(session.subject ?? '', {
    reason: 'logged_out_elsewhere',
    ...(session.id === undefined ? {} : { except: session.id }),
  })
  if (wantsHtml(request)) await session.flash('notice', texts.notices.othersEnded(count))
  const message = 'All other sessions have ended'
  redirectOrJson(request, response, paths.devices, { success: true, message, count })
}
