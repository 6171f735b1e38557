import type { Response, Router } from 'express'
import { optionalBody, queryOf, wantsHtml } from '../http/index.js'
import {
  paths,
  renderSecurity,
  renderSecurityEvents,
  type SecurityEvent,
  type SecurityProps,
} from '../page/index.js'
import type { Parts, Visitor } from '../parts.js'
import {
  shownAddress,
  shownAgent,
  toldEvents,
  type ToldEvent,
  type ToldEvents,
} from '../security/index.js'
import { formToken } from './csrf.js'
import { createCursors, openCursor, type Cursors } from './cursor.js'
import { pageQuery } from './device-list.js'
import { confirmSignIn, denySignIn, listNewSignIns, newSignInsFor } from './new-sign-ins.js'
import { accountOf, signInAgain, takeNotice, toPerson } from './person.js'
import { sendPage } from './respond.js'
import { createRouter } from './router.js'

/** How many events a page shows. */
const PER_PAGE = 10
/** How many a page of JSON has, unless asked otherwise. */
const MOST = 50
const nothing = optionalBody()

/** `/security`: the safety of one's account. Changing the password itself is in account.ts. */
export function securityRoutes(parts: Parts): Router {
  const { web } = parts
  const router = createRouter()
  const on = (act: (parts: Parts, request: Visitor, response: Response) => Promise<void>) =>
    web.handler((request: Visitor, response: Response) => act(parts, request, response))
  router.get(paths.security, web.requireSession(), on(sendSecurity))
  router.get(paths.securityEvents, web.requireSession(), on(listEvents))
  router.get(paths.newSignIns, web.requireSession(), on(listNewSignIns))
  const one = `${paths.newSignIns}/:id`
  router.post(`${one}/confirm`, nothing, web.requireSession(), on(confirmSignIn))
  router.post(`${one}/deny`, nothing, web.requireRecent(), on(denySignIn))
  return router
}

/** The page, also where the form for the password comes back. */
export async function sendSecurity(
  parts: Parts,
  request: Visitor,
  response: Response,
  problems?: SecurityProps['problems'],
  status = 400,
): Promise<void> {
  const account = await accountOf(parts, request)
  if (account === undefined) {
    signInAgain(request, response)
    return
  }
  const { events, next } = await readEvents(parts, account.id, { limit: PER_PAGE })
  const html = renderSecurity({
    now: parts.now(),
    person: toPerson(account, request.session),
    csrf: await formToken(parts, request),
    passwordChangedAt: account.passwordChangedAt,
    passwordMinimum: parts.passwordMinimum,
    notice: await takeNotice(request.session),
    newSignIns: await pageSignIns(parts, request),
    events: events.map((event) => toShown(parts, event)),
    older: olderPath(cursorsOf(parts), account.id, next),
    problems,
  })
  sendPage(response, html, problems === undefined ? 200 : status)
}

/** What waits to be written is waited for this long, in milliseconds: people look for what they have just done. */
const FRESH_WITHIN = 250

async function readEvents(
  { audit, trail }: Parts,
  subject: string,
  page: Parameters<typeof toldEvents>[2],
): Promise<ToldEvents> {
  await audit.flush(FRESH_WITHIN)
  return toldEvents(trail, subject, page)
}

/** A form that came back stands at an address that cannot be gone to. */
async function pageSignIns(parts: Parts, request: Visitor) {
  return { ...(await newSignInsFor(parts, request)), returnTo: paths.security }
}

async function listEvents(parts: Parts, request: Visitor, response: Response): Promise<void> {
  const account = await accountOf(parts, request)
  if (account === undefined) {
    signInAgain(request, response)
    return
  }
  const { limit, cursor: sealed } = queryOf(request, pageQuery)
  const cursors = cursorsOf(parts)
  const before = openCursor(cursors, owner(account.id), sealed)
  const size = limit ?? (wantsHtml(request) ? PER_PAGE : MOST)
  const found = await readEvents(parts, account.id, { limit: size, before })
  const older = olderPath(cursors, account.id, found.next, limit)
  if (!wantsHtml(request)) {
    if (older !== undefined) response.set('Link', `<${older}>; rel="next"`)
    response.json(found.events.map((event) => toJson(event, toShown(parts, event))))
    return
  }
  const html = renderSecurityEvents({
    now: parts.now(),
    person: toPerson(account, request.session),
    csrf: await formToken(parts, request),
    notice: await takeNotice(request.session),
    newSignIns: await pageSignIns(parts, request),
    events: found.events.map((event) => toShown(parts, event)),
    older,
    newest: before === undefined ? undefined : paths.securityEvents,
  })
  sendPage(response, html)
}

function toShown({ config, places }: Parts, event: ToldEvent): SecurityEvent {
  const { audit } = config.operation
  const address = shownAddress(event.address, audit.address)
  const { id, kind, at, count, purpose, isByAdministrator } = event
  return {
    ...{ id, kind, at, count, purpose, isByAdministrator, address },
    device: shownAgent(event.agent, audit.agent),
    place: places.placeOf(address),
  }
}

function toJson({ sessionId }: ToldEvent, event: SecurityEvent): object {
  const { id, kind, at, count, device, address, place, purpose, isByAdministrator } = event
  return {
    id,
    kind,
    at: new Date(at).toISOString(),
    count,
    sessionId: sessionId ?? null,
    device: device ?? null,
    ip: address ?? null,
    place: place ?? null,
    reason: purpose ?? null,
    byAdministrator: isByAdministrator,
  }
}

function cursorsOf({ config }: Parts): Cursors {
  return createCursors(config.secrets.session.map((secret) => secret.reveal()))
}

/** A cursor of the devices is none of the events. */
function owner(subject: string): string {
  return `events of ${subject}`
}

function olderPath(
  cursors: Cursors,
  subject: string,
  next: string | undefined,
  limit?: number,
): string | undefined {
  if (next === undefined) return undefined
  const cursor = encodeURIComponent(cursors.seal(owner(subject), next))
  const size = limit === undefined ? '' : `&limit=${String(limit)}`
  return `${paths.securityEvents}?cursor=${cursor}${size}`
}
