import { SojournError, InvalidInput } from '../errors.js'
import type { EndReason } from '../store/end-reason.js'
import { NO_SUBJECT_RECORD, type SessionRecord } from '../store/record.js'
import type { NewSession } from '../store/store.js'
import type { Lifetime } from './lifetime.js'
import { sealAll } from './encryption.js'
import type { Events } from './events.js'
import { load } from './load.js'
import { checkDemand } from './pending.js'
import { active, adopt, type Visit } from './visit.js'
import type { WorkingCopy } from './working-copy.js'

/** How a sign-in is done. */
export interface SignInOptions {
  /** Keep the person signed in when the browser closes, with the longer limits of `remember`. Default `false`. */
  readonly remember?: boolean
  /** How the person proved who they are (RFC 8176 `amr` values such as `'pwd'`). Default none stated. */
  readonly methods?: readonly string[]
  /** How sure that was, in the application's own words (`acr`), for `requireAuth({ acr })`. Default none stated. */
  readonly acr?: string
  /**
   * What is still to be proved, such as `'otp'`: until `elevate()` every guard refuses the session with 401
   * `reauthentication_required`, and it gets no tokens. Default: nothing.
   */
  readonly awaits?: string
  /**
   * What of the data moves on: everything (`true`), nothing (`false`), or these keys. Default: everything of
   * an anonymous session and of the same person's; nothing of another person's.
   */
  readonly keep?: boolean | readonly string[]
}

/** A session was refused. `code` is `session_limit` or `subject_disabled`. */
export class SessionRefused extends SojournError {
  override readonly name = 'SessionRefused'
}

/**
 * Starts a session for `subject` and gives it to this visit. There is no other way to a signed-in session: the
 * id is always new, and the one before ends (ASVS 7.2.4). Throws `StoreUnavailable` with nothing changed.
 */
export async function signIn(visit: Visit, subject: string, options: SignInOptions): Promise<void> {
  visit.request.noteChange()
  checkSubject(subject)
  if (options.awaits !== undefined) checkDemand(options.awaits)
  requireCookie(visit)
  await load(visit)
  const { core } = visit
  const before = active(visit)?.record
  const data = dataToKeep(visit, before, subject, options.keep)
  const { signedIn, remembered } = core.settings.lifetimes
  const { token, record } = await createStay(visit, {
    subject,
    lifetime: options.remember === true ? remembered : signedIn,
    data,
    traits: {
      ...(options.remember === true ? { persistent: '1' } : {}),
      ...(options.methods === undefined ? {} : { methods: options.methods.join(',') }),
      ...(options.acr === undefined ? {} : { level: options.acr }),
      ...(options.awaits === undefined ? {} : { awaits: options.awaits }),
    },
    isLimited: true,
  })
  if (before !== undefined) await endPredecessor(visit, before, subject)
  visit.tokenToSend = { token, isGuest: false, record, now: record.createdAt }
  visit.isSignIn = true
  if (visit.request.present().guest.kind !== 'nothing') visit.clear = 'guest'
}

/** Starts an anonymous session that holds what this visit has written. */
export async function startAnonymous(visit: Visit, mayStillSend: boolean): Promise<void> {
  const { core, request, copy } = visit
  if (!core.settings.mayBeAnonymous) {
    throw new SojournError('session_ended', 'There is no session to write to: sign in first.')
  }
  requireCookie(visit, mayStillSend)
  copy.checkSize(core.settings.anonymousMaxBytes)
  if (!core.guests.take(request.network)) {
    throw new SojournError('session_flood', 'Too many new sessions from this network. Try later.')
  }
  const { token, record } = await createStay(visit, {
    subject: undefined,
    lifetime: core.settings.lifetimes.anonymous,
    data: copy.toData(),
    traits: {},
    isLimited: true,
  })
  visit.tokenToSend = { token, isGuest: true, record, now: record.createdAt }
}

/** A session about to be created for a visit. */
export interface NewStay {
  readonly subject: string | undefined
  readonly lifetime: Lifetime
  /** JSON text by key, in clear. */
  readonly data: ReadonlyMap<string, string>
  readonly traits: SessionRecord['traits']
  /** Whether it counts for the subject's number of sessions, and may push another one out. */
  readonly isLimited: boolean
}

