import type { Response } from 'express'
import { sendProblem, wantsHtml } from '../http/index.js'
import {
  describeAgent,
  paths,
  texts,
  type NewSignInNotice,
  type NewSignIns,
} from '../page/index.js'
import type { Parts, Visitor } from '../parts.js'
import { keptOf, type NewSignIn } from '../security/index.js'
import type { Checked } from '../sign-in/index.js'
import { fromLabel, redirectOrJson, wantedPath } from './respond.js'

/** Remembers that somebody signed in where this person was not seen before. Their other sessions are asked about it. */
export async function noteNewSignIn(
  parts: Parts,
  request: Visitor,
  { suspicious }: Extract<Checked, { outcome: 'verified' }>,
): Promise<void> {
  const { facts } = request.session
  if (facts?.subject === undefined) return
  if (!suspicious.some(({ kind }) => kind === 'new_device')) return
  const { id: sessionId, subject } = facts
  const kept = keptOf(facts, parts.config.operation.audit)
  try {
    await parts.newSignIns.add({ sessionId, subject, at: parts.now(), ...kept })
  } catch (error) {
    // The sign-in has happened, and is in the trail: it is not undone for a notice.
    parts.log.error({ event: 'security.failed', err: error }, 'A new sign-in cannot be noted')
  }
}

/** The password is another one and all other sessions have ended: nothing is left to ask about. */
export async function forgetNewSignIns(parts: Parts, subject: string): Promise<void> {
  try {
    await parts.newSignIns.erase(subject)
  } catch (error) {
    parts.log.error({ event: 'security.failed', err: error }, 'New sign-ins cannot be forgotten')
  }
}

/** Sign-ins of one device from one network. */
interface Group {
  readonly latest: NewSignIn
  readonly sessionIds: readonly string[]
}

/** What waits for this person's answer: not the session that asks, and not for who only acts for them. */
async function groupsFor({ newSignIns }: Parts, { session }: Visitor): Promise<readonly Group[]> {
  if (session.subject === undefined || session.actor !== undefined) return []
  const waiting = await newSignIns.listOf(session.subject)
  const groups = new Map<string, Group>()
  for (const signIn of waiting) {
    if (signIn.sessionId === session.id) continue
    const key = JSON.stringify([signIn.agent, signIn.address])
    const { latest, sessionIds } = groups.get(key) ?? { latest: signIn, sessionIds: [] }
    groups.set(key, { latest, sessionIds: [...sessionIds, signIn.sessionId] })
  }
  return [...groups.values()]
}

function toNotice({ places }: Parts, { latest, sessionIds }: Group): NewSignInNotice {
  const { sessionId, at, address, agent } = latest
  const { name } = agent === undefined ? describeAgent(undefined) : fromLabel(agent)
  return { sessionId, at, count: sessionIds.length, name, address, place: places.placeOf(address) }
}

/** What a page asks about. */
export async function newSignInsFor(parts: Parts, request: Visitor): Promise<NewSignIns> {
  const groups = await groupsFor(parts, request)
  return { list: groups.map((group) => toNotice(parts, group)), returnTo: request.originalUrl }
}

/** `GET /security/new-sign-ins`. */
export async function listNewSignIns(
  parts: Parts,
  request: Visitor,
  response: Response,
): Promise<void> {
  const { list } = await newSignInsFor(parts, request)
  const answer = list.map(({ sessionId: id, at, count, name, address, place }) => ({
    id,
    at: new Date(at).toISOString(),
    count,
    device: name,
    ip: address ?? null,
    place: place ?? null,
  }))
  redirectOrJson(request, response, paths.security, answer)
}

/** It was its person: nobody is asked again. */
export async function confirmSignIn(
  parts: Parts,
  request: Visitor,
  response: Response,
): Promise<void> {
  const { session } = request
  const group = await groupOf(parts, request, response)
  if (group === undefined) return
  await parts.newSignIns.settle(session.subject ?? '', group.sessionIds)
  if (wantsHtml(request)) await session.flash('notice', texts.notices.newSignInConfirmed)
  const path = wantedPath(request) ?? paths.security
  redirectOrJson(request, response, path, { success: true, id: group.latest.sessionId })
}

/** It was somebody else: what they began ends, and the password is to be changed. */
export async function denySignIn(
  parts: Parts,
  request: Visitor,
  response: Response,
): Promise<void> {
  const { session } = request
  const subject = session.subject ?? ''
  const group = await groupOf(parts, request, response)
  if (group === undefined) return
  for (const id of group.sessionIds) {
    await parts.sojourn.revoke(id, { of: subject, reason: 'logged_out_elsewhere' })
  }
  await parts.newSignIns.settle(subject, group.sessionIds)
  if (wantsHtml(request)) await session.flash('notice', texts.notices.newSignInDenied)
  const answer = { success: true, id: group.latest.sessionId }
  redirectOrJson(request, response, `${paths.security}#change`, answer)
}

/** The group that the address names; `undefined` where there is none and the answer has been given. */
async function groupOf(
  parts: Parts,
  request: Visitor,
  response: Response,
): Promise<Group | undefined> {
  const { id } = request.params as { id: string }
  const groups = await groupsFor(parts, request)
  const group = groups.find(({ sessionIds }) => sessionIds.includes(id))
  if (group !== undefined) return group
  if (wantsHtml(request)) response.redirect(303, paths.security)
  else {
    const detail = 'No new sign-in with this session waits for an answer.'
    sendProblem(response, { status: 404, code: 'session_unknown', detail })
  }
  return undefined
}
