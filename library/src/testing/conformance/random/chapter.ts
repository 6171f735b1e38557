import assert from 'node:assert/strict'
import { randomBelow } from '../../../system/random.js'
import type { Chapter, ConformanceTest, Scene } from '../harness.js'
import { listAll, newId } from '../fixtures.js'
import { Model } from './model.js'
import { loadFastCheck, operations, SUBJECTS, type Operation } from './operations.js'
import { play, settle } from './steps.js'
import type { World } from './world.js'

/** Long enough to build up tangled states, short enough for a failure to shrink to a few lines. */
const RUN_LENGTH = 300

function againstTheModel(count: number): ConformanceTest {
  // Behaviour 9b asks for a simulation of this size; a shorter one proves it only in part.
  const id = count >= 100_000 ? 'behaviour 9b: ' : ''
  return {
    title: `${id}after ${count.toLocaleString('en')} random operations it agrees with the model, and creates - live = ends`,
    async run(scene) {
      const fc = await loadFastCheck()
      const runs = fc.array(operations(fc), { minLength: 1, maxLength: RUN_LENGTH, size: 'max' })
      const seed = scene.options.seed ?? randomBelow(2 ** 31)
      let played = 0
      const property = fc.asyncProperty(runs, async (drawn) => {
        played += drawn.length
        await scene.elsewhere((fresh) => run(fresh, drawn))
      })
      for (let round = 0; played < count; round += 1) {
        await fc.assert(property, {
          seed: seed + round,
          numRuns: 10,
          // A slow store must not spend the test's time on shrinking what it has found.
          interruptAfterTimeLimit: scene.options.timeout / 2,
        })
      }
    },
  }
}

async function run(scene: Scene, drawn: readonly Operation[]): Promise<void> {
  const { now: origin } = await scene.store.read(newId(scene.store, 'ann'))
  const world: World = { scene, model: new Model(), origin, reapedAt: 0 }
  for (const operation of drawn) await play(world, operation)
  await settle(world)
  await reconcile(world)
}

/** Every session that was created is either live, or its end was reported exactly once. */
async function reconcile({ scene, model }: World): Promise<void> {
  const created = model.sessions.filter(({ record }) => record.subject !== undefined).length
  const ends = [...model.ends.values()].reduce((sum, count) => sum + count, 0)
  const lists = await Promise.all(SUBJECTS.map((subject) => listAll(scene.other, subject)))
  assert.equal(created - lists.flat().length, ends, 'creates - live does not equal the ends')
}

/** Random operations through both handles, compared one by one with the simplest store there can be. */
export const randomOperations: Chapter = {
  title: 'random operations',
  tests: (options) => [againstTheModel(options.operations)],
}
