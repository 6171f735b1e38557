import type { SessionRecord, SubjectRecord } from '../record.js'
import type { NewSession, SessionLimit } from '../store.js'
import { beginFamily } from './family.js'

/** The record with which a session starts. Data given to it is its first revision. */
export function toRecord(session: NewSession, epoch: number, now: number): SessionRecord {
  const revision = session.data.size > 0 ? 1 : 0
  return {
    id: session.id,
    subject: session.subject,
    secretDigest: session.secretDigest,
    previousDigest: undefined,
    previousUntil: undefined,
    createdAt: now,
    lastSeenAt: now,
    authenticatedAt: session.subject === undefined ? undefined : now,
    idleTimeout: session.idleTimeout,
    absoluteExpiresAt: now + session.absoluteTimeout,
    endsAs: undefined,
    epoch,
    revision,
    family: session.family && beginFamily(session.family, now),
    traits: { ...session.traits },
    data: new Map([...session.data].map(([key, json]) => [key, { json, revision }])),
  }
}

/** A record to hand out: whoever writes into it, in spite of its types, changes nothing at rest. */
export function copy(record: SessionRecord): SessionRecord {
  return { ...withoutData(record), data: new Map(record.data) }
}

/** A record as lists and ends show it. */
export function withoutData(record: SessionRecord): SessionRecord {
  const family = record.family && { ...record.family }
  return { ...record, family, traits: { ...record.traits }, data: new Map() }
}

/** A subject's record to hand out. */
export function copySubject(subject: SubjectRecord): SubjectRecord {
  return { ...subject, attributes: new Map(subject.attributes) }
}

type Comparison = (left: SessionRecord, right: SessionRecord) => number

const byCreation: Comparison = (left, right) => left.createdAt - right.createdAt

/** Who has to leave first when a limit is reached. */
export const LEAVES_FIRST: Readonly<Record<SessionLimit['whenFull'], Comparison>> = {
  'evict-oldest': byCreation,
  'evict-least-recent': (left, right) => left.lastSeenAt - right.lastSeenAt,
  refuse: byCreation,
}
