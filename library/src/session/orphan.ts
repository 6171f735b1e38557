import type { EndReason } from '../store/end-reason.js'
import { endedBecause, type SessionRecord } from '../store/record.js'
import type { ReadResult } from '../store/store.js'
import { ended, type ActiveResolution, type Resolution } from './resolve.js'
import type { Core } from './visit.js'

/** Whether a session can end with another one, so that somebody has to look. */
export function isOrphanPossible({ record }: ActiveResolution): boolean {
  return record.traits.parent !== undefined
}

/** A session that was opened from another one ends with it. */
export async function endIfOrphaned(core: Core, found: ActiveResolution): Promise<Resolution> {
  const { parent } = found.record.traits
  if (parent === undefined) return found
  const answer = core.store.peek(parent) ?? (await core.store.read(parent))
  const reason = parentEnd(answer)
  if (reason === undefined) return found
  await endChild(core, found.record, reason)
  return ended(reason, found.record.subject)
}

function parentEnd(answer: ReadResult): EndReason | undefined {
  switch (answer.status) {
    case 'found':
      return endedBecause(answer.record, answer.subject, answer.now)
    case 'ended':
      return answer.ending.reason
    default:
      return 'unknown'
  }
}

/** Ends a session that was opened from another one, and says so. */
export async function endChild(
  core: Core,
  record: SessionRecord,
  reason: EndReason,
): Promise<void> {
  const { id, subject } = record
  const result = await core.store.end(id, reason)
  if (result.status === 'ended') core.events.emit('session.ended', { id, subject, reason })
}
