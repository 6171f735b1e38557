import assert from 'node:assert/strict'
import type { RefreshFamily, SessionRecord } from '../../../store/record.js'
import type { NewFamily, RotateResult, Rotation, Store } from '../../../store/store.js'
import { randomToken } from '../../../system/random.js'
import { STEP, type Drawn } from './operations.js'
import { assertGone, assertRecord, pick, type World } from './world.js'

/** A family to begin. Its life counts whole steps, like every other that ends when its instant comes. */
export function toFamily(steps: number): NewFamily {
  return { seedDigest: randomToken(32), lifetime: steps * STEP }
}

/** By the contract, the family as it begins at `now`. */
export function expectFamily({ seedDigest, lifetime }: NewFamily, now: number): RefreshFamily {
  return {
    seedDigest,
    generation: 1,
    parent: undefined,
    rotatedAt: now,
    isPresented: false,
    expiresAt: now + lifetime,
  }
}

/** The token that a drawn operation stands for, of a session as the model knows it. */
function toRotation(drawn: Drawn<'rotate'>, { family }: SessionRecord): Rotation {
  return {
    seedDigest: drawn.isOurs && family !== undefined ? family.seedDigest : randomToken(32),
    generation: (family?.generation ?? 1) + drawn.offset,
    client: drawn.client,
    // Half steps: what is good up to an instant is never asked for at that very instant.
    grace: drawn.grace * STEP,
    forgiveFor: drawn.forgiveFor * STEP,
    idleTimeout: drawn.idle === undefined ? undefined : drawn.idle * STEP,
    isSeen: drawn.isSeen,
  }
}

type Expected = 'unknown' | 'client' | 'expired' | 'ahead' | 'replayed' | 'reused' | Advance
type Advance = 'rotated' | 'healed' | 'forgiven'

/** The table of `RotateResult`, row by row. */
function expectRotation(record: SessionRecord, shown: Rotation, now: number): Expected {
  const { family } = record
  if (family === undefined || family.seedDigest !== shown.seedDigest) return 'unknown'
  if (record.traits.client !== shown.client) return 'client'
  const passed = now - family.rotatedAt
  const isIdle = shown.idleTimeout !== undefined && passed >= shown.idleTimeout
  if (isIdle || now >= family.expiresAt) return 'expired'
  const ahead = shown.generation - family.generation
  if (ahead >= 0) return ahead === 0 ? 'rotated' : ahead === 1 ? 'healed' : 'ahead'
  return expectOfSpent(family, shown, passed)
}

function expectOfSpent(family: RefreshFamily, shown: Rotation, passed: number): Expected {
  if (shown.generation !== family.parent) return 'reused'
  if (shown.grace > 0 && passed <= shown.grace) return 'replayed'
  const isForgiven = shown.forgiveFor > 0 && passed <= shown.forgiveFor && !family.isPresented
  return isForgiven ? 'forgiven' : 'reused'
}

/** Presents a token on both, and asserts that they agree on what becomes of it. */
export async function rotate(world: World, drawn: Drawn<'rotate'>, store: Store): Promise<void> {
  const { model } = world
  const session = pick(world, drawn.session)
  if (session === undefined) return
  const shown = toRotation(drawn, session.record)
  const result = await store.rotate(session.record.id, shown)
  if (model.standing(session).status !== 'live') {
    assert.equal(result.status, 'gone')
    assertGone(world, session, result)
    return
  }
  const expected = expectRotation(session.record, shown, model.now)
  assert.equal(result.status === 'refused' ? result.reason : result.status, expected)
  if (result.status === 'reused') {
    assertRecord(world, result.record, { ...session.record, data: new Map() })
    model.report(session, 'refresh_reuse')
  }
  if (!('generation' in result)) return
  if (result.status !== 'replayed') {
    session.record = after(session.record, shown, result.status, model.now)
    session.actual.lastSeenAt = result.record.lastSeenAt
  }
  assertAnswer(world, session.record, result)
}

function assertAnswer(
  world: World,
  expected: SessionRecord,
  result: Extract<RotateResult, { generation: number }>,
): void {
  assert.equal(result.generation, expected.family?.generation)
  assertRecord(world, result.record, expected)
  assert.deepEqual(result.subject, world.model.subject(expected.subject))
}

function after(
  record: SessionRecord,
  { generation: shown, isSeen }: Rotation,
  status: Advance,
  now: number,
): SessionRecord {
  const { family } = record
  assert.ok(family)
  const generation = status === 'forgiven' ? family.generation + 1 : shown + 1
  const next = { ...family, generation, parent: shown, rotatedAt: now, isPresented: false }
  return { ...record, family: next, lastSeenAt: isSeen ? now : record.lastSeenAt }
}
