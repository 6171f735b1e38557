import type { RefreshFamily, SessionRecord } from '../record.js'
import type { RotateResult, Rotation } from '../store.js'

type Refusal = Extract<RotateResult, { status: 'refused' }>
type Exchange = 'rotated' | 'healed' | 'forgiven'

/** What {@link applyRotation} makes of a live record: the record to keep instead, or why there is none. */
export type Rotated =
  | {
      readonly status: Exchange | 'replayed'
      /** The very record that was given where nothing is to be kept (`replayed`). */
      readonly record: SessionRecord
      readonly generation: number
    }
  | Refusal
  /** The session has to end. */
  | { readonly status: 'reused' }

/** One exchange of a refresh token of a live session, as a function without effects: see {@link RotateResult}. */
export function applyRotation(record: SessionRecord, rotation: Rotation, now: number): Rotated {
  const { family } = record
  if (family?.seedDigest !== rotation.seedDigest) return refused('unknown')
  if (record.traits.client !== rotation.client) return refused('client')
  if (isTooOld(family, rotation, now)) return refused('expired')
  const status = judge(family, rotation, now)
  if (status === 'ahead') return refused('ahead')
  if (status === 'reused') return { status }
  if (status === 'replayed') return { status, record, generation: family.generation }
  return exchanged(status, record, family, rotation, now)
}

function refused(reason: Refusal['reason']): Refusal {
  return { status: 'refused', reason }
}

function isTooOld(
  { rotatedAt, expiresAt }: RefreshFamily,
  rotation: Rotation,
  now: number,
): boolean {
  const idleAt = rotatedAt + (rotation.idleTimeout ?? Number.POSITIVE_INFINITY)
  return now >= Math.min(idleAt, expiresAt)
}

/** The lower rows of the table, in their order. */
function judge(
  family: RefreshFamily,
  { generation: shown, grace, forgiveFor }: Rotation,
  now: number,
): Exchange | 'replayed' | 'ahead' | 'reused' {
  const { generation: present, parent, isPresented } = family
  if (shown === present) return 'rotated'
  if (shown === present + 1) return 'healed'
  if (shown > present) return 'ahead'
  if (shown === parent && isWithin(grace, family, now)) return 'replayed'
  const mayBeForgiven = shown === parent && !isPresented
  return mayBeForgiven && isWithin(forgiveFor, family, now) ? 'forgiven' : 'reused'
}

function isWithin(milliseconds: number, { rotatedAt }: RefreshFamily, now: number): boolean {
  // A clock that was set back opens no grace that was over.
  return milliseconds > 0 && Math.abs(now - rotatedAt) <= milliseconds
}

function exchanged(
  status: Exchange,
  record: SessionRecord,
  family: RefreshFamily,
  { generation: parent, isSeen }: Rotation,
  now: number,
): Rotated {
  // What was forgiven is followed by a number of its own: the one that nobody saw is dead.
  const generation = Math.max(family.generation, parent) + 1
  const next = { ...family, generation, parent, rotatedAt: now, isPresented: false }
  const lastSeenAt = isSeen ? now : record.lastSeenAt
  return { status, record: { ...record, family: next, lastSeenAt }, generation }
}
