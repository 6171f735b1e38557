import assert from 'node:assert/strict'
import type { Chapter, ConformanceTest } from './harness.js'
import {
  assertBetween,
  changed,
  DAY,
  find,
  HOUR,
  listIds,
  MARGIN,
  MINUTE,
  setting,
} from './fixtures.js'
import { assertReused, exchanged, familyOf, rotation, startFamily } from './family-fixtures.js'
import { refusals, reuses } from './rotation-refusals.js'

const exchanges: readonly ConformanceTest[] = [
  {
    title: 'exchanges the present token for its successor, and answers with the session as it is',
    async run(scene) {
      const { store, other, advance } = scene
      await store.changeSubject('ann', setting('role', '"admin"'))
      const wish = { data: { a: '1', b: '[2]' }, traits: { methods: 'pwd' } }
      const { id, family, before } = await startFamily(scene, 1, wish)
      const { record } = await find(store, id)
      await advance(HOUR)
      const result = exchanged(await store.rotate(id, rotation(family, 1)), 'rotated')
      assert.equal(result.generation, 2)
      const rotatedAt = result.record.family?.rotatedAt ?? 0
      assertBetween(rotatedAt, before.rotatedAt + HOUR, result.now, 'rotatedAt')
      assertBetween(result.now, rotatedAt, rotatedAt + MARGIN, 'now')
      const expected = { ...before, generation: 2, parent: 1, rotatedAt }
      assert.deepEqual(result.record, { ...record, family: expected })
      assert.deepEqual(result.subject, await store.readSubject('ann'))
      assert.equal(result.subject.attributes.get('role'), '"admin"')
      assert.deepEqual((await find(other, id)).record, result.record)
    },
  },
  {
    title: 'goes on from token to token, through both handles',
    async run(scene) {
      const { store, other } = scene
      const { id, family } = await startFamily(scene, 1)
      for (let shown = 1; shown <= 20; shown += 1) {
        const handle = shown % 2 ? store : other
        const result = exchanged(await handle.rotate(id, rotation(family, shown)), 'rotated')
        assert.equal(result.generation, shown + 1)
        assert.equal(result.record.family?.parent, shown)
      }
    },
  },
  {
    title: 'exchanges tokens of anonymous sessions, whose subject is nobody',
    async run(scene) {
      const { store } = scene
      const { id, family } = await startFamily(scene, 1, { subject: undefined })
      const { subject } = exchanged(await store.rotate(id, rotation(family, 1)), 'rotated')
      assert.deepEqual(subject, await store.readSubject('nobody'))
    },
  },
  {
    title: 'gives the parent the same successor within its grace, and keeps everything as it was',
    async run(scene) {
      const { store, other, advance } = scene
      const { id, family, before } = await startFamily(scene, 3, { data: { a: '1' } })
      const { record } = await find(store, id)
      for (const handle of [store, other, store]) {
        await advance(2 * MINUTE)
        const shown = rotation(family, 2, { isSeen: true, forgiveFor: DAY })
        const result = exchanged(await handle.rotate(id, shown), 'replayed')
        assert.equal(result.generation, 3)
        assert.deepEqual(result.record, record)
      }
      assert.deepEqual(await familyOf(store, id), before)
      exchanged(await store.rotate(id, rotation(family, 3)), 'rotated')
    },
  },
  {
    title: 'gives the parent the same successor within its grace, though that one was presented',
    async run(scene) {
      const { store } = scene
      const { id, family } = await startFamily(scene, 3)
      changed(await store.change(id, { presentedGeneration: 3 }))
      const result = exchanged(await store.rotate(id, rotation(family, 2)), 'replayed')
      assert.equal(result.generation, 3)
      assert.equal(result.record.family?.isPresented, true)
    },
  },
  {
    title: 'heals where the token is one ahead, for the write before was lost',
    async run(scene) {
      const { store, other } = scene
      const { id, family, before } = await startFamily(scene, 3)
      const result = exchanged(await store.rotate(id, rotation(family, 4)), 'healed')
      assert.equal(result.generation, 5)
      const { rotatedAt, ...healed } = await familyOf(other, id)
      const { rotatedAt: began, ...rest } = before
      assert.ok(rotatedAt >= began)
      assert.deepEqual(healed, { ...rest, generation: 5, parent: 4 })
      const replay = exchanged(await other.rotate(id, rotation(family, 4)), 'replayed')
      assert.equal(replay.generation, 5)
      await assertReused(scene, id, rotation(family, 3))
    },
  },
  {
    title: 'counts as activity where it is told to, and otherwise does not',
    async run(scene) {
      const { store, advance } = scene
      const { id, family } = await startFamily(scene, 1, { idleTimeout: 2 * HOUR })
      const { lastSeenAt } = (await find(store, id)).record
      await advance(90 * MINUTE)
      const unseen = exchanged(await store.rotate(id, rotation(family, 1)), 'rotated')
      assert.equal(unseen.record.lastSeenAt, lastSeenAt)
      const shown = rotation(family, 2, { isSeen: true })
      const seen = exchanged(await store.rotate(id, shown), 'rotated')
      assertBetween(seen.record.lastSeenAt, lastSeenAt + 90 * MINUTE, seen.now, 'lastSeenAt')
      await advance(90 * MINUTE)
      assert.deepEqual(await listIds(store, 'ann'), [id])
      exchanged(await store.rotate(id, rotation(family, 3)), 'rotated')
      await advance(31 * MINUTE)
      const late = await store.rotate(id, rotation(family, 4, { isSeen: true }))
      assert.equal(late.status === 'gone' && late.ending?.reason, 'expired_idle')
    },
  },
]

