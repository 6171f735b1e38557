import { applySubjectChange } from '../memory/subject.js'
import type { SubjectRecord } from '../record.js'
import type { SubjectChange } from '../store.js'
import type { Context } from './context.js'
import { readSubject } from './lookup.js'
import { fromAttributes } from './row.js'

/** Milliseconds for which a subject's record is kept after a write at least, and longer while it has sessions. */
const KEPT_FOR = 86_400_000

/** What is known of the last raising of the epoch stays where the epoch is not raised. */
const WRITE = `
  INSERT INTO subject (
    subject, epoch, epoch_reason, epoch_at, epoch_except, is_disabled, version, attributes, forget_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (subject) DO UPDATE SET
    epoch = excluded.epoch, epoch_reason = excluded.epoch_reason,
    epoch_at = coalesce(excluded.epoch_at, epoch_at),
    epoch_except = iif(excluded.epoch_at IS NULL, epoch_except, excluded.epoch_except),
    is_disabled = excluded.is_disabled, version = excluded.version,
    attributes = excluded.attributes, forget_at = excluded.forget_at`

/** Keeps a subject's record. `raised` is given where the epoch was, with the session that was spared. */
export function writeSubject(
  { connection, now, tombstoneFor }: Context,
  subject: string,
  record: SubjectRecord,
  raised: { readonly except: string | undefined } | undefined,
): void {
  const { epoch, epochReason, isDisabled, version, attributes } = record
  connection.run(
    WRITE,
    subject,
    epoch,
    epochReason ?? null,
    raised === undefined ? null : now,
    raised?.except ?? null,
    isDisabled ? 1 : 0,
    version,
    fromAttributes(attributes),
    now + Math.max(KEPT_FOR, tombstoneFor),
  )
}

/** {@link Store.changeSubject}. */
export function changeSubject(
  context: Context,
  subject: string,
  change: SubjectChange,
): SubjectRecord {
  const before = readSubject(context, subject)
  const record = applySubjectChange(before, change)
  const isRaised = record.epoch > before.epoch
  writeSubject(context, subject, record, isRaised ? { except: undefined } : undefined)
  return record
}
