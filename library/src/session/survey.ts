import { InvalidOption } from '../errors.js'
import type { EndReason } from '../store/end-reason.js'
import { endedBecause, expiresAt, type SessionId, type SessionRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import type { WalkStep } from '../store/walk.js'
import { toFacts, type SessionFacts } from './facts.js'
import type { SessionPage } from './register.js'

/** What can be told of a session by its id, to those who run the service. No credential, no digest, no value of its data. */
export type FoundSession =
  | {
      readonly state: 'live'
      readonly facts: SessionFacts
      readonly details: SessionDetails
    }
  | {
      readonly state: 'over'
      readonly reason: EndReason
      /** `undefined`: its end was not noted yet, so it counts from the answer on. */
      readonly endedAt: number | undefined
      readonly subject: string | undefined
      /** While its record still rests. */
      readonly facts: SessionFacts | undefined
      readonly serverTime: number
    }
  /** The store holds nothing of that id: it never did, or does no more. */
  | { readonly state: 'unknown'; readonly serverTime: number }
  /** Something rests there that this version cannot read. */
  | { readonly state: 'unreadable'; readonly serverTime: number }

/** What {@link SessionFacts} leaves out, as their holder need not know of it. */
export interface SessionDetails {
  /** Grows with every end of all sessions of the subject. */
  readonly epoch: number
  /** How often its data were written. */
  readonly revision: number
  /** The names of its data, with the length of each as JSON text. */
  readonly data: Readonly<Record<string, number>>
  readonly refreshToken:
    | {
        /** Which token of its family is the good one. */
        readonly generation: number
        readonly rotatedAt: number
        readonly expiresAt: number
      }
    | undefined
  /** Only with a proof of a certain key is a request let in. */
  readonly isBound: boolean
  /** A renewal may be under way: until then the secret before is accepted, too. */
  readonly previousSecretUntil: number | undefined
}

/** {@link Sojourn.find}. */
export async function findSession(store: Store, id: SessionId): Promise<FoundSession> {
  const answer = await store.read(id)
  const serverTime = answer.now
  if (answer.status === 'missing') return { state: 'unknown', serverTime }
  if (answer.status === 'corrupt') return { state: 'unreadable', serverTime }
  if (answer.status === 'ended') {
    return { state: 'over', ...answer.ending, facts: undefined, serverTime }
  }
  const { record, subject } = answer
  const facts = toFacts(record, serverTime)
  const reason = endedBecause(record, subject, serverTime)
  if (reason === undefined) return { state: 'live', facts, details: toDetails(record) }
  const expiry = expiresAt(record)
  const endedAt = expiry <= serverTime ? expiry : undefined
  return { state: 'over', reason, endedAt, subject: record.subject, facts, serverTime }
}

function toDetails(record: SessionRecord): SessionDetails {
  const { family } = record
  return {
    epoch: record.epoch,
    revision: record.revision,
    data: Object.fromEntries(Array.from(record.data, ([key, { json }]) => [key, json.length])),
    refreshToken: family && {
      generation: family.generation,
      rotatedAt: family.rotatedAt,
      expiresAt: family.expiresAt,
    },
    isBound: record.traits.confirmation !== undefined,
    previousSecretUntil: record.previousUntil,
  }
}

/** {@link Sojourn.everybody}. */
export async function pageOfEverybody(store: Store, step: WalkStep): Promise<SessionPage> {
  if (store.walk === undefined) {
    throw new InvalidOption(`The store ${store.name} cannot walk over its sessions.`)
  }
  const { records, next, now } = await store.walk(step)
  return { sessions: records.map((record) => toFacts(record, now)), next }
}