const forgiveness: readonly ConformanceTest[] = [
  ...[MINUTE, HOUR, 23 * HOUR].map((late): ConformanceTest => ({
    title: `forgives the parent after ${late / MINUTE} min while its successor was never presented, which is dead then`,
    async run(scene) {
      const { store, other, advance } = scene
      const { id, family, before } = await startFamily(scene, 3)
      const wish = { grace: MINUTE / 2, forgiveFor: DAY }
      await advance(late)
      const result = exchanged(await store.rotate(id, rotation(family, 2, wish)), 'forgiven')
      assert.equal(result.generation, 4)
      const rotatedAt = result.record.family?.rotatedAt ?? 0
      assertBetween(rotatedAt, before.rotatedAt + late, result.now, 'rotatedAt')
      assert.deepEqual(await familyOf(other, id), { ...before, generation: 4, rotatedAt })
      const again = rotation(family, 2, { ...wish, grace: MINUTE })
      assert.equal(exchanged(await other.rotate(id, again), 'replayed').generation, 4)
      await assertReused(scene, id, rotation(family, 3, wish))
    },
  })),
  {
    title: 'goes on from the successor that a forgiven parent was given',
    async run(scene) {
      const { store, advance } = scene
      const { id, family } = await startFamily(scene, 3)
      await advance(HOUR)
      const forgiving = { grace: 0, forgiveFor: DAY }
      exchanged(await store.rotate(id, rotation(family, 2, forgiving)), 'forgiven')
      await advance(HOUR)
      exchanged(await store.rotate(id, rotation(family, 2, forgiving)), 'forgiven')
      const result = exchanged(await store.rotate(id, rotation(family, 5, forgiving)), 'rotated')
      assert.deepEqual([result.generation, result.record.family?.parent], [6, 5])
      await assertReused(scene, id, rotation(family, 2, forgiving))
    },
  },
  {
    title: 'forgives no parent whose successor was presented',
    async run(scene) {
      const { store, advance } = scene
      const { id, family } = await startFamily(scene, 3)
      changed(await store.change(id, { presentedGeneration: 3 }))
      await advance(HOUR)
      await assertReused(scene, id, rotation(family, 2, { forgiveFor: DAY }))
    },
  },
  {
    title: 'forgives no parent after its time',
    async run(scene) {
      const { id, family } = await startFamily(scene, 3)
      await scene.advance(DAY + MINUTE)
      await assertReused(scene, id, rotation(family, 2, { forgiveFor: DAY }))
    },
  },
]

/** One step of a refresh family: every row of the table at {@link RotateResult}. */
export const rotations: Chapter = {
  title: 'rotate',
  tests: () => [...exchanges, ...forgiveness, ...reuses, ...refusals],
}
