import assert from 'node:assert/strict'
import type { RefreshFamily } from '../../store/record.js'
import type { NewFamily, RotateResult, Rotation, Store } from '../../store/store.js'
import { randomToken } from '../../system/random.js'
import type { Scene } from './harness.js'
import { DAY, find, listIds, MINUTE, start, stateOf, type SessionWish } from './fixtures.js'

export type Exchanged = Extract<RotateResult, { generation: number }>

/** A family of refresh tokens to begin, for 30 days unless wished otherwise. */
export function newFamily(lifetime: number = 30 * DAY): NewFamily {
  return { seedDigest: randomToken(32), lifetime }
}

/** What comes in with the token of `generation`: ten minutes of grace and nothing else, unless wished otherwise. */
export function rotation(
  { seedDigest }: { readonly seedDigest: string },
  generation: number,
  wish: Partial<Rotation> = {},
): Rotation {
  return {
    seedDigest,
    generation,
    client: undefined,
    grace: 10 * MINUTE,
    forgiveFor: 0,
    idleTimeout: undefined,
    isSeen: false,
    ...wish,
  }
}

/** Asserts that a token was exchanged, and how. */
export function exchanged(result: RotateResult, status: Exchanged['status']): Exchanged {
  assert.equal(result.status, status, `rotate answered ${JSON.stringify(result)}`)
  return result
}

/** Exchanges the tokens of a family one after another, until the present one is that of `generation`. */
export async function advanceFamily(
  store: Store,
  id: string,
  family: { readonly seedDigest: string },
  generation: number,
): Promise<void> {
  for (let shown = 1; shown < generation; shown += 1) {
    exchanged(await store.rotate(id, rotation(family, shown)), 'rotated')
  }
}

/** The session's family, which must be there. */
export async function familyOf(store: Store, id: string): Promise<RefreshFamily> {
  const { family } = (await find(store, id)).record
  assert.ok(family, 'the session has no family')
  return family
}

/** A session whose present refresh token is that of `generation`. */
export async function startFamily(
  { store }: Scene,
  generation: number,
  wish: SessionWish = {},
): Promise<{ id: string; family: NewFamily; before: RefreshFamily }> {
  const family = wish.family ?? newFamily()
  const { id } = await start(store, {
    idleTimeout: 30 * DAY,
    absoluteTimeout: 60 * DAY,
    ...wish,
    family,
  })
  await advanceFamily(store, id, family, generation)
  return { id, family, before: await familyOf(store, id) }
}

/** Asserts that a call ends the session as reused, says so once, and leaves nothing to exchange. */
export async function assertReused(
  { store, other }: Scene,
  id: string,
  shown: Rotation,
): Promise<void> {
  const { record: before } = await find(store, id)
  const result = await store.rotate(id, shown)
  assert.deepEqual(result, { status: 'reused', record: { ...before, data: new Map() } })
  assert.equal(await stateOf(other, id), 'refresh_reuse')
  assert.deepEqual(await listIds(store, 'ann'), [])
  for (const generation of [shown.generation, before.family?.generation ?? 0]) {
    const again = await other.rotate(id, { ...shown, generation })
    assert.equal(again.status, 'gone')
    assert.equal(again.ending?.reason, 'refresh_reuse')
    assert.equal(again.ending.subject, before.subject)
  }
}

/** Asserts that a call answers `refused`, and that the session is as it was. */
export async function assertRefused(
  { store, other }: Scene,
  id: string,
  shown: Rotation,
  reason: string,
): Promise<void> {
  const { record: before } = await find(store, id)
  assert.deepEqual(await store.rotate(id, shown), { status: 'refused', reason })
  assert.deepEqual((await find(other, id)).record, before)
}
