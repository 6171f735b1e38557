import { TRAITS, type SessionRecord, type SubjectRecord, type TraitName } from '../record.js'
import type { RestingSubject } from '../transfer.js'
import { encodeSubject } from './keys.js'
import { dataField, OWN_FIELDS, toSubjectRecord, whole } from './record-fields.js'

/** The fields of a record as they rest, as names and values: what `toSession` in record-fields.ts reads. */
export function toSessionFields(record: SessionRecord): string[] {
  const { subject, createdAt, family } = record
  const since = (at: number | undefined): string | undefined =>
    at === undefined ? undefined : String(at - createdAt)
  const own: Partial<Record<keyof typeof OWN_FIELDS, string | undefined>> = {
    subject: subject === undefined ? undefined : encodeSubject(subject),
    secretDigest: record.secretDigest,
    previousDigest: record.previousDigest,
    previousUntil: since(record.previousUntil),
    createdAt: String(createdAt),
    lastSeenAt: since(record.lastSeenAt),
    authenticatedAt: since(record.authenticatedAt),
    idleTimeout: String(record.idleTimeout),
    absoluteExpiresAt: since(record.absoluteExpiresAt),
    endsAs: record.endsAs,
    epoch: record.epoch === 0 ? undefined : String(record.epoch),
    revision: record.revision === 0 ? undefined : String(record.revision),
    seedDigest: family?.seedDigest,
    family: family && familyText(family, createdAt),
  }
  const words = Object.entries(own).map(([name, value]) => [
    OWN_FIELDS[name as keyof typeof OWN_FIELDS],
    value,
  ])
  const traits = Object.entries(record.traits).map(([name, value]) => [
    TRAITS[name as TraitName],
    value,
  ])
  const data = Array.from(record.data, ([key, { json, revision }]) => [
    dataField(key),
    `${String(revision)}:${json}`,
  ])
  return toWords([...words, ...traits, ...data])
}

function familyText(family: NonNullable<SessionRecord['family']>, createdAt: number): string {
  const { generation, parent = 0, rotatedAt, expiresAt, isPresented } = family
  const numbers = [generation, parent, rotatedAt - createdAt, expiresAt - createdAt]
  return [...numbers, isPresented ? 1 : 0].join(' ')
}

/** The fields of a subject's hash, as names and values; none where there is nothing to keep. */
export function toSubjectFields({ record, epochAt }: RestingSubject): string[] {
  const { epoch, epochReason, isDisabled, version, attributes } = record
  const isRaised = epoch > 0
  return toWords([
    ['E', isRaised ? String(epoch) : undefined],
    ['Y', isRaised ? epochReason : undefined],
    ['Z', isRaised && epochAt !== undefined ? String(epochAt) : undefined],
    ['D', isDisabled ? '1' : undefined],
    ['V', version > 0 ? String(version) : undefined],
    ...Array.from(attributes, ([key, json]) => [dataField(key), json]),
  ])
}

/** Reads a subject's hash with the instant of its epoch; `undefined` where it makes no sense. */
export function toSubjectAt(
  words: readonly string[],
): { readonly record: SubjectRecord; readonly epochAt: number | undefined } | undefined {
  const record = toSubjectRecord(words)
  if (record === undefined) return undefined
  const at = words.findIndex((word, index) => index % 2 === 0 && word === 'Z')
  return { record, epochAt: at < 0 ? undefined : whole(words[at + 1]) }
}

function toWords(pairs: readonly (readonly (string | undefined)[])[]): string[] {
  return pairs.flatMap(([name = '', value]) => (value === undefined ? [] : [name, value]))
}
