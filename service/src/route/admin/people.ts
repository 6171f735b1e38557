import type { Request, Response, Router } from 'express'
import type { Account } from '../../account/account.js'
import {
  fields,
  oneOf,
  queryOf,
  shortText,
  text,
  textThat,
  wholeNumberText,
} from '../../http/index.js'
import {
  paths,
  renderPeople,
  renderPerson,
  type FeedRecord,
  type ListedPerson,
  withQuery,
} from '../../page/index.js'
import { toPublicUser, type Parts } from '../../parts.js'
import { sendPage } from '../respond.js'
import { createRouter } from '../router.js'
import { accountIn, instant, run, told, type Act } from './act.js'
import { administratorOf, requireAdmin } from './guard.js'
import { nameOf, toHeld, toHeldJson } from './held.js'
import { pageProps, wantsPage } from './page.js'
import { shownRecords } from './record-shown.js'

const limit = wholeNumberText(1, 100).optional()
const ID = /^[\w-]{22}$/
export const userPage = fields({
  q: shortText(254).optional(),
  role: oneOf(['', 'user', 'admin']).optional(),
  limit,
  cursor: textThat((value) => ID.test(value), 'is not valid').optional(),
})
export const sessionPage = fields({ limit, cursor: text().optional() })

/** How many a program gets at once, unless it asks otherwise; and how many stand on a page. */
const LISTED = 50
const PEOPLE_PER_PAGE = 25
const SESSIONS_PER_PAGE = 10
const RECORDS_PER_PAGE = 8
const RECORDS_READ = 40

/** `/admin/users`: whom there is, and what there is to know of one of them. */
export function peopleRoutes(parts: Parts): Router {
  const router = createRouter()
  const isAdmin = requireAdmin(parts)
  router.get(paths.consolePeople, isAdmin, run(parts, findUsers))
  router.get(`${paths.consolePeople}/:id`, isAdmin, run(parts, showUser))
  router.get(`${paths.consolePeople}/:id/sessions`, isAdmin, run(parts, showSessions))
  return router
}

const findUsers: Act = async (parts, request, response) => {
  const { limit: size, cursor, ...asked } = queryOf(request, userPage)
  const most = size ?? (wantsPage(request) ? PEOPLE_PER_PAGE : LISTED)
  const { q = '', role: given = '' } = asked
  const role = given === '' ? undefined : given
  const found = await parts.accounts.search(q, { limit: most + 1, after: cursor, role })
  const users = found.slice(0, most)
  const next = found.length > most ? users.at(-1)?.id : undefined
  told(parts, request, 'users.searched', 'users')
  if (!wantsPage(request)) {
    response.json({ users: users.map(toUser), next: next ?? null })
    return
  }
  const html = renderPeople({
    ...(await pageProps(parts, request)),
    ...{ q, role, people: users.map(toListed) },
    ...waysOn(withQuery(paths.consolePeople, { q, role: given }), cursor, next),
  })
  sendPage(response, html)
}

/** Paths of the next page of a list, and of its first. `path` may have a query. */
export function waysOn(
  path: string,
  cursor: string | undefined,
  next: string | undefined,
): { readonly next: string | undefined; readonly first: string | undefined } {
  const joint = path.includes('?') ? '&' : '?'
  return {
    next: next === undefined ? undefined : `${path}${joint}cursor=${encodeURIComponent(next)}`,
    first: cursor === undefined ? undefined : path,
  }
}

const showUser: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  told(parts, request, 'user.read', account)
  if (wantsPage(request)) await sendPerson(parts, request, response, account)
  else response.json({ user: toUser(account) })
}

async function sendPerson(
  parts: Parts,
  request: Request,
  response: Response,
  account: Account,
): Promise<void> {
  const { cursor } = queryOf(request, sessionPage)
  const { sessions, next } = await parts.sojourn.list(account.id, {
    limit: SESSIONS_PER_PAGE,
    ...(cursor === undefined ? {} : { cursor }),
  })
  const html = renderPerson({
    ...(await pageProps(parts, request)),
    subject: { ...toListed(account), passwordChangedAt: account.passwordChangedAt },
    isOwn: administratorOf(request).account?.id === account.id,
    sessions: sessions.map((facts) => toHeld(parts, request, facts)),
    ...waysOn(paths.consolePerson(account.id), cursor, next),
    records: await latestOf(parts, account.id),
  })
  sendPage(response, html)
}

/** What administrators looked at is in the feed; here it would be all there is. */
async function latestOf(parts: Parts, id: string): Promise<readonly FeedRecord[]> {
  const records = await parts.trail.list({ limit: RECORDS_READ, of: id })
  const isLooking = ({ event, code = '' }: { event: string; code?: string }): boolean =>
    event === 'admin.acted' && code.endsWith('.read')
  const some = records.filter((record) => !isLooking(record)).slice(0, RECORDS_PER_PAGE)
  return shownRecords(parts, some)
}

const showSessions: Act = async (parts, request, response) => {
  const account = await accountIn(parts, request)
  const { limit: most = LISTED, cursor } = queryOf(request, sessionPage)
  const page = { limit: most, ...(cursor === undefined ? {} : { cursor }) }
  const { sessions, next } = await parts.sojourn.list(account.id, page)
  told(parts, request, 'sessions.read', account)
  response.json({ sessions: sessions.map(toHeldJson), next: next ?? null })
}

function toListed(account: Account): ListedPerson {
  const name = nameOf(account)
  return {
    id: account.id,
    name,
    email: account.email === name ? undefined : account.email,
    isAdministrator: account.role === 'admin',
    createdAt: account.createdAt,
    disabledAt: account.disabledAt,
  }
}

function toUser(account: Account): object {
  return {
    ...toPublicUser(account),
    role: account.role,
    createdAt: instant(account.createdAt),
    passwordChangedAt: instant(account.passwordChangedAt),
    disabledAt: instant(account.disabledAt),
  }
}
