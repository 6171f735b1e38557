import assert from 'node:assert/strict'
import type { SessionRecord } from '../../../store/record.js'
import type { Gone } from '../../../store/store.js'
import type { Scene } from '../harness.js'
import type { Model, ModelSession } from './model.js'
import { STEP } from './operations.js'

/** The store and the model that are led through the same operations. */
export interface World {
  readonly scene: Scene
  readonly model: Model
  /** The store's instant at which the model's time begins. */
  readonly origin: number
  /** The model's instant up to which everything due has been reaped. */
  reapedAt: number
}

/** The session that a drawn place stands for, counted from the latest: older ones are mostly over. */
export function pick({ model }: World, place: number): ModelSession | undefined {
  return model.sessions[model.sessions.length - 1 - (place % Math.max(1, model.sessions.length))]
}

/** Compares what a verb tells of a session that is over. */
export function assertGone({ model }: World, session: ModelSession, result: Gone): void {
  if (model.isOnTheEdge(session)) return
  const standing = model.standing(session)
  const reason = standing.status === 'over' ? standing.reason : undefined
  assert.equal(result.ending?.reason, reason)
}

/** Compares records, after turning the store's instants into the model's. */
export function assertRecord(
  { origin }: World,
  actual: SessionRecord,
  expected: SessionRecord,
): void {
  const inModel = <T extends number | undefined>(instant: T): T =>
    (instant === undefined ? undefined : Math.floor((instant - origin) / STEP) * STEP) as T
  const record = {
    ...actual,
    createdAt: inModel(actual.createdAt),
    lastSeenAt: inModel(actual.lastSeenAt),
    authenticatedAt: inModel(actual.authenticatedAt),
    absoluteExpiresAt: inModel(actual.absoluteExpiresAt),
    previousUntil: inModel(actual.previousUntil),
    family: actual.family && {
      ...actual.family,
      rotatedAt: inModel(actual.family.rotatedAt),
      expiresAt: inModel(actual.family.expiresAt),
    },
  }
  assert.deepEqual(record, expected)
}
