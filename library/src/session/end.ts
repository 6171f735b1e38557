import type { EndReason } from '../store/end-reason.js'
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
  await load(visit)
  const found = active(visit)
  const { store, events } = visit.core
  if (found !== undefined) {
    const { id, subject } = found.record
    const result = await store.end(id, reason)
    if (result.status === 'ended') events.emit('session.ended', { id, subject, reason })
  }
  visit.resolution = NONE
  visit.endReason = reason
  visit.copy = new WorkingCopy()
  visit.tokenToSend = undefined
  visit.clear = 'everything'
  visit.isOver = true
  return found !== undefined
}
