import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * Two projects, the second in two parts. `unit` starts no server and no process and must stay under 20 seconds: people run it
 * while they write. `integration` is everything else. A test belongs there by where it lies or what
 * it is called, so that nobody has to keep a list:
 *
 *   *.integration.test.ts                    needs a server of its own, a process, or seconds
 *   *conformance.test.ts                     a whole store conformance suite
 *   redis/ sqlite/ fault/ attack/            in library/test: a folder of that name in the path,
 *   differential/                            or one that compares with another package
 *   service/test/ outside service/test/unit/ the service as a whole
 *   *.alone.integration.test.ts              `integration-alone`: what leaves its process changed, such as settings of TLS
 *
 * service/test/browser belongs to Playwright and runs in neither.
 */
const SLOW_IN_LIBRARY = [
  'library/test/**/*.integration.test.ts',
  'library/test/**/*conformance.test.ts',
  'library/test/**/{redis,sqlite,fault,attack,differential}/**/*.test.ts',
]
const SLOW_IN_SERVICE = 'service/test/unit/**/*.integration.test.ts'
const ALONE = '{library,service}/test/**/*.alone.integration.test.ts'
const BROWSER = 'service/test/browser/**'

/** Fails a file that changes its process for those after it: see there. */
const LEAVES_NOTHING = 'library/test/support/leaves-nothing.ts'

/**
 * The service imports `sojourn` by name, which Node answers with the built files. Tests get the sources
 * instead: no stale build, and one copy of each class whichever way it is imported.
 */
const alias = Object.entries(exportsOfLibrary()).map(([name, built]) => ({
  find: new RegExp(`^sojourn${name.slice(1)}$`),
  replacement: fileURLToPath(
    new URL(built.replace(/^\.\/dist\/(.*)\.js$/, './library/src/$1.ts'), import.meta.url),
  ),
}))

function exportsOfLibrary(): Record<string, string> {
  const text = readFileSync(new URL('library/package.json', import.meta.url), 'utf8')
  const { exports } = JSON.parse(text) as { exports: Record<string, string> }
  return Object.fromEntries(Object.entries(exports).filter(([, path]) => path.endsWith('.js')))
}

export default defineConfig({
  resolve: { alias },
  // The pages of the service are Preact, rendered on the server.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // What the unit tests had compiled need not be compiled again for the integration tests.
    experimental: { fsModuleCache: true },
    // No hidden flakiness: `npm test` runs a file that failed once more, alone, and tells (tools/suite/again.mjs).
    retry: 0,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['library/test/**/*.test.ts', 'service/test/unit/**/*.test.ts'],
          exclude: [...SLOW_IN_LIBRARY, SLOW_IN_SERVICE],
          // One process for many files: loading the modules anew for each took longer than the tests.
          isolate: false,
          setupFiles: [LEAVES_NOTHING],
          testTimeout: 10_000,
          hookTimeout: 10_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [...SLOW_IN_LIBRARY, 'service/test/**/*.test.ts'],
          exclude: ['service/test/unit/**/!(*.integration).test.ts', BROWSER, ALONE],
          // As in `unit`. Whoever changes the process puts it back (LEAVES_NOTHING sees to it); what must be a process of its own (a crash, a
          // bound on memory, a compiler) is started as one by its test.
          isolate: false,
          setupFiles: [LEAVES_NOTHING],
          // They wait for servers and timers as often as they compute: a third one fills the gaps.
          maxWorkers: 3,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration-alone',
          include: [ALONE],
          isolate: true,
          maxWorkers: 3,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['library/src/**', 'service/src/**'],
      reporter: ['text-summary', 'html'],
      reportsDirectory: 'coverage',
    },
  },
})
