import { withoutData } from '../memory/record.js'
import { applyRotation } from '../memory/rotate.js'
import type { RotateResult, Rotation } from '../store.js'
import { touch } from './change.js'
import type { Context } from './context.js'
import { writeFamily } from './family.js'
import { findLive } from './lookup.js'
import { bury } from './tombstone.js'

/** {@link Store.rotate}. */
export function rotate(context: Context, id: string, rotation: Rotation): RotateResult {
  const found = findLive(context, id)
  if ('status' in found) return found
  const { connection, now } = context
  const { record: before, subject } = found
  const result = applyRotation(before, rotation, now)
  if (result.status === 'refused') return result
  if (result.status === 'reused') {
    bury(context, id, { reason: 'refresh_reuse', endedAt: now, subject: before.subject })
    return { status: 'reused', record: withoutData(before) }
  }
  const { record } = result
  if (record !== before) writeFamily(connection, id, record.family)
  if (record.lastSeenAt !== before.lastSeenAt) touch(connection, record)
  return { ...result, subject, now }
}
