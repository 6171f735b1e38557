import type { RequestHandler, Response } from 'express'
import type { Session } from 'sojourn'
import { sendRefusal } from 'sojourn/express'
import type { Account } from '../account/account.js'
import type { Notice, Person } from '../page/index.js'
import { Problem, wantsHtml } from '../http/index.js'
import type { Parts, SessionData, Visitor } from '../parts.js'
import { signInPath } from './respond.js'

/** The account of a signed-in person. An account that is gone or off ends the session it still has. */
export async function accountOf(parts: Parts, { session }: Visitor): Promise<Account | undefined> {
  if (session.subject === undefined) return undefined
  const account = await parts.accounts.get(session.subject)
  if (account !== undefined && account.disabledAt === undefined) return account
  await parts.sojourn.revokeAll(session.subject, { reason: 'subject_disabled' })
  return undefined
}

/** The session lived and its account does not: the session has ended too by now. */
export function signInAgain(request: Visitor, response: Response): void {
  const reason = 'subject_disabled'
  if (wantsHtml(request)) response.redirect(303, signInPath(reason, request.originalUrl))
  else {
    const message = 'The session does not exist or has ended.'
    sendRefusal(response, { status: 401, code: 'session_ended', message, reason })
  }
}

/** Whom a page greets; `undefined` for guests. */
export async function personOf(parts: Parts, visitor: Visitor): Promise<Person | undefined> {
  const account = await accountOf(parts, visitor)
  return account === undefined ? undefined : toPerson(account, visitor.session)
}

/** `session`: in which they are greeted, or somebody else who acts for them. */
export function toPerson(account: Account, { facts }: Pick<Session, 'facts'>): Person {
  return {
    username: account.username ?? account.email ?? account.id,
    email: account.email,
    isAdministrator: account.role === 'admin',
    ...(facts?.actor === undefined
      ? {}
      : { acting: { reason: facts.purpose ?? '', endsAt: facts.expiresAt } }),
  }
}

/** Who acts for somebody else cannot prove to be them (behaviour 28a): no password is looked at. */
export const notWhileActing: RequestHandler = (request, _response, next) => {
  if ((request as Visitor).session.actor === undefined) next()
  else throw new Problem(ACTING)
}

const ACTING = {
  status: 403,
  code: 'impersonation',
  detail: 'You act for somebody else. Stop that first.',
}

/** What the page before wanted to be said. */
export async function takeNotice(session: Session<SessionData>): Promise<Notice | undefined> {
  if (session.isUnknown) return undefined
  const text = (await session.takeFlash('notice')).at(-1)
  return typeof text === 'string' ? { tone: 'good', text } : undefined
}
