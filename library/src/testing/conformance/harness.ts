import type { Store } from '../../store/store.js'

/**
 * conformance/ owns the proof of the contract written in `store/store.ts`, sentence by sentence.
 * `store-conformance.ts` registers its chapters with whatever test runner is handed in; nothing here
 * imports one, and nothing reads the host's clock or sleeps but what waits for the change feed.
 */

/** One storage, opened for one test. */
export interface OpenedStore {
  /** A store on empty storage, with the default `StoreOptions`. */
  readonly store: Store
  /**
   * Moves the store's clock. Whatever the storage itself would have dropped by then (Redis keys whose
   * TTL is over, say) has to be gone afterwards. Time may also pass by itself: nothing relies on it standing still.
   */
  advance(milliseconds: number): void | Promise<void>
  /** Another handle on the same storage, as another process would hold it. Default: the same store. */
  second?(): Store | Promise<Store>
  /** Asserts what must always hold inside the storage, such as "every key has a TTL". Called after every test. */
  inspect?(): void | Promise<void>
  /** Closes every handle and removes what was stored. */
  close(): void | Promise<void>
}

/** Opens storages, and reaches below the port where a few tests need that. */
export interface StoreHarness<Opened extends OpenedStore = OpenedStore> {
  /** A fresh, empty storage, independent of all others. */
  open(): Promise<Opened>
  /** Loses the subject's index but not the records, as a bug or an operator might. */
  forgetIndex?(opened: NoInfer<Opened>, subject: string): void | Promise<void>
  /** Makes the record of this session unreadable. */
  corrupt?(opened: NoInfer<Opened>, id: string): void | Promise<void>
  /** How many keys, rows or entries rest in the storage, once it has cleaned up as it does by itself. */
  countEntries?(opened: NoInfer<Opened>): number | Promise<number>
}

/**
 * The two functions of a test runner that the suite needs: those of vitest, jest, mocha and `node:test`
 * all fit. `timeout` is in milliseconds; runners that do not know a third argument ignore it.
 */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, run: () => Promise<void>, timeout?: number): unknown
}

/** How long the long parts of the suite are. */
export interface ConformanceOptions {
  /** Random operations checked against the model. Default 10,000. */
  readonly operations?: number
  /** Seed of the random operations, to repeat a run. Default: another one each time; a failure names it. */
  readonly seed?: number
  /** Sessions of one subject that `endAll` ends at once. Default 10,000. */
  readonly crowd?: number
  /** Milliseconds allowed for one test. Default 120,000. */
  readonly timeout?: number
}

/** What one test works with. */
export interface Scene {
  readonly store: Store
  /** Another handle on the same storage (or the same one, where the harness has no second). */
  readonly other: Store
  readonly options: Required<Omit<ConformanceOptions, 'seed'>> & {
    readonly seed: number | undefined
  }
  advance(milliseconds: number): Promise<void>
  forgetIndex(subject: string): Promise<void>
  corrupt(id: string): Promise<void>
  countEntries(): Promise<number>
  /** Plays another scene on a storage of its own. */
  elsewhere(run: (scene: Scene) => Promise<void>): Promise<void>
}

/** A hook of the harness without which a test cannot be run, and is left out. */
export type Need = 'forgetIndex' | 'corrupt' | 'countEntries'

/** One test: what it proves, and how. */
export interface ConformanceTest {
  readonly title: string
  readonly needs?: Need
  readonly run: (scene: Scene) => Promise<void>
}

/** The tests of one part of the contract. */
export interface Chapter {
  readonly title: string
  tests(options: Scene['options']): readonly ConformanceTest[]
}
