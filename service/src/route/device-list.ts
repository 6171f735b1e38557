import type { Response } from 'express'
import type { SessionFacts } from 'sojourn'
import { fields, queryOf, text, wantsHtml, wholeNumberText } from '../http/index.js'
import { DEVICES_PER_PAGE, paths, renderDevices, type Device, type Notice } from '../page/index.js'
import type { Parts, Visitor } from '../parts.js'
import { formToken } from './csrf.js'
import { openCursor, type Cursors } from './cursor.js'
import { newSignInsFor } from './new-sign-ins.js'
import { personOf, takeNotice } from './person.js'
import { sendPage, toDevice } from './respond.js'

/** How many a page of JSON has, unless asked otherwise. */
const MOST = 50
export const pageQuery = fields({
  limit: wholeNumberText(1, 100).optional(),
  cursor: text().optional(),
})

/** `GET /sessions`: what a person is signed in on, as JSON or as a page. */
export async function listDevices(
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

function nextPath(cursor: string, limit: number | undefined): string {
  const size = limit === undefined ? '' : `&limit=${String(limit)}`
  return `${paths.devices}?cursor=${encodeURIComponent(cursor)}${size}`
}

function toJson(device: Device): object {
  const { name, kind } = device
  const [browser = device.browser, os] = device.browser.split(' on ', 2)
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
