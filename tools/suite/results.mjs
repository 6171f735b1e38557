import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { ROOT } from '../workspace/places.mjs'

/**
 * One test as a runner reported it. `title` is its own title, without those of the groups around it;
 * `file` is relative to the root.
 *
 * @typedef {{ title: string, file: string, outcome: 'passed' | 'failed' | 'skipped' }} TestResult
 */

/**
 * The tests in a JSON report of vitest or Playwright; `undefined` where there is no report.
 *
 * @param {string} path
 * @returns {TestResult[] | undefined}
 */
export function readResults(path) {
  if (!existsSync(path)) return undefined
  const report = JSON.parse(readFileSync(path, 'utf8'))
  return 'testResults' in report ? fromVitest(report) : fromPlaywright(report)
}

/**
 * What failed in a report at first and passed when it ran again (again.mjs; Playwright's retries), as `file: title`.
 *
 * @param {string} path
 * @returns {string[]}
 */
export function readSecondTries(path) {
  if (!existsSync(path)) return []
  const report = JSON.parse(readFileSync(path, 'utf8'))
  if ('testResults' in report) {
    /** @type {VitestFile[]} */
    const files = report.testResults
    return files.flatMap(({ name, failedBefore = [] }) =>
      failedBefore.map((title) => `${shortPath(name)}: ${title}`),
    )
  }
  /** @type {PlaywrightSuite[]} */
  const suites = report.suites
  return suites
    .flatMap(specsOf)
    .filter(({ tests }) => tests.some(({ status }) => status === 'flaky'))
    .map(({ file, title }) => `${file}: ${title}`)
}

/**
 * @typedef {{ title: string, status: string }} VitestCase
 * @typedef {{ name: string, status: string, assertionResults: VitestCase[], failedBefore?: string[] }} VitestFile
 * @param {{ testResults: VitestFile[] }} report
 * @returns {TestResult[]}
 */
function fromVitest(report) {
  return report.testResults.flatMap((file) => {
    const tests = file.assertionResults.map(({ title, status }) => ({
      title,
      file: shortPath(file.name),
      outcome: outcomeOf(status),
    }))
    return isBrokenFile(file) ? [...tests, brokenFile(file.name)] : tests
  })
}

/**
 * A file that does not load, or whose set-up fails, fails without a failed test of its own.
 *
 * @param {VitestFile} file
 * @returns {boolean}
 */
function isBrokenFile(file) {
  return (
    file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed')
  )
}

/**
 * @param {string} path
 * @returns {TestResult}
 */
function brokenFile(path) {
  return { title: '(the file itself failed)', file: shortPath(path), outcome: 'failed' }
}

/**
 * @typedef {{ status: string, results: { status: string }[] }} PlaywrightRun
 * @typedef {{ title: string, file: string, tests: PlaywrightRun[] }} PlaywrightSpec
 * @typedef {{ specs?: PlaywrightSpec[], suites?: PlaywrightSuite[] }} PlaywrightSuite
 * @param {{ suites: PlaywrightSuite[], errors?: unknown[], config?: { rootDir?: string } }} report
 * @returns {TestResult[]}
 */
function fromPlaywright(report) {
  const folder = report.config?.rootDir ?? ''
  const tests = report.suites.flatMap(specsOf).flatMap((spec) =>
    spec.tests.map((test) => ({
      title: spec.title,
      file: shortPath(folder === '' ? spec.file : `${folder}/${spec.file}`),
      outcome: outcomeOfRun(test),
    })),
  )
  const faults = report.errors ?? []
  return [...tests, ...faults.map(() => brokenFile(folder))]
}

/**
 * @param {PlaywrightSuite} suite
 * @returns {PlaywrightSpec[]}
 */
function specsOf(suite) {
  return [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)]
}

/**
 * What counts is the last attempt itself: "expected" also covers a test that is expected to fail.
 *
 * @param {PlaywrightRun} run
 * @returns {TestResult['outcome']}
 */
function outcomeOfRun(run) {
  if (run.status === 'skipped') return 'skipped'
  return outcomeOf(run.results.at(-1)?.status ?? 'failed')
}

/**
 * @param {string} status
 * @returns {TestResult['outcome']}
 */
function outcomeOf(status) {
  if (status === 'passed') return 'passed'
  return ['pending', 'skipped', 'todo', 'disabled'].includes(status) ? 'skipped' : 'failed'
}

/**
 * @param {string} path
 * @returns {string}
 */
function shortPath(path) {
  return isAbsolute(path) ? relative(ROOT, path) : path
}
