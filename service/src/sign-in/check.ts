import type { Request, Response } from 'express'
import type { Refusal, SignInAttempt, Suspicion } from 'sojourn'
import { createNodeIncoming } from 'sojourn/express'
import type { Account, Verification } from '../account/account.js'
import { nameKey } from '../account/name.js'
import type { Parts } from '../parts.js'

/** Whose password it is said to be: the name somebody typed, or the person who is signed in. */
export type SignInFacts = { readonly password: string } & (
  { readonly login: string } | { readonly subject: string }
)

/** What checking a password behind the guard can come to. */
export type Checked =
  | {
      readonly outcome: 'verified'
      readonly account: Account
      /** The `Set-Cookie` line for a browser that this person has now signed in on. */
      readonly deviceCookie: string
      readonly suspicious: readonly Suspicion[]
    }
  | { readonly outcome: 'wrong' }
  | { readonly outcome: 'locked'; readonly refusal: Refusal }

/** @throws Busy, AccountsUnavailable */
export async function checkSignIn(
  parts: Parts,
  request: Request,
  facts: SignInFacts,
): Promise<Checked> {
  const { guard, sojourn, countSignIn } = parts
  const { account, subject } = await whoIs(parts, facts)
  const incoming = createNodeIncoming(request, sojourn.proxyTrust)
  const start = await guard.begin({ account, subject, incoming })
  if (!start.isAllowed) {
    countSignIn('limited')
    return { outcome: 'locked', refusal: start.refusal }
  }
  const { attempt } = start
  const result = await verified(parts, attempt, facts)
  if (result.outcome !== 'verified') {
    countSignIn('failed')
    const reason = 'login' in facts ? 'credentials_invalid' : 'password_wrong'
    await attempt.failed({ reason, password: facts.password })
    return { outcome: 'wrong' }
  }
  const { cookie, suspicious } = await attempt.succeeded(result.account.id)
  return { outcome: 'verified', account: result.account, deviceCookie: cookie, suspicious }
}

/** Somebody has just made an account: the browser is known from now on. */
export function rememberDevice(
  { guard, sojourn }: Parts,
  request: Request,
  response: Response,
  account: Account,
): void {
  const incoming = createNodeIncoming(request, sojourn.proxyTrust)
  response.append('Set-Cookie', guard.remember({ account: account.id, incoming }))
}

/**
 * One text for every name of a person, and for every spelling of a name that is nobody's. An id has no colon. It is asked
 * for whether or not there is such a person, so that both take as long.
 */
async function whoIs(
  { accounts }: Parts,
  facts: SignInFacts,
): Promise<{ readonly account: string; readonly subject: string | undefined }> {
  if ('subject' in facts) return { account: facts.subject, subject: facts.subject }
  const id = (await accounts.findByLogin(facts.login))?.id
  return { account: id ?? `name:${nameKey(facts.login)}`, subject: id }
}

async function verified(
  { accounts }: Parts,
  attempt: SignInAttempt,
  facts: SignInFacts,
): Promise<Verification> {
  try {
    return 'subject' in facts
      ? await accounts.verifyPasswordOf(facts.subject, facts.password)
      : await accounts.verifyPassword(facts.login, facts.password)
  } catch (error) {
    await attempt.abandoned()
    throw error
  }
}
