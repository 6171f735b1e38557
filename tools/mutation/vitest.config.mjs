import { defineConfig } from 'vitest/config'

/** The unit tests of the parts that are mutated, without those that look at files of the whole repository. */
const PARTS = '{credential,guard,keys,request,response,session,store,system}'

/**
 * Which tests are asked. All of them give the true score, and take long; those beside one file give the least that it can be,
 * soon: MUTATION_TESTS='library/test/guard/cross-origin.test.ts'.
 */
const TESTS = process.env['MUTATION_TESTS'] ?? `library/test/${PARTS}/**/*.test.ts`

export default defineConfig({
  test: {
    include: [TESTS],
    exclude: [
      'library/test/**/*.integration.test.ts',
      'library/test/**/*conformance.test.ts',
      'library/test/**/{redis,sqlite,fault,attack,differential}/**',
    ],
    // Beside everything else that a machine does, and with the coverage of each test noted.
    testTimeout: 120_000,
  },
})
