import type { RequestHandler, Response, Router } from 'express'
import type { SessionFacts } from 'sojourn'
import {
  fields,
  optionalBody,
  Problem,
  queryOf,
  sendProblem,
  text,
  wantsHtml,
  wholeNumberText,
} from '../http/index.js'
import {
  DEVICES_PER_PAGE,
  paths,
  renderConfirmEnd,
  renderConfirmEndOthers,
  renderDevices,
  texts,
  type Device,
  type Notice,
  type SignedInProps,
} from '../page/index.js'
import type { Parts, Visitor } from '../parts.js'
import { formToken } from './csrf.js'
import { createCursors, type Cursors } from './cursor.js'
import { newSignInsFor } from './new-sign-ins.js'
import { personOf, takeNotice } from './person.js'
import { redirectOrJson, sendPage, toDevice } from './respond.js'
import { createRouter } from './router.js'

/** How many a page of JSON has, unless asked otherwise. */
const MOST = 50
export const pageQuery = fields({
  limit: wholeNumberText(1, 100).optional(),
  cursor: text().optional(),
})
const nothing = optionalBody()

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
  return router
}

/** Programs need not be asked whether they mean it: they have no page. */
const pageOnly: RequestHandler = (request, _response, next) => {
  if (request.accepts('html') !== false) {
    next()
    return
  }
  const detail = 'There is only a page here. POST ends the session.'
  throw new Problem({ status: 406, code: 'not_acceptable', detail })
}

async function listDevices(
  parts: Parts,
  cursors: Cursors,
  request: Visitor,
  response: Response,
): Promise<void> {
  const { session } = request
  const { limit, cursor: sealed } = queryOf(request, pageQuery)
  const subject = session.subject ?? ''
  const cursor = openCursor(cursors, subject, sealed)
  const found = await parts.sojourn.list(subject, {
    limit: limit ?? (wantsHtml(request) ? DEVICES_PER_PAGE - 1 : MOST),
    ...(cursor === undefined ? {} : { cursor }),
  })
  const next =
    found.next === undefined ? undefined : nextPath(cursors.seal(subject, found.next), limit)
  if (!wantsHtml(request)) {
    if (next !== undefined) response.set('Link', `<${next}>; rel="next"`)
    const place = (facts: SessionFacts) => parts.places.placeOf(facts.address)
    response.json(
      found.sessions.map((facts) =>
        toJson({ ...toDevice(facts, session.id), place: place(facts) }),
      ),
    )
    return
  }
  const person = await personOf(parts, request)
  if (person === undefined) {
    response.redirect(303, paths.signIn)
    return
  }
  const html = renderDevices({
    now: parts.now(),
    person,
    csrf: await formToken(parts, request),
    devices: ownFirst(parts, found.sessions, cursor === undefined, session.facts),
    newSignIns: await newSignInsFor(parts, request),
    next,
    first: cursor === undefined ? undefined : paths.devices,
    notice: await noticeFor(request),
  })
  sendPage(response, html)
}

/** What is to be said is for the person, and not for a script that looks whether the list has changed. */
async function noticeFor(request: Visitor): Promise<Notice | undefined> {
  return request.get('sojourn-passive') === '1' ? undefined : takeNotice(request.session)
}

/** The device in use leads the first page, however many others were seen after it, and is on no other. */
function ownFirst(
  { places }: Parts,
  page: readonly SessionFacts[],
  isFirst: boolean,
  own: SessionFacts | undefined,
): readonly Device[] {
  const others = page.filter(({ id }) => id !== own?.id)
  const listed = isFirst && own !== undefined ? [own, ...others] : others
  return listed.map((facts) => ({
    ...toDevice(facts, own?.id),
    place: places.placeOf(facts.address),
  }))
}

function openCursor(
  cursors: Cursors,
  subject: string,
  sealed: string | undefined,
): string | undefined {
  if (sealed === undefined) return undefined
  const cursor = cursors.open(subject, sealed)
  if (cursor !== undefined) return cursor
  const detail = 'cursor is not valid.'
  throw new Problem({ status: 400, code: 'field_invalid', detail, extra: { field: 'cursor' } })
}

function nextPath(cursor: string, limit: number | undefined): string {
  const size = limit === undefined ? '' : `&limit=${String(limit)}`
  return `${paths.devices}?cursor=${encodeURIComponent(cursor)}${size}`
}

function toJson(device: Device): object {
  const { name, kind } = device
  const [browser = name, os] = name.split(' on ', 2)
  return {
    id: device.id,
    current: device.isCurrent,
    createdAt: new Date(device.createdAt).toISOString(),
    lastSeenAt: new Date(device.lastSeenAt).toISOString(),
    expiresAt: new Date(device.expiresAt).toISOString(),
    device: { name, browser, os: os ?? null, kind },
    ip: device.address ?? null,
    place: device.place ?? null,
    methods: device.methods,
    actedIn: device.actedIn ?? null,
  }
}

async function confirmEnd(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const { session } = request
  const { id } = request.params as { id: string }
  if (id === session.id) {
    response.redirect(303, paths.signOut)
    return
  }
  const found = await parts.sojourn.find(id)
  if (found.state !== 'live' || found.facts.subject !== session.subject) {
    await session.flash('notice', texts.notices.deviceGone)
    response.redirect(303, paths.devices)
    return
  }
  const device = toDevice(found.facts, session.id)
  await confirm(parts, request, response, (page) => renderConfirmEnd({ ...page, device }))
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
