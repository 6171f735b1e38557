import { InvalidInput, SojournError } from '../errors.js'
import { endedBecause } from '../store/record.js'
import { toMilliseconds, type Duration } from '../system/duration.js'
import { endChild } from './orphan.js'
import { load } from './load.js'
import { NONE, type ActiveResolution } from './resolve.js'
import { checkSubject, createStay, requireCookie } from './start.js'
import { active, adopt, type Visit } from './visit.js'

/** How somebody acts for somebody else. */
export interface ImpersonateOptions {
  /** Why: told in its event. At least 1 character; the session keeps 60 bytes of it. */
  readonly reason: string
  /** How long at most. Default `'30m'`. */
  readonly lifetime?: Duration
}

const DEFAULT_LIFETIME = 1_800_000
const LONGEST_REASON = 60

/**
 * Opens a session of its own for `subject`, in which the person of this one acts. It is a child: its record names the
 * actor, its parent and the reason, it never counts as recently authenticated, and it ends with either side.
 */
export async function impersonate(
  visit: Visit,
  subject: string,
  { reason, lifetime }: ImpersonateOptions,
): Promise<void> {
  visit.request.noteChange()
  checkSubject(subject)
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw new InvalidInput('reason', 'reason must say why, in 1 character or more.')
  }
  await load(visit)
  const found = requireActor(visit, subject)
  const isByCookie = found.claims === undefined
  if (isByCookie) requireCookie(visit)
  const { record } = found
  const actor = record.subject ?? ''
  const lasts = Math.min(toLifetime(lifetime), record.absoluteExpiresAt - found.now)
  const purpose = reason.trim()
  const stay = await createStay(visit, {
    subject,
    lifetime: {
      idle: Math.min(visit.core.settings.lifetimes.signedIn.idle, lasts),
      absolute: lasts,
    },
    data: new Map(),
    traits: { actor, parent: record.id, purpose: cut(purpose) },
    isLimited: false,
  })
  if (isByCookie) {
    const { token, record: child } = stay
    visit.tokenToSend = { token, isGuest: false, record: child, now: child.createdAt }
    visit.isSignIn = true
  }
  const { id } = stay.record
  visit.core.events.emit('impersonation.started', { id, subject, actor, purpose })
}

/** Ends the child session, and goes back to its parent under a new secret. `false`: this is no impersonation. */
export async function stopImpersonating(visit: Visit): Promise<boolean> {
  visit.request.noteChange()
  await load(visit)
  const found = active(visit)
  const parent = found?.record.traits.parent
  if (found === undefined || parent === undefined) return false
  const isByCookie = found.claims === undefined
  if (isByCookie) requireCookie(visit)
  await endChild(visit.core, found.record, 'logged_out')
  const isBack = isByCookie && (await goBack(visit, parent))
  if (!isBack) {
    visit.resolution = NONE
    visit.isOver = true
    visit.endReason = 'logged_out'
    if (isByCookie) visit.clear = 'everything'
  }
  return true
}

function requireActor(visit: Visit, subject: string): ActiveResolution {
  const found = active(visit)
  if (found?.record.subject === undefined) {
    throw new SojournError('session_ended', 'There is no signed-in session to act from.')
  }
  if (found.record.traits.actor !== undefined) {
    throw new SojournError('impersonation', 'Who acts for somebody else cannot act for a third.')
  }
  if (found.record.subject === subject) {
    throw new InvalidInput('subject', 'subject must be somebody else.')
  }
  return found
}

function toLifetime(given: Duration | undefined): number {
  const lifetime = given === undefined ? DEFAULT_LIFETIME : toMilliseconds(given)
  if (lifetime !== undefined && lifetime >= 1_000) return lifetime
  throw new InvalidInput('lifetime', 'lifetime must be a duration of 1 second or more.')
}

/** The browser had only the child's cookie, so the parent gets a new secret. */
async function goBack(visit: Visit, parent: string): Promise<boolean> {
  const { store, tokens, settings } = visit.core
  const answer = await store.read(parent)
  if (answer.status !== 'found') return false
  const { record, subject, now } = answer
  if (endedBecause(record, subject, now) !== undefined) return false
  const { token, secretDigest } = tokens.mintFor(parent)
  const renewal = {
    from: record.secretDigest,
    to: secretDigest,
    keepPreviousFor: settings.renewalGrace,
    isAuthentication: false,
  }
  const result = await store.change(parent, { renewal, seen: true })
  if (result.status !== 'changed') return false
  const back = { ...record, secretDigest, lastSeenAt: result.lastSeenAt }
  adopt(visit, { state: 'active', record: back, subject, now: result.now, isPreviousSecret: false })
  visit.tokenToSend = { token, isGuest: false, record: back, now: result.now }
  return true
}

/** The first bytes of a text, without half a character at the end. */
function cut(text: string): string {
  let kept = text
  while (Buffer.byteLength(kept) > LONGEST_REASON) kept = [...kept].slice(0, -1).join('')
  return kept
}
