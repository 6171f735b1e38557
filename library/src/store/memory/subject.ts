import type { SubjectRecord } from '../record.js'
import type { SubjectChange } from '../store.js'

/**
 * One change to a subject's record, as a function without effects. Disabling raises the epoch, so that
 * enabling again brings no session back.
 */
export function applySubjectChange(before: SubjectRecord, change: SubjectChange): SubjectRecord {
  const { set = new Map<string, string>(), delete: deleted = [] } = change
  const attributes = new Map(before.attributes)
  for (const key of deleted) attributes.delete(key)
  for (const [key, json] of set) attributes.set(key, json)
  const isDisabled = change.isDisabled ?? before.isDisabled
  const isRaised = isDisabled && !before.isDisabled
  return {
    epoch: isRaised ? before.epoch + 1 : before.epoch,
    epochReason: isRaised ? 'subject_disabled' : before.epochReason,
    isDisabled,
    version: before.version + (set.size + deleted.length > 0 ? 1 : 0),
    attributes,
  }
}
