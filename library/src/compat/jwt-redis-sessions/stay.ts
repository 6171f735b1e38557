import { endedBecause, type SessionRecord, type SubjectRecord } from '../../store/record.js'
import type { EndReason } from '../../store/end-reason.js'
import type { ReadResult } from '../../store/store.js'
import type { Engine } from './engine.js'
import { TokenError } from './errors.js'
import { expiryAfter } from './lifetimes.js'
import { identifiersIn } from './token-data.js'
import type { SessionData, TokenData } from './types.js'

/** What is kept with a session beside the token data. */
export interface Facts {
  /** The session's public id, as tokens carry it. */
  readonly id: string
  /** The epoch of each further name of the person when the session began; see `Names.alias`. */
  readonly epochs: readonly number[]
  /** What the session's version is ahead of the generation of its refresh token. */
  readonly offset: number
  /** 3.x knows it too: what happens there counts here, and the other way round. */
  readonly isShared: boolean
  /** When it began there, epoch milliseconds. */
  readonly createdAt?: number
}

/** A session as it is now. */
export interface Stay {
  readonly record: SessionRecord
  readonly subject: SubjectRecord
  readonly facts: Facts
  readonly data: TokenData
  /** By the store's clock. */
  readonly now: number
}

/** Names of the two values in a record's data. */
const DATA = 'data'
const FACTS = 'facts'

/** Both values as a record holds them. */
export function toRecordData(data: TokenData, facts: Facts): Map<string, string> {
  return new Map([
    [DATA, JSON.stringify(data)],
    [FACTS, JSON.stringify(facts)],
  ])
}

/** The reverse; `undefined` where the record is somebody else's. */
export function toStay(
  record: SessionRecord,
  subject: SubjectRecord,
  now: number,
): Stay | undefined {
  const data = record.data.get(DATA)
  const facts = record.data.get(FACTS)
  if (data === undefined || facts === undefined) return undefined
  return {
    record,
    subject,
    now,
    data: JSON.parse(data.json) as TokenData,
    facts: JSON.parse(facts.json) as Facts,
  }
}

/** What is said of a session that is not there any more, whoever or whatever ended it. */
export const NOT_FOUND = 'Session not found or expired'

/** The session that a store's answer tells of. Throws {@link TokenError} where it is over. */
export function liveStay(engine: Engine, id: string, answer: ReadResult): Stay {
  if (answer.status === 'ended') throw new TokenError(wordsFor(answer.ending.reason))
  if (answer.status === 'corrupt') engine.core.events.emit('store.corrupt', { id })
  if (answer.status !== 'found') throw new TokenError(NOT_FOUND)
  const reason = endedBecause(answer.record, answer.subject, answer.now)
  if (reason !== undefined) throw new TokenError(wordsFor(reason))
  const stay = toStay(answer.record, answer.subject, answer.now)
  if (stay === undefined) throw new TokenError(NOT_FOUND)
  return stay
}

/** A single token was revoked; what ended in any other way is simply gone. */
function wordsFor(reason: EndReason): string {
  return reason === 'logged_out' ? 'Token has been revoked' : NOT_FOUND
}

/** The epochs of a person's further names as they are now, in their order. */
export async function epochsOf(
  { core, names }: Engine,
  identifiers: readonly string[],
): Promise<readonly number[]> {
  const others = identifiers.slice(1)
  const records = await Promise.all(
    others.map(async (name) => core.store.readSubject(names.alias(name))),
  )
  return records.map(({ epoch }) => epoch)
}

/** All sessions that carry one of the further names have been revoked since this one began. */
export function isRevokedByName({ facts }: Stay, epochs: readonly number[]): boolean {
  return epochs.some((epoch, at) => epoch > (facts.epochs[at] ?? 0))
}

/** The subject of a session with this data. */
export function subjectOf({ names }: Engine, data: TokenData, publicId: string): string {
  const [first] = identifiersIn(data)
  return first === undefined ? names.nobody(publicId) : names.subject(first)
}

/** The version that a session's tokens carry now. */
export function versionOf({ record, facts }: Stay): number {
  return (record.family?.generation ?? 1) + facts.offset
}

/** When the present refresh token was issued, epoch seconds. */
export function refreshedAt({ record }: Pick<Stay, 'record'>): number {
  return Math.floor((record.family?.rotatedAt ?? record.createdAt) / 1_000)
}

/** The session as applications see it. */
export function toSessionData(
  { config }: Engine,
  stay: Stay,
  lastActivity: number,
  refreshExpiresAt: number = expiryAfter(refreshedAt(stay), config.jwt.refreshTokenExpiry),
): SessionData {
  const { record, facts, data } = stay
  return {
    ...data,
    sessionId: facts.id,
    refreshExpiresAt,
    createdAt: new Date(facts.createdAt ?? record.createdAt).toISOString(),
    lastActivity: new Date(lastActivity).toISOString(),
  }
}
