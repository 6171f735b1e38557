import type { DataEntry } from '../record.js'
import type { Change, ChangeResult } from '../store.js'
import { unpack, type Found, type Packed } from './packing.js'

/** Whether a change does nothing but set and delete values: then its result tells all of what came of it. */
export function isOnlyData(change: Change): boolean {
  return Object.keys(change).every((name) => DATA.has(name))
}

const DATA: ReadonlySet<string> = new Set<keyof Change>(['set', 'delete', 'baseRevision'])

/**
 * What a session became by a change that {@link isOnlyData}. `undefined` where that is not certain: somebody else wrote
 * to it between the read that was kept and the change, which shows in the revision, as that counts every write of data.
 */
export function changed(
  { entry, sentAt }: { readonly entry: Packed; readonly sentAt: number },
  change: Change,
  result: ChangeResult,
): Found | undefined {
  if (result.status !== 'changed' || result.conflicts > 0) return undefined
  const { record, subject } = unpack(entry, sentAt)
  const data = new Map<string, DataEntry>(record.data)
  const { revision, lastSeenAt, now } = result
  const deleted = (change.delete ?? []).filter((key) => data.delete(key))
  for (const [key, json] of change.set ?? []) data.set(key, { json, revision })
  const isWritten = deleted.length + (change.set?.size ?? 0) > 0
  if (revision !== record.revision + (isWritten ? 1 : 0)) return undefined
  return { status: 'found', record: { ...record, data, revision, lastSeenAt }, subject, now }
}
