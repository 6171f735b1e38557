import assert from 'node:assert/strict'
import type { EndReason } from '../../../store/end-reason.js'
import {
  endedBecause,
  expiresAt,
  NO_SUBJECT_RECORD,
  type SessionRecord,
  type SubjectRecord,
} from '../../../store/record.js'
import { STORE_DEFAULTS, type NewSession } from '../../../store/store.js'
import { expectFamily } from './rotating.js'

/** What the model knows of one session. Its instants count from the model's own beginning. */
export interface ModelSession {
  record: SessionRecord
  /** Set once an end was reported, by whichever verb. */
  ending: { readonly reason: EndReason; readonly at: number } | undefined
  /** The store's own instants, which order evictions. */
  actual: { readonly createdAt: number; lastSeenAt: number }
}

/** Where a session stands: its reason when over, and whether that is by tombstone or by time. */
export type Standing =
  | { readonly status: 'live' }
  | { readonly status: 'over'; readonly reason: EndReason; readonly isTombstone: boolean }
  | { readonly status: 'missing' }

/** The simplest store there can be: it forgets nothing and computes every answer from the contract. */
export class Model {
  readonly sessions: ModelSession[] = []
  readonly #subjects = new Map<string, SubjectRecord>()
  now: number = 0
  /** Ends reported so far for sessions of a subject, by reason. */
  readonly ends: Map<EndReason, number> = new Map()

  subject(subject: string | undefined): SubjectRecord {
    return (subject === undefined ? undefined : this.#subjects.get(subject)) ?? NO_SUBJECT_RECORD
  }

  setSubject(subject: string, change: Partial<SubjectRecord>): void {
    this.#subjects.set(subject, { ...this.subject(subject), ...change })
  }

  byId(id: string): ModelSession {
    const session = this.sessions.find(({ record }) => record.id === id)
    assert.ok(session, `the store speaks of ${id}, which was never created`)
    return session
  }

  standing(session: ModelSession | undefined): Standing {
    if (session === undefined) return { status: 'missing' }
    if (session.ending !== undefined) {
      return { status: 'over', reason: session.ending.reason, isTombstone: true }
    }
    const { record } = session
    const reason = endedBecause(record, this.subject(record.subject), this.now)
    if (this.now > expiresAt(record) + STORE_DEFAULTS.lingerFor) return { status: 'missing' }
    return reason === undefined
      ? { status: 'live' }
      : { status: 'over', reason, isTombstone: false }
  }

  /** At this very instant a record may be there still, or just have gone. */
  isOnTheEdge({ record, ending }: ModelSession): boolean {
    return ending === undefined && this.now === expiresAt(record) + STORE_DEFAULTS.lingerFor
  }

  /** The live sessions of a subject. */
  live(subject: string): ModelSession[] {
    return this.allLive().filter(({ record }) => record.subject === subject)
  }

  /** The live sessions of everybody. */
  allLive(): ModelSession[] {
    return this.sessions.filter((session) => this.standing(session).status === 'live')
  }

  /** Sessions that `reap` has to report: over, and not yet reported. */
  due(subject: string): ModelSession[] {
    return this.sessions.filter((session) => {
      const standing = this.standing(session)
      return (
        session.record.subject === subject && standing.status === 'over' && !standing.isTombstone
      )
    })
  }

  add(session: NewSession, actual: ModelSession['actual']): void {
    const hasData = session.data.size > 0
    const record: SessionRecord = {
      id: session.id,
      subject: session.subject,
      secretDigest: session.secretDigest,
      previousDigest: undefined,
      previousUntil: undefined,
      createdAt: this.now,
      lastSeenAt: this.now,
      authenticatedAt: session.subject === undefined ? undefined : this.now,
      idleTimeout: session.idleTimeout,
      absoluteExpiresAt: this.now + session.absoluteTimeout,
      endsAs: undefined,
      epoch: this.subject(session.subject).epoch,
      revision: hasData ? 1 : 0,
      family: session.family && expectFamily(session.family, this.now),
      traits: session.traits,
      data: new Map([...session.data].map(([key, json]) => [key, { json, revision: 1 }])),
    }
    this.sessions.push({ record, ending: undefined, actual })
  }

  /** Notes an end that the store reported; to report one twice is a fault. */
  report(session: ModelSession, reason: EndReason): void {
    const { id, subject } = session.record
    assert.equal(session.ending, undefined, `the end of ${id} was reported twice`)
    session.ending = { reason, at: this.now }
    if (subject !== undefined) this.ends.set(reason, (this.ends.get(reason) ?? 0) + 1)
  }

  /** Ends all sessions of a subject but one, as `endAll` and disabling do. */
  raiseEpoch(subject: string, reason: EndReason, except?: ModelSession): void {
    const epoch = this.subject(subject).epoch + 1
    if (except !== undefined) except.record = { ...except.record, epoch }
    this.setSubject(subject, { epoch, epochReason: reason })
  }
}
