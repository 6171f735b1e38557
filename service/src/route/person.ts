import type { Session } from 'sojourn'
import type { Account } from '../account/account.js'
import type { Notice, Person } from '../page/index.js'
import type { Parts, SessionData, Visitor } from '../parts.js'

/** The account of a signed-in person. An account that is gone or off ends the session it still has. */
export async function accountOf(parts: Parts, { session }: Visitor): Promise<Account | undefined> {
  if (session.subject === undefined) return undefined
  const account = await parts.accounts.get(session.subject)
  if (account !== undefined && account.disabledAt === undefined) return account
  await parts.sojourn.revokeAll(session.subject, { reason: 'subject_disabled' })
  return undefined
}

/** Whom a page greets; `undefined` for guests. */
export async function personOf(parts: Parts, visitor: Visitor): Promise<Person | undefined> {
  const account = await accountOf(parts, visitor)
  return account === undefined ? undefined : toPerson(account)
}

export function toPerson(account: Account): Person {
  return {
    username: account.username ?? account.email ?? account.id,
    email: account.email,
    isAdministrator: account.role === 'admin',
  }
}

/** What the page before wanted to be said. */
export async function takeNotice(session: Session<SessionData>): Promise<Notice | undefined> {
  if (session.isUnknown) return undefined
  const text = (await session.takeFlash('notice')).at(-1)
  return typeof text === 'string' ? { tone: 'good', text } : undefined
}
