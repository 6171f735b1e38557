import { SojournError } from '../errors.js'
import type { EndReason } from '../store/end-reason.js'
import { renewIfDue } from './renew.js'
import { isRenewalWanted } from './renewal.js'
import type { Resolution } from './resolve.js'
import { startAnonymous } from './start.js'
import { load } from './load.js'
import { active, type TokenToSend, type Visit } from './visit.js'

/** What the answer has to say about cookies. */
export interface CookieEffects {
  readonly send: TokenToSend | undefined
  readonly clear: Visit['clear']
  readonly isSignIn: boolean
  /** The session was looked at: the answer may be personal. */
  readonly wasRead: boolean
}

/** Writes were made to a session that had ended meanwhile: nothing of them was kept. */
export class SessionEnded extends SojournError {
  override readonly name = 'SessionEnded'
  /** Why it ended. */
  readonly reason: EndReason

  constructor(reason: EndReason = 'unknown') {
    super('session_ended', 'The session has ended; nothing was written.')
    this.reason = reason
  }
}

/** Nothing has to be written before the answer may leave: it waits for nothing. */
export function isSettled(visit: Visit): boolean {
  return visit.loading === undefined && !visit.copy.isDirty && !isRenewalWanted(visit)
}

/**
 * Makes what this visit changed durable with one store call, and says what the answer must carry. A session
 * that ended meanwhile wins over the change: nothing is written, and no cookie is sent (behaviour 2a).
 */
export async function commit(visit: Visit): Promise<CookieEffects> {
  if (visit.loading !== undefined) await load(visit)
  try {
    await save(visit, true)
    await renewIfDue(visit)
  } catch (error) {
    if (!(error instanceof SojournError) || error.code !== 'session_ended') throw error
    visit.tokenToSend = undefined
  }
  return effects(visit)
}

/** What the answer must carry as things stand. */
export function effects(visit: Visit): CookieEffects {
  return {
    send: visit.tokenToSend,
    clear: visit.clear,
    isSignIn: visit.isSignIn,
    wasRead: visit.resolution !== undefined && !visit.isUnknown,
  }
}

/**
 * Writes pending changes. Throws {@link SessionEnded} where the session is gone.
 *
 * @param mayStillSend - the headers wait for this very call, so a cookie can still be set.
 */
export async function save(visit: Visit, mayStillSend: boolean = false): Promise<void> {
  if (!visit.copy.isDirty) return
  const wasLookedAt = visit.resolution !== undefined
  const resolution = await load(visit)
  if (visit.isOver) throw new SessionEnded(visit.endReason)
  const found = active(visit)
  if (found === undefined) {
    if (!wasLookedAt) refuseBlindWrite(visit, resolution)
    if (visit.copy.keys().length > 0) await startAnonymous(visit, mayStillSend)
    return
  }
  await patch(visit, found.record.id)
}

/**
 * A request that wrote without looking meant the session it presented. Where that has ended, its writes must not
 * turn up in a new guest session: that would be a signed-out person's data in a stranger's hands.
 */
function refuseBlindWrite(visit: Visit, resolution: Resolution): void {
  const isUnknown = resolution.state === 'rejected' && resolution.code === 'session_unknown'
  if (visit.endReason === undefined && !isUnknown) return
  visit.isOver = true
  throw new SessionEnded(visit.endReason)
}

async function patch(visit: Visit, id: string): Promise<void> {
  const { store, events, settings } = visit.core
  const isGuest = active(visit)?.record.subject === undefined
  visit.copy.checkSize(isGuest ? settings.anonymousMaxBytes : settings.maxSessionBytes)
  const change = visit.copy.toChange()
  const result = await store.change(id, change)
  if (result.status === 'gone') {
    visit.tokenToSend = undefined
    visit.isOver = true
    events.emit('write.refused', { id, reason: result.ending?.reason ?? 'unknown' })
    throw new SessionEnded(result.ending?.reason)
  }
  if (result.status !== 'changed') throw new Error(`A plain patch was answered ${result.status}.`)
  if (result.conflicts > 0) events.emit('data.conflict', { id, count: result.conflicts })
  visit.copy.markWritten(change, result.revision)
}
