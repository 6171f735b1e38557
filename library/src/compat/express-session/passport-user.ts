import { handOver } from './regenerate.js'
import type { Session } from './session.js'

/** Whom passport has signed in, as text to compare. */
export function passportUserOf(session: object): string | undefined {
  const { passport } = session as { readonly passport?: { readonly user?: unknown } | null }
  return JSON.stringify(passport?.user)
}

/**
 * Gives a session a new id where passport has signed somebody in or out since it was read, with all it holds. Passport
 * before 0.6 kept the id (CVE-2022-25896): who had planted it shared the session of whoever signed in. `undefined`: nothing to do.
 */
export function renewForPassport(
  session: Session,
  before: string | undefined,
): Promise<void> | undefined {
  if (passportUserOf(session) === before) return undefined
  return new Promise((resolve, reject) => {
    handOver(session, { keep: true }, (error) => {
      if (error === undefined || error === null) resolve()
      else reject(error instanceof Error ? error : new Error('No new session.', { cause: error }))
    })
  })
}