/** Creates a session and gives it to this visit. */
export async function createStay(
  visit: Visit,
  { subject, lifetime, data, traits, isLimited }: NewStay,
): Promise<{ token: string; record: SessionRecord }> {
  const { core } = visit
  const { store, tokens, settings, events, deviceTraits } = core
  const { id, token, secretDigest } = tokens.mint(store.bucketOf(subject))
  const wanted: NewSession = {
    id,
    subject,
    secretDigest,
    idleTimeout: lifetime.idle,
    absoluteTimeout: lifetime.absolute,
    traits: { ...traits, ...deviceTraits(visit.request.client) },
    data: sealAll(core.values, id, data),
    ...(settings.limit === undefined || !isLimited ? {} : { limit: settings.limit }),
  }
  const result = await store.create(wanted)
  if (result.status === 'refused') throw refusal(core.events, subject ?? '', result.reason)
  const { record } = result
  events.emit('session.started', {
    id,
    subject,
    methods: record.traits.methods?.split(',') ?? [],
    address: visit.request.client.address,
  })
  for (const evicted of result.evicted) {
    events.emit('session.ended', { id: evicted, subject, reason: 'evicted_limit' })
  }
  core.kit?.clock.heard(record.createdAt)
  watchCookies(visit)
  adopt(visit, {
    state: 'active',
    record,
    subject: NO_SUBJECT_RECORD,
    now: record.createdAt,
    isPreviousSecret: false,
  })
  visit.isOver = false
  visit.endReason = undefined
  return { token, record }
}

/** Why a session was not started, as an error; told to those who listen. */
export function refusal(
  events: Events,
  subject: string,
  reason: 'limit' | 'disabled' | 'exists',
): Error {
  if (reason === 'exists') return new Error('A fresh session id was already taken.')
  events.emit('session.refused', { subject, reason })
  return reason === 'limit'
    ? new SessionRefused('session_limit', 'You are signed in on too many devices. End one first.')
    : new SessionRefused('subject_disabled', 'This account is disabled.')
}

async function endPredecessor(visit: Visit, before: SessionRecord, subject: string): Promise<void> {
  const { store, events, settings } = visit.core
  if (before.subject === undefined) {
    // Requests under way still carry the guest cookie; they are served as the guest they were, for a moment.
    const reason: EndReason = 'signed_in'
    const ended = await store.end(before.id, reason, { after: settings.signInGrace })
    if (ended.status === 'ended') {
      events.emit('session.ended', { id: before.id, subject: undefined, reason })
    }
    return
  }
  const reason: EndReason = before.subject === subject ? 'signed_in_again' : 'logged_out'
  const ended = await store.end(before.id, reason)
  if (ended.status === 'ended') {
    events.emit('session.ended', { id: before.id, subject: before.subject, reason })
  }
}

function dataToKeep(
  visit: Visit,
  before: SessionRecord | undefined,
  subject: string,
  keep: SignInOptions['keep'],
): ReadonlyMap<string, string> {
  const isStranger = before?.subject !== undefined && before.subject !== subject
  if (keep === false || (isStranger && keep === undefined)) return pendingOf(visit.copy)
  const data = visit.copy.toData()
  if (keep === undefined || keep === true) return data
  return new Map([...data].filter(([key]) => keep.includes(key) || visit.copy.isPending(key)))
}

/** What this very request wrote is always kept: it was written for the person who signs in now. */
function pendingOf(copy: WorkingCopy): ReadonlyMap<string, string> {
  return copy.pendingData()
}

/** Throws where no cookie can be set: the head of the answer has left, or the connection is not secure. */
export function requireCookie(visit: Visit, mayStillSend: boolean = false): void {
  if (!mayStillSend && visit.request.isAnswering()) throw headersLeft()
  const obstacle = visit.request.cookieObstacle()
  if (obstacle === undefined) return
  diagnose(visit, obstacle)
  throw new SojournError('tls_required', `Use https. ${obstacle}`)
}

/** Says what is wrong with cookies: to the one who asked, where that is wanted, and once an hour to the log. */
function diagnose({ core, request }: Visit, message: string): void {
  request.noteDiagnostic?.(message)
  if (core.cookieWatch.isNew(message)) core.events.emit('cookie.diagnostic', { message })
}

/** Notices a client that gets one new session after another because its cookies never come back. */
function watchCookies(visit: Visit): void {
  const { core, request } = visit
  const { session, guest } = request.present()
  if (session.kind !== 'nothing' || guest.kind !== 'nothing') return
  const { address, userAgent = '' } = request.client
  if (!core.cookieWatch.isCookieless(`${address} ${userAgent.slice(0, 200)}`)) return
  const cause = request.explainLostCookie?.() ?? 'the client keeps no cookies'
  diagnose(
    visit,
    `Cookies do not come back: several new sessions for one client. Probably ${cause}.`,
  )
}

export function headersLeft(): SojournError {
  return new SojournError(
    'ERR_HEADERS_SENT',
    'The session needs a new cookie, but the headers have already been sent. Do this before the first write.',
  )
}

/** A subject is 1 to 255 characters of well-formed Unicode. */
export function checkSubject(subject: string): void {
  const isText = typeof subject === 'string' && subject.length > 0 && subject.length <= 255
  // A lone surrogate has no UTF-8 form, so two different subjects would share one key.
  if (!isText || /\p{Surrogate}/u.test(subject)) {
    throw new InvalidInput('subject', 'subject must be 1 to 255 characters of well-formed text.')
  }
}
