import type { EndReason } from '../store/end-reason.js'
import type { SessionId } from '../store/record.js'
import { WorkingCopy } from './working-copy.js'
import { NONE } from './resolve.js'
import { load } from './load.js'
import { active, type Visit } from './visit.js'

/**
 * Ends this visit's session and every credential of it, and lets the answer delete every cookie we ever set.
 * Throws `StoreUnavailable` with no cookie touched: nobody may believe to be signed out who is not.
 */
export async function signOut(visit: Visit, reason: EndReason = 'logged_out'): Promise<boolean> {
  visit.request.noteChange()
  const resolution = await load(visit)
  // One whose end was asked for before and did not work is as good as there: nobody is told that it did.
  const pending = resolution.state === 'revoked' ? resolution.pendingEnd : undefined
  const id = active(visit)?.record.id ?? pending
  if (id !== undefined) await endNow(visit, id, reason)
  visit.resolution = NONE
  visit.endReason = reason
  visit.copy = new WorkingCopy()
  visit.tokenToSend = undefined
  visit.clear = 'everything'
  visit.isOver = true
  return id !== undefined
}

async function endNow(visit: Visit, id: SessionId, reason: EndReason): Promise<void> {
  const { store, events } = visit.core
  const result = await store.end(id, reason)
  if (result.status !== 'ended') return
  events.emit('session.ended', { id, subject: result.record.subject, reason })
}
