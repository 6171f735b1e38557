import { readResults, readSecondTries } from './results.mjs'

/**
 * How many tests of a report passed and failed, which were skipped, and which passed only when they ran again. No report means that the
 * runner did not get as far as writing one: nothing passed, and the caller's exit code says the rest.
 *
 * @param {string} report
 * @returns {import('./steps.mjs').Counts}
 */
export function countTests(report) {
  const results = readResults(report) ?? []
  const skipped = results.filter(({ outcome }) => outcome === 'skipped')
  return {
    passed: results.filter(({ outcome }) => outcome === 'passed').length,
    failed: results.filter(({ outcome }) => outcome === 'failed').length,
    skipped: skipped.map(({ file, title }) => `${file}: ${title}`),
    again: readSecondTries(report),
  }
}
