import { toEndReason } from '../end-reason.js'
import { FAMILY_COLUMNS, toFamily, type FamilyRow } from './family.js'
import { TRAITS, type DataEntry, type SessionRecord, type SubjectRecord } from '../record.js'

/** Version of the form of one row, told by the row itself. A row of a later version is `corrupt` to this one. */
export const ROW_VERSION = 1

/** A session's columns, under the names that {@link SESSION_COLUMNS} gives them. */
export type SessionRow = FamilyRow & {
  readonly id: string
  readonly version: number
  readonly subject: string | null
  readonly secretDigest: string
  readonly previousDigest: string | null
  readonly previousUntil: number | null
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly authenticatedAt: number | null
  readonly idleTimeout: number
  readonly absoluteExpiresAt: number
  readonly endsAs: string | null
  readonly epoch: number
  readonly revision: number
  readonly traits: string
}

/** For a SELECT from `session`: everything but the data. */
export const SESSION_COLUMNS: string = `
  session.id, session.version, session.subject, secret_digest AS secretDigest,
  previous_digest AS previousDigest, previous_until AS previousUntil, created_at AS createdAt,
  last_seen_at AS lastSeenAt, authenticated_at AS authenticatedAt, idle_timeout AS idleTimeout,
  absolute_expires_at AS absoluteExpiresAt, ends_as AS endsAs, session.epoch, revision, traits,
  ${FAMILY_COLUMNS}`

/** A subject's columns, under the names that {@link SUBJECT_COLUMNS} gives them; all `null` where there is none. */
export interface SubjectRow {
  readonly subjectEpoch: number | null
  readonly epochReason: string | null
  readonly epochAt: number | null
  readonly isDisabled: number | null
  readonly attributesVersion: number | null
  readonly attributes: string | null
}

/** For a SELECT from `subject`. */
export const SUBJECT_COLUMNS = `
  subject.epoch AS subjectEpoch, epoch_reason AS epochReason, epoch_at AS epochAt,
  is_disabled AS isDisabled, subject.version AS attributesVersion, attributes`

const NO_DATA: ReadonlyMap<string, DataEntry> = new Map()

/** The record of a row, without its data, or `undefined` where this version cannot read it. */
export function toRecord(row: SessionRow): SessionRecord | undefined {
  const traits = row.version === ROW_VERSION ? toTraits(row.traits) : undefined
  return traits && { ...toColumns(row), traits }
}

/** The record of a row of this version, without its traits and its data. */
export function toColumns(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    subject: row.subject ?? undefined,
    secretDigest: row.secretDigest,
    previousDigest: row.previousDigest ?? undefined,
    previousUntil: row.previousUntil ?? undefined,
    createdAt: row.createdAt,
    lastSeenAt: row.lastSeenAt,
    authenticatedAt: row.authenticatedAt ?? undefined,
    idleTimeout: row.idleTimeout,
    absoluteExpiresAt: row.absoluteExpiresAt,
    endsAs: row.endsAs === null ? undefined : toEndReason(row.endsAs),
    epoch: row.epoch,
    revision: row.revision,
    family: toFamily(row),
    traits: {},
    data: NO_DATA,
  }
}

/** What a subject's row says, or `undefined` where it cannot be read. */
export function toSubject(row: SubjectRow): SubjectRecord | undefined {
  const attributes = toAttributes(row.attributes ?? '[]')
  return (
    attributes && {
      epoch: row.subjectEpoch ?? 0,
      epochReason: row.epochReason === null ? undefined : toEndReason(row.epochReason),
      isDisabled: row.isDisabled === 1,
      version: row.attributesVersion ?? 0,
      attributes,
    }
  )
}

/** Data as text: `[key, revision, json]` each. A list, for an object would take `__proto__` and sort `10` before `9`. */
export function fromData(data: ReadonlyMap<string, DataEntry>): string {
  return JSON.stringify(Array.from(data, ([key, entry]) => [key, entry.revision, entry.json]))
}

/** The reverse of {@link fromData}, or `undefined` for anything else. */
export function toData(text: string): ReadonlyMap<string, DataEntry> | undefined {
  if (text === '[]') return NO_DATA
  const data = new Map<string, DataEntry>()
  for (const item of toList(text) ?? [undefined]) {
    if (!Array.isArray(item)) return undefined
    const [key, revision, json] = item as readonly unknown[]
    if (typeof key !== 'string' || typeof json !== 'string') return undefined
    if (typeof revision !== 'number' || !Number.isSafeInteger(revision)) return undefined
    data.set(key, { json, revision })
  }
  return data
}

/** Attributes as text: `[key, json]` each. */
export function fromAttributes(attributes: ReadonlyMap<string, string>): string {
  return JSON.stringify([...attributes])
}

function toAttributes(text: string): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>()
  for (const item of toList(text) ?? [undefined]) {
    if (!Array.isArray(item)) return undefined
    const [key, json] = item as readonly unknown[]
    if (typeof key !== 'string' || typeof json !== 'string') return undefined
    attributes.set(key, json)
  }
  return attributes
}

/** Traits as text: an object, under their full names. */
export function fromTraits(traits: SessionRecord['traits']): string {
  return JSON.stringify(traits)
}

/** Names that a later version added are left out; they stay in the row until something writes traits. */
function toTraits(text: string): SessionRecord['traits'] | undefined {
  if (text === '{}') return {}
  const value = toJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const known = Object.entries(value).filter(([name]) => Object.hasOwn(TRAITS, name))
  const isSound = known.every(([, trait]) => typeof trait === 'string')
  return isSound ? Object.fromEntries(known) : undefined
}

function toList(text: string): readonly unknown[] | undefined {
  const value = toJson(text)
  return Array.isArray(value) ? value : undefined
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
