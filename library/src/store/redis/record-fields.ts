import { toEndReason } from '../end-reason.js'
import {
  NO_SUBJECT_RECORD,
  TRAITS,
  type DataEntry,
  type RefreshFamily,
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
  /** Absent: no refresh tokens. */
  seedDigest: 'F',
  /** The numbers of the family in one value: see scripts/family.ts. */
  family: 'G',
} as const

const TRAIT_NAMES = Object.entries(TRAITS) as [TraitName, string][]
const DATA = 'd:'

/** A hash taken apart: its own fields by their letter, and what rests under `d:` by key. */
interface Hash {
  readonly own: Readonly<Record<string, string | undefined>>
  readonly data: ReadonlyMap<string, string>
}

/** Takes a hash apart as it comes from Redis: names and values in turn. In one pass, as every read needs it. */
function toHash(words: readonly string[]): Hash {
  const own: Record<string, string> = {}
  const data = new Map<string, string>()
  for (let at = 0; at + 1 < words.length; at += 2) {
    const name = words[at] ?? ''
    const value = words[at + 1] ?? ''
    if (name.length === 1) own[name] = value
    else if (name.startsWith(DATA)) data.set(name.slice(DATA.length), value)
  }
  return { own, data }
}

/** Reads what rests under a session's key: a record, a tombstone, or `undefined` where it makes no sense to this version. */
export function toSession(
  id: SessionId,
  words: readonly string[],
  now: number,
): { readonly record: SessionRecord } | { readonly ending: Ending } | undefined {
  const { own, data } = toHash(words)
  if (own['K'] !== undefined) return { ending: toEnding(own['K'], own['Z'], own['S'], now) }
  const life = own[OWN_FIELDS.version] === undefined ? toLife(own) : undefined
  if (life === undefined) return undefined
  return { record: { id, ...life, ...toRest(own, life.createdAt), data: toData(data) } }
}

type Life = Pick<
  SessionRecord,
  'secretDigest' | 'createdAt' | 'lastSeenAt' | 'idleTimeout' | 'absoluteExpiresAt' | 'epoch'
>

/** What no record can be without. The same is asked of it by SESSION in scripts/snippets.ts. */
function toLife(own: Hash['own']): Life | undefined {
  const secretDigest = own[OWN_FIELDS.secretDigest]
  const createdAt = whole(own[OWN_FIELDS.createdAt])
  const seen = whole(own[OWN_FIELDS.lastSeenAt])
  const idleTimeout = whole(own[OWN_FIELDS.idleTimeout])
  const lasts = whole(own[OWN_FIELDS.absoluteExpiresAt])
  const epoch = whole(own[OWN_FIELDS.epoch] ?? '0')
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

/** The fields that may be absent; one that cannot be read counts as absent. */
function toRest(
  own: Hash['own'],
  createdAt: number,
): Omit<SessionRecord, keyof Life | 'id' | 'data'> {
  const subject = own[OWN_FIELDS.subject]
  const endsAs = own[OWN_FIELDS.endsAs]
  const until = whole(own[OWN_FIELDS.previousUntil])
  const proved = whole(own[OWN_FIELDS.authenticatedAt]) ?? (subject === undefined ? undefined : 0)
  return {
    subject: subject === undefined ? undefined : decode(subject),
    previousDigest: own[OWN_FIELDS.previousDigest],
    previousUntil: until === undefined ? undefined : createdAt + until,
    authenticatedAt: proved === undefined ? undefined : createdAt + proved,
    endsAs: endsAs === undefined ? undefined : toEndReason(endsAs),
    revision: whole(own[OWN_FIELDS.revision]) ?? 0,
    family: toFamily(own, createdAt),
    traits: toTraits(own),
  }
}

const FAMILY = /^(\d+) (\d+) (-?\d+) (-?\d+) ([01])$/

function toFamily(own: Hash['own'], createdAt: number): RefreshFamily | undefined {
  const seedDigest = own[OWN_FIELDS.seedDigest]
  const match = FAMILY.exec(own[OWN_FIELDS.family] ?? '')
  if (seedDigest === undefined || match === null) return undefined
  const parent = Number(match[2])
  return {
    seedDigest,
    generation: Number(match[1]),
    parent: parent === 0 ? undefined : parent,
    rotatedAt: createdAt + Number(match[3]),
    isPresented: match[5] === '1',
    expiresAt: createdAt + Number(match[4]),
  }
}

function toTraits(own: Hash['own']): SessionRecord['traits'] {
  const traits: Partial<Record<TraitName, string>> = {}
  for (const [name, field] of TRAIT_NAMES) {
    const value = own[field]
    if (value !== undefined) traits[name] = value
  }
  return traits
}

function toData(texts: Hash['data']): Map<string, DataEntry> {
  const data = new Map<string, DataEntry>()
  for (const [key, text] of texts) {
    const entry = toDataEntry(text)
    if (entry !== undefined) data.set(key, entry)
  }
  return data
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
export function toSubjectRecord(words: readonly string[]): SubjectRecord | undefined {
  if (words.length === 0) return NO_SUBJECT_RECORD
  const { own, data } = toHash(words)
  const epoch = whole(own['E'] ?? '0')
  if (epoch === undefined) return undefined
  return {
    epoch,
    epochReason: own['Y'] === undefined ? undefined : toEndReason(own['Y']),
    isDisabled: own['D'] === '1',
    version: whole(own['V']) ?? 0,
    attributes: data,
  }
}

/** The fields of a new session that its script does not fill in, as names and values. */
export function toNewFields(session: NewSession): string[] {
  const words: string[] = [OWN_FIELDS.secretDigest, session.secretDigest]
  for (const [name, value] of Object.entries(session.traits)) {
    words.push(TRAITS[name as TraitName], value)
  }
  if (session.family !== undefined) {
    const { seedDigest, lifetime } = session.family
    words.push(OWN_FIELDS.seedDigest, seedDigest)
    words.push(OWN_FIELDS.family, `1 0 0 ${String(lifetime)} 0`)
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

/** Reads a whole number that was written by a script, and nothing else. */
export function whole(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,16}$/.test(text)) return undefined
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : undefined
}
