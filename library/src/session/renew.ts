import { SojournError } from '../errors.js'
import type { SessionRecord } from '../store/record.js'
import type { Renewal } from '../store/store.js'
import { isEqualSecret } from '../system/digest.js'
import { isRenewalWanted } from './renewal.js'
import type { ActiveResolution } from './resolve.js'
import { requireCookie } from './start.js'
import { load } from './load.js'
import { proven } from './pending.js'
import { active, type Visit } from './visit.js'

/** What a step-up proves. */
export interface ElevateOptions {
  /** How the person proved again who they are; added to the session's methods. */
  readonly methods?: readonly string[]
  /** How sure the person is known from now on (`acr`). Default: as before. */
  readonly acr?: string
}

/** What is kept of a proof. */
type Proof = Pick<SessionRecord['traits'], 'methods' | 'level'>

/**
 * The person proved again who they are: `authenticatedAt` becomes now, and the session gets a new secret. Touching
 * and refreshing never do that. Throws where there is no signed-in session.
 */
export async function elevate(visit: Visit, options: ElevateOptions): Promise<void> {
  visit.request.noteChange()
  await load(visit)
  const found = requireOwnSession(visit)
  const proof = proofOf(found.record, options)
  if (found.claims !== undefined) {
    await authenticate(visit, found, proof)
    return
  }
  requireCookie(visit)
  const isDone = await renew(visit, found, { isAuthentication: true, proof })
  if (!isDone) await renewAgain(visit, found, proof)
}

function requireOwnSession(visit: Visit): ActiveResolution {
  const found = active(visit)
  if (found?.record.subject === undefined) {
    throw new SojournError('session_ended', 'There is no signed-in session to elevate.')
  }
  if (found.record.traits.actor === undefined) return found
  throw new SojournError('impersonation', 'Who acts for somebody else cannot prove to be them.')
}

function proofOf({ traits }: SessionRecord, { methods: added = [], acr }: ElevateOptions): Proof {
  const methods = [...new Set([...(traits.methods?.split(',') ?? []), ...added])].join(',')
  return {
    ...(methods === '' ? {} : { methods }),
    ...(acr === undefined ? {} : { level: acr }),
  }
}

/** The same for a client that came with a token: it has no cookie whose secret could be renewed. */
async function authenticate(visit: Visit, found: ActiveResolution, traits: Proof): Promise<void> {
  const { store, events } = visit.core
  const change = { isAuthentication: true, seen: true, traits: { ...traits, awaits: null } }
  const result = await store.change(found.record.id, change)
  if (result.status !== 'changed') throw sessionGone()
  const { authenticatedAt, lastSeenAt, now } = result
  const record: SessionRecord = {
    ...found.record,
    authenticatedAt,
    lastSeenAt,
    traits: { ...proven(found.record.traits), ...traits },
  }
  visit.resolution = { ...found, record, now }
  const { id, subject } = record
  events.emit('session.renewed', { id, subject, isAuthentication: true })
}

/** Renews the secret where that is wanted. */
export async function renewIfDue(visit: Visit): Promise<void> {
  const found = active(visit)
  if (found !== undefined && isRenewalWanted(visit)) {
    await renew(visit, found, { isAuthentication: false })
  }
}

/** `false`: somebody else renewed first; their answer carries the new secret. */
async function renew(
  visit: Visit,
  { record, now, isPreviousSecret }: ActiveResolution,
  how: { readonly isAuthentication: boolean; readonly proof?: Proof },
): Promise<boolean> {
  const { store, tokens, events, settings } = visit.core
  const { token, secretDigest } = tokens.mintFor(record.id)
  const renewal: Renewal = {
    from: record.secretDigest,
    to: secretDigest,
    ...(isPreviousSecret && record.previousDigest !== undefined
      ? { keep: record.previousDigest }
      : {}),
    keepPreviousFor: settings.renewalGrace,
    isAuthentication: how.isAuthentication,
  }
  const traits = {
    renewed: now.toString(36),
    ...how.proof,
  }
  const isDone = how.isAuthentication
  const result = await store.change(record.id, {
    renewal,
    // Whatever was demanded of the person is done by this very write.
    traits: isDone ? { ...traits, awaits: null } : traits,
    seen: true,
  })
  if (result.status === 'gone') throw sessionGone()
  if (result.status !== 'changed') return false
  const renewed: SessionRecord = {
    ...record,
    secretDigest,
    previousDigest: renewal.keep ?? renewal.from,
    previousUntil: result.now + settings.renewalGrace,
    authenticatedAt: result.authenticatedAt,
    lastSeenAt: result.lastSeenAt,
    traits: { ...(isDone ? proven(record.traits) : record.traits), ...traits },
  }
  const { subject } = visit.resolution as ActiveResolution
  visit.resolution = {
    state: 'active',
    record: renewed,
    subject,
    now: result.now,
    isPreviousSecret: false,
  }
  visit.tokenToSend = {
    token,
    isGuest: record.subject === undefined,
    record: renewed,
    now: result.now,
  }
  events.emit('session.renewed', {
    id: record.id,
    subject: record.subject,
    isAuthentication: how.isAuthentication,
  })
  return true
}

/** Another request renewed between our read and our write: look again, and build on what is there. */
async function renewAgain(visit: Visit, found: ActiveResolution, proof: Proof): Promise<void> {
  const { store } = visit.core
  const answer = await store.read(found.record.id)
  if (answer.status !== 'found') throw sessionGone()
  const { record, subject, now } = answer
  const wasCurrent = isEqualSecret(record.previousDigest ?? '', found.record.secretDigest)
  const isAuthenticated = (record.authenticatedAt ?? 0) > (found.record.authenticatedAt ?? 0)
  visit.resolution = { state: 'active', record, subject, now, isPreviousSecret: wasCurrent }
  // The same person did the same thing twice at once; the other answer carries the new secret.
  if (isAuthenticated) return
  await renew(
    visit,
    { state: 'active', record, subject, now, isPreviousSecret: false },
    { isAuthentication: true, proof },
  )
}

function sessionGone(): SojournError {
  return new SojournError('session_ended', 'The session has ended.')
}
