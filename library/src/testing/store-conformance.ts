import type {
  Chapter,
  ConformanceOptions,
  ConformanceTest,
  OpenedStore,
  Scene,
  StoreHarness,
  TestRunner,
} from './conformance/harness.js'
import { allowances } from './conformance/allowances.js'
import { attempts } from './conformance/attempts.js'
import { basics } from './conformance/basics.js'
import { concurrency } from './conformance/concurrency.js'
import { counters } from './conformance/counters.js'
import { dataChanges } from './conformance/data-changes.js'
import { documents } from './conformance/documents.js'
import { endAll } from './conformance/end-all.js'
import { endings } from './conformance/endings.js'
import { expiry } from './conformance/expiry.js'
import { factChanges } from './conformance/fact-changes.js'
import { families } from './conformance/families.js'
import { feed } from './conformance/feed.js'
import { goneForGood } from './conformance/gone.js'
import { idleTimeouts } from './conformance/idle-timeouts.js'
import { limits } from './conformance/limits.js'
import { moves } from './conformance/moving.js'
import { paging } from './conformance/paging.js'
import { randomOperations } from './conformance/random/chapter.js'
import { reaping } from './conformance/reaping.js'
import { rotationRaces } from './conformance/rotation-races.js'
import { rotations } from './conformance/rotation.js'
import { subjects } from './conformance/subjects.js'
import { texts } from './conformance/texts.js'
import { walks } from './conformance/walking.js'

const CHAPTERS: readonly Chapter[] = [
  basics,
  dataChanges,
  factChanges,
  idleTimeouts,
  families,
  rotations,
  texts,
  expiry,
  goneForGood,
  limits,
  endAll,
  reaping,
  subjects,
  documents,
  allowances,
  attempts,
  counters,
  paging,
  walks,
  moves,
  feed,
  endings,
  concurrency,
  rotationRaces,
  randomOperations,
]

const DEFAULTS: Scene['options'] = {
  operations: 10_000,
  crowd: 10_000,
  timeout: 120_000,
  seed: undefined,
}

/**
 * Registers the tests that hold a store to the contract in `Store`'s documentation.
 * Works with any runner (`describeStoreConformance('mine', harness, { describe, it })`); the random
 * operations need `fast-check` to be installed.
 *
 * A store passes when every sentence of the contract holds on its own storage: through one handle and
 * through two, under concurrency, and for {@link ConformanceOptions.operations} random operations.
 */
export function describeStoreConformance<Opened extends OpenedStore>(
  name: string,
  harness: StoreHarness<Opened>,
  runner: TestRunner,
  options: ConformanceOptions = {},
): void {
  const settings = { ...DEFAULTS, ...options }
  runner.describe(`${name} store`, () => {
    for (const chapter of CHAPTERS) {
      runner.describe(chapter.title, () => {
        for (const test of chapter.tests(settings)) register(test, harness, runner, settings)
      })
    }
  })
}

function register<Opened extends OpenedStore>(
  test: ConformanceTest,
  harness: StoreHarness<Opened>,
  runner: TestRunner,
  options: Scene['options'],
): void {
  if (test.needs !== undefined && harness[test.needs] === undefined) return
  runner.it(test.title, () => play(test.run, harness, options), options.timeout)
}

async function play<Opened extends OpenedStore>(
  run: (scene: Scene) => Promise<void>,
  harness: StoreHarness<Opened>,
  options: Scene['options'],
): Promise<void> {
  const opened = await harness.open()
  try {
    await run({
      store: opened.store,
      other: (await opened.second?.()) ?? opened.store,
      options,
      advance: async (milliseconds) => opened.advance(milliseconds),
      forgetIndex: async (subject) => harness.forgetIndex?.(opened, subject),
      corrupt: async (id) => harness.corrupt?.(opened, id),
      countEntries: async () => (await harness.countEntries?.(opened)) ?? 0,
      elsewhere: (inner) => play(inner, harness, options),
    })
    await opened.inspect?.()
  } finally {
    await opened.close()
  }
}
