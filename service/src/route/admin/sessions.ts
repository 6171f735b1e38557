import type { Request, RequestHandler, Router } from 'express'
import type { z } from 'zod'
import { InvalidOption, type SessionFacts } from 'sojourn'
import {
  bodyOf,
  fields,
  jsonOrForm,
  optionalBody,
  Problem,
  queryOf,
  shortText,
  text,
  textsOf,
  wholeNumberText,
} from '../../http/index.js'
import { paths, renderSessions, texts, type FoundSessions } from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { sendPage } from '../respond.js'
import { createRouter } from '../router.js'
import { instant, run, told, toldOfSession, type Act } from './act.js'
import { sendAskAgain } from './confirm.js'
import { administratorOf, requireAdmin } from './guard.js'
import { namesFor, nameOf, toHeld, toHeldJson } from './held.js'
import { done, pageProps, wantsPage } from './page.js'
import { waysOn } from './people.js'

const MOST_IDS = 100
/** Sessions by their ids, as a list, or as text with commas between them. */
const idList = fields({ ids: textsOf(text(), MOST_IDS) })
/** Who sends ten thousand ids shall hear how many may come, and not that the body is too large. */
const LARGEST_LIST = 524_288
export const idListBody: RequestHandler = jsonOrForm(idList, { bytes: LARGEST_LIST })
const everybody = fields({ confirm: text().optional() })
export const everybodyBody: RequestHandler = optionalBody(everybody)
export const heldPage = fields({
  q: shortText(254).optional(),
  limit: wholeNumberText(1, 100).optional(),
  cursor: text().optional(),
})

const words = texts.console.done
const SESSION_ID = /^[\w-]{2}\.[\w-]{22}$/
/** How many are looked at for one page of all, about. */
const PER_PAGE = 50
/** A part of the store may hold nothing that lives: so often the next part is looked at before an empty page is shown. */
const MOST_STEPS = 10
/** Of so many people the sessions are shown at once, and of each so many. */
const MOST_PEOPLE = 5
const MOST_OF_ONE = 20

/** `/admin/sessions`: sessions by their ids or people, some of all there are, and all of them at once. */
export function sessionRoutes(parts: Parts): Router {
  const router = createRouter()
  const isRecent = requireAdmin(parts, { isRecent: true })
  const nothing = optionalBody()
  const one = `${paths.consoleSessions}/:id`
  router.get(paths.consoleSessions, requireAdmin(parts), run(parts, findSessions))
  router.delete(one, isRecent, nothing, run(parts, endSession))
  router.post(`${one}/end`, isRecent, nothing, run(parts, endSession))
  router.post(`${paths.consoleSessions}/revoke`, isRecent, idListBody, run(parts, endListed))
  router.post('/admin/end-all-sessions', isRecent, everybodyBody, run(parts, endEverything))
  return router
}

/** What was found, and the sessions that are in it. */
interface Found {
  readonly found: FoundSessions
  readonly sessions: readonly SessionFacts[]
  /** Where a walk over all goes on. */
  readonly next?: string | undefined
}

const findSessions: Act = async (parts, request, response) => {
  const { q: asked = '', limit = PER_PAGE, cursor } = queryOf(request, heldPage)
  const q = asked.trim()
  const { found, sessions, next } =
    q === ''
      ? await someOfAll(parts, limit, cursor)
      : SESSION_ID.test(q)
        ? await oneOf(parts, q)
        : await thoseOfPeople(parts, q)
  if (SESSION_ID.test(q)) toldOfSession(parts, request, 'session.read', q)
  else told(parts, request, 'sessions.searched', 'sessions')
  if (!wantsPage(request)) {
    const shown = sessions.map((facts) => ({
      ...toHeldJson(facts),
      userId: facts.subject ?? null,
    }))
    response.json({ sessions: shown, next: next ?? null, over: toOverJson(found) })
    return
  }
  const names = await namesFor(parts, sessions)
  const html = renderSessions({
    ...(await pageProps(parts, request)),
    ...{ q, found },
    sessions: sessions.map((facts) => toHeld(parts, request, facts, names)),
  })
  sendPage(response, html)
}

