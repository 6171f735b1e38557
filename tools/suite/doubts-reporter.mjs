import { writeFileSync } from 'node:fs'

/**
 * A reporter of vitest that leaves, at the path in the variable SUITE_DOUBTS, which files failed: by a test, around the tests,
 * or by an error that nobody caught while they ran (`null` where that is no file's). The JSON report knows nothing of the last.
 */
export default class DoubtsReporter {
  /**
   * @param {readonly { ok: () => boolean, moduleId: string }[]} modules
   * @param {readonly { VITEST_TEST_PATH?: string }[]} unhandled
   */
  onTestRunEnd(modules, unhandled) {
    const failed = modules.filter((module) => !module.ok()).map(({ moduleId }) => moduleId)
    const disturbed = unhandled.map((error) => error.VITEST_TEST_PATH ?? null)
    const path = process.env['SUITE_DOUBTS']
    if (path !== undefined) {
      writeFileSync(path, JSON.stringify([...new Set([...failed, ...disturbed])]))
    }
  }
}
