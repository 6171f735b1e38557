import type { SessionId } from '../record.js'
import { checkWalkLimit, fromWalkCursor, toWalkCursor } from '../input.js'
import type { WalkStep } from '../store.js'

/** One step of a walk in the order of ids: a place that keeps, whatever starts and ends between the steps. */
export function stepOf(
  ids: Iterable<SessionId>,
  step: WalkStep,
): { readonly ids: readonly SessionId[]; readonly next: string | undefined } {
  checkWalkLimit(step)
  const { limit, cursor } = step
  const found = firstAfter(ids, fromWalkCursor(cursor), limit)
  const last = found.at(-1)
  const isMore = last !== undefined && found.length === limit
  return { ids: found, next: isMore ? toWalkCursor(last) : undefined }
}

/** The `limit` ids that follow `after`: in one pass, sorting no more than twice as many at a time. */
function firstAfter(ids: Iterable<SessionId>, after: SessionId, limit: number): SessionId[] {
  let found: SessionId[] = []
  let bound: SessionId | undefined
  for (const id of ids) {
    if (id <= after || (bound !== undefined && id > bound)) continue
    found.push(id)
    if (found.length < 2 * limit) continue
    found = found.sort().slice(0, limit)
    bound = found.at(-1)
  }
  return found.sort().slice(0, limit)
}