async function someOfAll(parts: Parts, limit: number, cursor: string | undefined): Promise<Found> {
  const sessions: SessionFacts[] = []
  let next = cursor
  try {
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const page = await parts.sojourn.everybody({ limit, cursor: next })
      sessions.push(...page.sessions)
      next = page.next
      if (next === undefined || sessions.length >= limit / 2) break
    }
  } catch (error) {
    if (error instanceof InvalidOption) return { found: { kind: 'unlisted' }, sessions: [] }
    throw error
  }
  const found: FoundSessions = { kind: 'all', ...waysOn(paths.consoleSessions, cursor, next) }
  return { found, sessions, next }
}

async function oneOf(parts: Parts, id: string): Promise<Found> {
  const found = await parts.sojourn.find(id)
  if (found.state === 'live') return { found: { kind: 'id' }, sessions: [found.facts] }
  if (found.state !== 'over') return { found: { kind: 'unknown' }, sessions: [] }
  const { reason, endedAt, subject } = found
  const account = subject === undefined ? undefined : await parts.accounts.get(subject)
  const owner = account && { id: account.id, name: nameOf(account) }
  return { found: { kind: 'over', reason, endedAt, owner }, sessions: [] }
}

async function thoseOfPeople(parts: Parts, q: string): Promise<Found> {
  const accounts = await parts.accounts.search(q, { limit: MOST_PEOPLE + 1 })
  const some = accounts.slice(0, MOST_PEOPLE)
  const pages = await Promise.all(
    some.map(({ id }) => parts.sojourn.list(id, { limit: MOST_OF_ONE })),
  )
  const hasMore = accounts.length > MOST_PEOPLE
  return {
    found: { kind: 'people', names: some.map(nameOf), hasMore },
    sessions: pages.flatMap(({ sessions }) => sessions),
  }
}

function toOverJson(found: FoundSessions): object | null {
  if (found.kind !== 'over') return null
  const { reason, endedAt, owner } = found
  return { reason, endedAt: instant(endedAt), userId: owner?.id ?? null }
}

const endSession: Act = async (parts, request, response) => {
  const { id } = request.params as { id: string }
  const found = wantsPage(request) ? await parts.sojourn.find(id) : undefined
  const isEnded = await parts.sojourn.revoke(id)
  if (isEnded) toldOfSession(parts, request, 'session.ended', id)
  else if (found === undefined) {
    throw new Problem({ status: 404, code: 'session_unknown', detail: 'No such session.' })
  }
  const subject = found?.state === 'live' ? found.facts.subject : undefined
  const path = subject === undefined ? paths.consoleSessions : paths.consolePerson(subject)
  const notice = words.ended(isEnded ? 1 : 0)
  await done(request, response, path, { notice, body: { success: true, id }, ended: id })
}

const endListed: Act = async (parts, request, response) => {
  const { ids } = bodyOf<z.infer<typeof idList>>(request)
  const ended: string[] = []
  for (const id of new Set(ids)) {
    if (!(await parts.sojourn.revoke(id))) continue
    ended.push(id)
    toldOfSession(parts, request, 'session.ended', id)
  }
  const body = { success: true, count: ended.length, ended }
  const own = administratorOf(request).sessionId
  await done(request, response, paths.consoleSessions, {
    notice: words.ended(ended.length),
    body,
    ...(own !== undefined && ended.includes(own) ? { ended: own } : {}),
  })
}

const endEverything: Act = async (parts, request, response) => {
  if (!isMeant(request)) {
    if (wantsPage(request)) await sendAskAgain(parts, request, response)
    else throw new Problem(NOT_MEANT)
    return
  }
  // Told first: whatever comes of it, somebody wanted this.
  told(parts, request, 'everybody.ended', 'everybody')
  const { sessions, subjects } = await parts.sojourn.revokeEverybody()
  const body = { success: true, count: sessions, users: subjects }
  if (wantsPage(request)) response.redirect(303, `${paths.signIn}?reason=revoked_admin`)
  else response.json(body)
}

/** The holder of the token has made up a request for it; whoever pressed a button types a word. */
function isMeant(request: Request): boolean {
  const { confirm } = bodyOf<z.infer<typeof everybody>>(request)
  return administratorOf(request).account === undefined || confirm === texts.console.ask.word
}

const NOT_MEANT = {
  status: 400,
  code: 'field_invalid',
  detail: `confirm must be ${texts.console.ask.word}.`,
  extra: { field: 'confirm' },
}
