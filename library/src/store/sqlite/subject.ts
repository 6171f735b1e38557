import type { SubjectRecord } from '../record.js'
import type { SubjectChange } from '../store.js'
import type { Context } from './context.js'
import { readSubject } from './lookup.js'
import { fromAttributes } from './row.js'

/** Milliseconds for which a subject's record is kept after a write, and longer while it has sessions. */
const KEPT_FOR = 86_400_000

/** `epoch_at` stays what it was where none is given. */
const WRITE = `
  INSERT INTO subject (subject, epoch, epoch_reason, epoch_at, is_disabled, attributes, forget_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (subject) DO UPDATE SET
    epoch = excluded.epoch, epoch_reason = excluded.epoch_reason,
    epoch_at = coalesce(excluded.epoch_at, epoch_at), is_disabled = excluded.is_disabled,
    attributes = excluded.attributes, forget_at = excluded.forget_at`

/** Keeps a subject's record. `epochAt` is given where the epoch was raised. */
export function writeSubject(
  { connection, now }: Context,
  subject: string,
  record: SubjectRecord,
  epochAt: number | undefined,
): void {
  const { epoch, epochReason, isDisabled, attributes } = record
  connection.run(
    WRITE,
    subject,
    epoch,
    epochReason ?? null,
    epochAt ?? null,
    isDisabled ? 1 : 0,
    fromAttributes(attributes),
    now + KEPT_FOR,
  )
}

/**
 * {@link Store.changeSubject}. Disabling raises the epoch, so that enabling again brings no session back.
 */
export function changeSubject(
  context: Context,
  subject: string,
  change: SubjectChange,
): SubjectRecord {
  const before = readSubject(context, subject)
  const attributes = new Map(before.attributes)
  for (const key of change.delete ?? []) attributes.delete(key)
  for (const [key, json] of change.set ?? []) attributes.set(key, json)
  const isDisabled = change.isDisabled ?? before.isDisabled
  const isRaised = isDisabled && !before.isDisabled
  const record: SubjectRecord = {
    epoch: isRaised ? before.epoch + 1 : before.epoch,
    epochReason: isRaised ? 'subject_disabled' : before.epochReason,
    isDisabled,
    attributes,
  }
  writeSubject(context, subject, record, isRaised ? context.now : undefined)
  return record
}
