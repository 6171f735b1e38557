import { toEndReason } from '../end-reason.js'
import {
  TRAITS,
  type DataEntry,
  type SessionId,
  type SessionRecord,
  type SubjectRecord,
  type TraitName,
} from '../record.js'
import type { Ending, NewSession } from '../store.js'
import { decode } from './keys.js'

/**
 * Fields of a record's hash. Names of one letter and plain whole numbers keep a small session in 192
 * bytes; the store's own letters are capitals, those of {@link TRAITS} are not. Instants beside
 * `createdAt` are milliseconds after it. What is absent has its usual value. Data rests under `d:<key>` as
 * `<revision>:<json>`; a tombstone has `K` (reason), `Z` (instant) and `S` alone.
 */
export const OWN_FIELDS = {
  /** Absent: this version, 1. A reader that finds another one leaves the record alone. */
  version: 'V',
  /** Percent-encoded as in keys. Absent: anonymous. */
  subject: 'S',
  secretDigest: 'H',
  previousDigest: 'P',
  previousUntil: 'Q',
  createdAt: 'C',
  lastSeenAt: 'T',
  /** Absent: `createdAt`, or never where there is no subject. */
  authenticatedAt: 'A',
  idleTimeout: 'I',
  absoluteExpiresAt: 'X',
  endsAs: 'Y',
  /** Absent: 0. */
  epoch: 'E',
  /** Absent: 0. */
  revision: 'R',
} as const

const TRAIT_OF: ReadonlyMap<string, TraitName> = new Map(
  Object.entries(TRAITS).map(([name, field]) => [field, name as TraitName]),
)
const DATA = 'd:'

/** A hash as it comes from Redis: names and values in turn. */
export type Words = readonly string[]

/** Reads a hash into a record, or `undefined` where it makes no sense to this version. */
export function toRecord(id: SessionId, words: Words): SessionRecord | undefined {
  const fields = toFields(words)
  const life = toLife(fields)
  if (life === undefined || fields.has(OWN_FIELDS.version)) return undefined
  const subject = fields.get(OWN_FIELDS.subject)
  const previousUntil = whole(fields.get(OWN_FIELDS.previousUntil))
  const proved =
    whole(fields.get(OWN_FIELDS.authenticatedAt)) ?? (subject === undefined ? undefined : 0)
  const endsAs = fields.get(OWN_FIELDS.endsAs)
  return {
    id,
    subject: subject === undefined ? undefined : decode(subject),
    previousDigest: fields.get(OWN_FIELDS.previousDigest),
    previousUntil: previousUntil === undefined ? undefined : life.createdAt + previousUntil,
    authenticatedAt: proved === undefined ? undefined : life.createdAt + proved,
    endsAs: endsAs === undefined ? undefined : toEndReason(endsAs),
    ...life,
    revision: whole(fields.get(OWN_FIELDS.revision)) ?? 0,
    traits: toTraits(fields),
    data: toData(words),
  }
}

type Life = Pick<
  SessionRecord,
  'secretDigest' | 'createdAt' | 'lastSeenAt' | 'idleTimeout' | 'absoluteExpiresAt' | 'epoch'
>

/** What no record can be without. The same is asked of it by SESSION in scripts/snippets.ts. */
function toLife(fields: ReadonlyMap<string, string>): Life | undefined {
  const secretDigest = fields.get(OWN_FIELDS.secretDigest)
  const createdAt = whole(fields.get(OWN_FIELDS.createdAt))
  const seen = whole(fields.get(OWN_FIELDS.lastSeenAt))
  const idleTimeout = whole(fields.get(OWN_FIELDS.idleTimeout))
  const lasts = whole(fields.get(OWN_FIELDS.absoluteExpiresAt))
  const epoch = whole(fields.get(OWN_FIELDS.epoch) ?? '0')
  if (secretDigest === undefined || createdAt === undefined || seen === undefined) return undefined
  if (idleTimeout === undefined || lasts === undefined || epoch === undefined) return undefined
  return {
    secretDigest,
    createdAt,
    lastSeenAt: createdAt + seen,
    idleTimeout,
    absoluteExpiresAt: createdAt + lasts,
    epoch,
  }
}

/** Reads a tombstone, or `undefined` where the hash is none. */
export function toTombstone(words: Words, now: number): Ending | undefined {
  const fields = toFields(words)
  const reason = fields.get('K')
  return reason === undefined
    ? undefined
    : toEnding(reason, fields.get('Z'), fields.get(OWN_FIELDS.subject), now)
}

/** An ending from its parts at rest. */
export function toEnding(
  reason: string,
  endedAt: string | undefined,
  subject: string | undefined,
  now: number,
): Ending {
  return {
    reason: toEndReason(reason),
    endedAt: whole(endedAt) ?? now,
    subject: subject === undefined ? undefined : decode(subject),
  }
}

/** Reads a subject's hash, or `undefined` where it makes no sense. A missing hash has no words. */
export function toSubjectRecord(words: Words): SubjectRecord | undefined {
  const fields = toFields(words)
  const epoch = whole(fields.get('E') ?? '0')
  const reason = fields.get('Y')
  if (epoch === undefined) return undefined
  const attributes = new Map<string, string>()
  for (const [name, value] of fields) {
    if (name.startsWith(DATA)) attributes.set(name.slice(DATA.length), value)
  }
  return {
    epoch,
    epochReason: reason === undefined ? undefined : toEndReason(reason),
    isDisabled: fields.get('D') === '1',
    attributes,
  }
}

/** The fields of a new session that its script does not fill in, as names and values. */
export function toNewFields(session: NewSession): string[] {
  const words: string[] = [OWN_FIELDS.secretDigest, session.secretDigest]
  for (const [name, value] of Object.entries(session.traits)) {
    words.push(TRAITS[name as TraitName], value)
  }
  if (session.data.size > 0) words.push(OWN_FIELDS.revision, '1')
  for (const [key, json] of session.data) words.push(DATA + key, `1:${json}`)
  return words
}

/** The name of the field that holds a key of the data, or an attribute. */
export function dataField(key: string): string {
  return DATA + key
}

/** Reads `<revision>:<json>`; anything else is not there. */
export function toDataEntry(text: string): DataEntry | undefined {
  const colon = text.indexOf(':')
  const revision = whole(text.slice(0, Math.max(colon, 0)))
  return revision === undefined ? undefined : { json: text.slice(colon + 1), revision }
}

function toFields(words: Words): Map<string, string> {
  const fields = new Map<string, string>()
  for (let at = 0; at + 1 < words.length; at += 2) fields.set(words[at] ?? '', words[at + 1] ?? '')
  return fields
}

function toTraits(fields: ReadonlyMap<string, string>): SessionRecord['traits'] {
  const traits: Partial<Record<TraitName, string>> = {}
  for (const [field, name] of TRAIT_OF) {
    const value = fields.get(field)
    if (value !== undefined) traits[name] = value
  }
  return traits
}

function toData(words: Words): Map<string, DataEntry> {
  const data = new Map<string, DataEntry>()
  for (let at = 0; at + 1 < words.length; at += 2) {
    const name = words[at] ?? ''
    const entry = name.startsWith(DATA) ? toDataEntry(words[at + 1] ?? '') : undefined
    if (entry !== undefined) data.set(name.slice(DATA.length), entry)
  }
  return data
}

/** Reads a whole number that was written by a script, and nothing else. */
export function whole(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,16}$/.test(text)) return undefined
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : undefined
}
