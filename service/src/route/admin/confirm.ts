import type { Request, Response, Router } from 'express'
import type { Account } from '../../account/account.js'
import { fields, oneOf, Problem, queryOf, text } from '../../http/index.js'
import {
  CONSOLE_ACTS,
  paths,
  PERSON_ACTS,
  renderAsk,
  texts,
  type AskProps,
  type ConsoleAct,
  type PersonAct,
  type SignedInProps,
} from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { fromLabel, sendPage } from '../respond.js'
import { createRouter } from '../router.js'
import { accountWith, run, type Act } from './act.js'
import { requireAdmin } from './guard.js'
import { nameOf } from './held.js'
import { REASON } from './impersonation.js'
import { pageProps, wantsPage } from './page.js'

/** What is asked about: a person or a session by `of`, or sessions that were picked: each is a parameter of its own. */
export const askQuery = fields({ act: oneOf(CONSOLE_ACTS), of: text().optional() })

const words = texts.console.ask
const SESSION_ID = /^[\w-]{2}\.[\w-]{22}$/
const MOST_IDS = 100

/** What a page asks, without who looks at it. */
type Question = Omit<AskProps, keyof SignedInProps>

/** `/admin/confirm`: what an act would do. Nothing has happened before its form is sent. */
export function confirmRoutes(parts: Parts): Router {
  const router = createRouter()
  router.get(paths.consoleAsk, requireAdmin(parts), run(parts, ask))
  return router
}

const ask: Act = async (parts, request, response) => {
  const question = await questionIn(parts, request)
  if (wantsPage(request)) {
    sendPage(response, renderAsk({ ...(await pageProps(parts, request)), ...question }))
    return
  }
  const { heading, lead, action, fields: sent = {} } = question
  response.json({ question: heading, effect: lead, method: 'POST', path: action, body: sent })
}

/** The same page again: the word was another one. */
export async function sendAskAgain(
  parts: Parts,
  request: Request,
  response: Response,
): Promise<void> {
  const question = everybody(words.wordWrong(words.word))
  const html = renderAsk({ ...(await pageProps(parts, request)), ...question })
  sendPage(response, html, 400)
}

async function questionIn(parts: Parts, request: Request): Promise<Question> {
  const { act, of = '' } = queryOf(request, askQuery)
  if (act === 'end-everybody') return everybody()
  if (act === 'end-selected') return selected(request)
  if (isPersonAct(act)) return ofPerson(act, await accountWith(parts, of))
  return ofSession(parts, of)
}

function isPersonAct(act: ConsoleAct): act is PersonAct {
  return (PERSON_ACTS as readonly string[]).includes(act)
}

/** The last part of the address to which the form of an act goes, where it is not called like the act. */
const ROUTES: Partial<Readonly<Record<PersonAct, string>>> = {
  'make-admin': 'role',
  'make-user': 'role',
}
const ALARMING: ReadonlySet<ConsoleAct> = new Set(['disable', 'make-user', 'end-sessions'])

function ofPerson(act: PersonAct, account: Account): Question {
  const path = paths.consolePerson(account.id)
  const { title, heading, lead, submit } = words.acts[act]
  return {
    ...{ entry: 'people', title, lead, submit, cancel: path },
    heading: heading(nameOf(account)),
    action: `${path}/${ROUTES[act] ?? act}`,
    isAlarming: ALARMING.has(act),
    ...(act === 'make-admin' ? { fields: { role: 'admin' } } : {}),
    ...(act === 'make-user' ? { fields: { role: 'user' } } : {}),
    ...(act === 'impersonate' ? { field: REASON_FIELD } : {}),
  }
}

const REASON_FIELD = {
  name: 'reason',
  label: words.reason,
  hint: words.reasonHint,
  minlength: REASON.shortest,
  maxlength: REASON.longest,
}

async function ofSession(parts: Parts, id: string): Promise<Question> {
  const { title, heading, lead, submit } = words.acts['end-session']
  const found = SESSION_ID.test(id) ? await parts.sojourn.find(id) : undefined
  if (found?.state !== 'live') {
    throw new Problem({ status: 404, code: 'session_unknown', detail: 'No such session.' })
  }
  const { agent, subject } = found.facts
  return {
    ...{ entry: 'sessions', title, lead, submit, isAlarming: true, list: [id] },
    heading: heading(fromLabel(agent).name),
    action: `${paths.consoleSessions}/${encodeURIComponent(id)}/end`,
    cancel: subject === undefined ? paths.consoleSessions : paths.consolePerson(subject),
  }
}

function selected(request: Request): Question {
  const { title, heading, lead, submit } = words.acts['end-selected']
  const ids = Object.keys(request.query).filter((name) => SESSION_ID.test(name))
  if (ids.length === 0 || ids.length > MOST_IDS) {
    const detail = 'Pick from 1 to 100 sessions.'
    throw new Problem({ status: 400, code: 'field_invalid', detail, extra: { field: 'ids' } })
  }
  return {
    ...{ entry: 'sessions', title, lead, submit, isAlarming: true, list: ids },
    heading: heading(words.sessions(ids.length)),
    action: `${paths.consoleSessions}/revoke`,
    fields: { ids: ids.join(',') },
    cancel: paths.consoleSessions,
  }
}

function everybody(problem?: string): Question {
  const { title, heading, lead, submit } = words.acts['end-everybody']
  return {
    ...{ entry: 'sessions', title, lead, submit, isAlarming: true },
    heading: heading(),
    action: '/admin/end-all-sessions',
    field: { name: 'confirm', label: words.wordLabel(words.word), problem },
    cancel: paths.consoleSessions,
  }
}
