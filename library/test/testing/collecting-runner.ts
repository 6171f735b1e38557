import type { TestRunner } from '../../src/testing/index.js'

/** What became of every test. */
export interface Outcomes {
  readonly passed: readonly string[]
  readonly failed: ReadonlyMap<string, Error>
}

/** A test runner that keeps the tests, and tells afterwards how each went instead of failing. */
export function createCollectingRunner(): TestRunner & {
  /** @param only - the tests to run, by name; default all. */
  run(only?: readonly string[]): Promise<Outcomes>
} {
  const tests = new Map<string, () => Promise<void>>()
  return {
    describe: (_, body) => body(),
    it(name, test) {
      if (tests.has(name)) throw new Error(`two tests are called “${name}”`)
      tests.set(name, test)
    },
    async run(only) {
      const passed: string[] = []
      const failed = new Map<string, Error>()
      for (const name of only ?? []) {
        if (!tests.has(name)) throw new Error(`no test is called “${name}”`)
      }
      for (const [name, test] of tests) {
        if (only?.includes(name) === false) continue
        await test().then(
          () => passed.push(name),
          (error: unknown) => failed.set(name, error as Error),
        )
      }
      return { passed, failed }
    },
  }
}
