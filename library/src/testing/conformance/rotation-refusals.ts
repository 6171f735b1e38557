import type { ConformanceTest } from './harness.js'
import assert from 'node:assert/strict'
import { DAY, HOUR, listIds, MINUTE, start } from './fixtures.js'
import {
  assertRefused,
  assertReused,
  exchanged,
  newFamily,
  rotation,
  startFamily,
} from './family-fixtures.js'

/** Tokens that were spent. */
export const reuses: readonly ConformanceTest[] = [
  {
    title: 'ends the session where its parent comes after the grace',
    async run(scene) {
      const { id, family } = await startFamily(scene, 3, { data: { a: '1' } })
      await scene.advance(11 * MINUTE)
      await assertReused(scene, id, rotation(family, 2))
    },
  },
  {
    title: 'ends the session where its parent comes at once, and there is no grace',
    async run(scene) {
      const { id, family } = await startFamily(scene, 2)
      await assertReused(scene, id, rotation(family, 1, { grace: 0 }))
    },
  },
  ...[1, 2].map((shown): ConformanceTest => ({
    title: `ends the session where token ${shown} of 4 comes, within all grace and forgiveness`,
    async run(scene) {
      const { id, family } = await startFamily(scene, 4)
      await assertReused(scene, id, rotation(family, shown, { grace: HOUR, forgiveFor: DAY }))
    },
  })),
  {
    title: 'ends the session where a token is none that there ever was',
    async run(scene) {
      const { id, family } = await startFamily(scene, 1)
      await assertReused(scene, id, rotation(family, 0, { grace: HOUR, forgiveFor: DAY }))
    },
  },
  {
    title: 'ends an anonymous session too, and no other session by it',
    async run(scene) {
      const { store } = scene
      const { id, family } = await startFamily(scene, 3, { subject: undefined })
      await assertReused(scene, id, rotation(family, 1))
      const mine = await startFamily(scene, 3)
      const { id: rest } = await start(store)
      const result = await store.rotate(mine.id, rotation(mine.family, 1))
      assert.equal(result.status, 'reused')
      assert.deepEqual(await listIds(store, 'ann'), [rest])
      assert.equal((await store.readSubject('ann')).epoch, 0)
    },
  },
]

/** Tokens that come at the wrong time, from the wrong client, or of the wrong family. */
export const refusals: readonly ConformanceTest[] = [
  {
    title: 'refuses a token of a session without a family, or of another family',
    async run(scene) {
      const { id } = await start(scene.store)
      await assertRefused(scene, id, rotation(newFamily(), 1), 'unknown')
      const mine = await startFamily(scene, 3)
      for (const generation of [1, 2, 3, 4, 9]) {
        await assertRefused(scene, mine.id, rotation(newFamily(), generation), 'unknown')
      }
    },
  },
  {
    title: 'refuses a token that another client presents, spent or not',
    async run(scene) {
      const { store } = scene
      const plain = await startFamily(scene, 3)
      for (const generation of [1, 2, 3, 4, 9]) {
        const shown = rotation(plain.family, generation, { client: 'app' })
        await assertRefused(scene, plain.id, shown, 'client')
      }
      const family = newFamily()
      const { id } = await start(store, { family, traits: { client: 'app' } })
      for (const client of [undefined, 'App', '', 'other']) {
        await assertRefused(scene, id, rotation(family, 1, { client }), 'client')
      }
      exchanged(await store.rotate(id, rotation(family, 1, { client: 'app' })), 'rotated')
    },
  },
  {
    title: 'refuses a token that nobody can have been given, and ends nothing',
    async run(scene) {
      const { id, family } = await startFamily(scene, 3)
      for (const generation of [5, 6, 1_000_000]) {
        await assertRefused(scene, id, rotation(family, generation), 'ahead')
      }
    },
  },
  {
    title: 'refuses tokens when the time since the last exchange is over, spent or not',
    async run(scene) {
      const { store, advance } = scene
      const { id, family } = await startFamily(scene, 2)
      const limited = { idleTimeout: 2 * HOUR }
      await advance(HOUR)
      exchanged(await store.rotate(id, rotation(family, 2, limited)), 'rotated')
      await advance(90 * MINUTE)
      exchanged(await store.rotate(id, rotation(family, 3, limited)), 'rotated')
      await advance(2 * HOUR)
      for (const generation of [1, 3, 4, 5, 9]) {
        await assertRefused(scene, id, rotation(family, generation, limited), 'expired')
      }
      exchanged(await store.rotate(id, rotation(family, 4)), 'rotated')
    },
  },
  {
    title: 'refuses tokens when the time of the family is over, however often they were exchanged',
    async run(scene) {
      const { store, advance } = scene
      const { id, family } = await startFamily(scene, 1, { family: newFamily(3 * HOUR) })
      for (let shown = 1; shown <= 5; shown += 1) {
        await advance(HOUR / 2)
        exchanged(await store.rotate(id, rotation(family, shown)), 'rotated')
      }
      await advance(HOUR / 2)
      for (const generation of [1, 5, 6, 7, 9]) {
        await assertRefused(scene, id, rotation(family, generation), 'expired')
      }
    },
  },
  {
    title: 'looks for the family first, then for the client, then for the time',
    async run(scene) {
      const { store, advance } = scene
      const family = newFamily(HOUR)
      const { id } = await start(store, { family, traits: { client: 'app' }, idleTimeout: DAY })
      await advance(2 * HOUR)
      await assertRefused(scene, id, rotation(newFamily(), 1), 'unknown')
      await assertRefused(scene, id, rotation(family, 1), 'client')
      await assertRefused(scene, id, rotation(family, 1, { client: 'app' }), 'expired')
    },
  },
]
