import type { Attempt, AttemptRule, Attempts, Rate, Spent } from '../../../store/counters.js'
import { randomBelow } from '../../../system/random.js'
import type * as FastCheckModule from 'fast-check'
import type { Arbitrary } from 'fast-check'
import assert from 'node:assert/strict'
import { assertAttempt, assertAttempts, assertSpent, countersOf } from '../counting.js'
import type { ConformanceTest, Scene } from '../harness.js'
import { loadFastCheck, STEP } from './operations.js'

/** Of each run: real time, where it passes, has to stay far below {@link STEP}. */
const RUN_LENGTH = 60

/** One drawn call. Times are counted in steps, so that no instant that matters is ever near the present one. */
type Operation = { readonly handle: 'store' | 'other'; readonly key: string } & (
  | { readonly kind: 'spend'; readonly quota: number; readonly cost: number }
  | { readonly kind: 'attempt'; readonly rule: AttemptRule }
  | { readonly kind: 'look' }
  | { readonly kind: 'forget' }
  | { readonly kind: 'advance'; readonly steps: number }
)

/** The simplest counters there can be, whose clock moves by steps. */
class Model {
  readonly #owed = new Map<string, number>()
  readonly #tallies = new Map<string, { count: number; isLocked: boolean; left: number }>()

  spend(key: string, quota: number, cost: number): Spent {
    const before = this.#owed.get(key) ?? 0
    const after = Math.max(before + cost, 0)
    const isAllowed = cost <= 0 || after <= quota
    const owed = isAllowed ? after : before
    this.#owed.set(key, owed)
    const wait = cost > quota ? Infinity : (after - quota) * STEP
    return {
      isAllowed,
      remaining: Math.max(quota - owed, 0),
      retryAfter: isAllowed ? 0 : wait,
      resetAfter: owed * STEP,
    }
  }

  attempt(key: string, { max, lockFor, forgetAfter }: AttemptRule): Attempt {
    const known = this.#tallies.get(key)
    if (known?.isLocked === true) {
      const { count, left } = known
      return { isAllowed: false, count, hasLocked: false, retryAfter: left }
    }
    const count = (known?.count ?? 0) + 1
    const isLocked = count >= max
    this.#tallies.set(key, { count, isLocked, left: isLocked ? lockFor : forgetAfter })
    return { isAllowed: true, count, hasLocked: isLocked, retryAfter: isLocked ? lockFor : 0 }
  }

  look(key: string): Attempts {
    const { count = 0, isLocked = false, left = 0 } = this.#tallies.get(key) ?? {}
    return { count, isLocked, resetAfter: left }
  }

  forget(key: string): number {
    const count = this.#tallies.get(key)?.count ?? 0
    this.#tallies.delete(key)
    return count
  }

  advance(steps: number): void {
    for (const [key, owed] of this.#owed) this.#owed.set(key, Math.max(owed - steps, 0))
    for (const [key, tally] of this.#tallies) {
      tally.left -= steps * STEP
      if (tally.left <= 0) this.#tallies.delete(key)
    }
  }
}

async function play(scene: Scene, model: Model, drawn: Operation): Promise<void> {
  const counters = countersOf(scene[drawn.handle])
  const { key } = drawn
  switch (drawn.kind) {
    case 'spend': {
      const { quota, cost } = drawn
      const rate: Rate = { quota, window: quota * STEP }
      assertSpent(await counters.spend(key, rate, cost), model.spend(key, quota, cost))
      return
    }
    case 'attempt':
      assertAttempt(await counters.attempt(key, drawn.rule), model.attempt(key, drawn.rule))
      return
    case 'look':
      assertAttempts(await counters.look(key), model.look(key))
      return
    case 'forget':
      assert.equal(await counters.forget(key), model.forget(key))
      return
    case 'advance':
      model.advance(drawn.steps)
      return scene.advance(drawn.steps * STEP)
  }
}

function operations(fc: typeof FastCheckModule): Arbitrary<Operation> {
  const common = {
    handle: fc.constantFrom('store' as const, 'other' as const),
    key: fc.constantFrom('k', 'K', 'k:1'),
  }
  const times = fc.integer({ min: 1, max: 4 }).map((steps) => steps * STEP)
  const rule = fc.record({
    max: fc.integer({ min: 1, max: 4 }),
    lockFor: times,
    forgetAfter: times,
  })
  const spending = {
    kind: fc.constant('spend' as const),
    quota: fc.constantFrom(3, 1, 2, 7),
    cost: fc.constantFrom(1, 0, 2, 4, -1, -3),
  }
  const steps = fc.integer({ min: 1, max: 3 })
  return fc.oneof(
    { weight: 10, arbitrary: fc.record({ ...common, ...spending }) },
    {
      weight: 10,
      arbitrary: fc.record({ ...common, kind: fc.constant('attempt' as const), rule }),
    },
    { weight: 2, arbitrary: fc.record({ ...common, kind: fc.constant('look' as const) }) },
    { weight: 1, arbitrary: fc.record({ ...common, kind: fc.constant('forget' as const) }) },
    {
      weight: 5,
      arbitrary: fc.record({ ...common, kind: fc.constant('advance' as const), steps }),
    },
  )
}

/** A fifth of the random operations, for there is less to go wrong. */
export function countersAgainstTheModel(most: number): ConformanceTest {
  const count = Math.ceil(most / 5)
  return {
    title: `agree with the model after ${count.toLocaleString('en')} random operations`,
    async run(scene) {
      if (scene.store.counters === undefined) return
      const fc = await loadFastCheck()
      const runs = fc.array(operations(fc), { minLength: 1, maxLength: RUN_LENGTH, size: 'max' })
      const seed = scene.options.seed ?? randomBelow(2 ** 31)
      let played = 0
      const property = fc.asyncProperty(runs, async (drawn) => {
        played += drawn.length
        await scene.elsewhere(async (fresh) => {
          const model = new Model()
          for (const operation of drawn) await play(fresh, model, operation)
        })
      })
      for (let round = 0; played < count; round += 1) {
        const interruptAfterTimeLimit = scene.options.timeout / 2
        await fc.assert(property, { seed: seed + round, numRuns: 10, interruptAfterTimeLimit })
      }
    },
  }
}
