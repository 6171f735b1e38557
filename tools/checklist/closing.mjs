import { readTitle } from './titles.mjs'

/**
 * @typedef {import('./rows.mjs').Row} Row
 * @typedef {import('../suite/results.mjs').TestResult} TestResult
 * @typedef {Row & { closed: boolean, files: string[], why: string }} JudgedRow
 * @typedef {{ file: string, title: string, problem: string }} TitleProblem
 */

/**
 * Judges each row by the tests that name it. A row is closed when at least one of them passed and
 * none failed; skipped tests prove nothing.
 *
 * @param {readonly Row[]} rows
 * @param {readonly TestResult[]} results
 * @returns {{ rows: JudgedRow[], problems: TitleProblem[] }}
 */
export function judge(rows, results) {
  const known = new Set(rows.map(({ id }) => id))
  /** @type {Map<string, TestResult[]>} */
  const proofs = new Map()
  /** @type {TitleProblem[]} */
  const problems = []
  for (const result of results) {
    const read = readTitle(result.title, known)
    for (const id of read.ids) proofs.set(id, [...(proofs.get(id) ?? []), result])
    for (const problem of read.problems) problems.push({ ...result, problem })
  }
  return { rows: rows.map((row) => judgeRow(row, proofs.get(row.id) ?? [])), problems }
}

/**
 * @param {Row} row
 * @param {readonly TestResult[]} tests
 * @returns {JudgedRow}
 */
function judgeRow(row, tests) {
  const passed = tests.filter(({ outcome }) => outcome === 'passed')
  const failed = tests.filter(({ outcome }) => outcome === 'failed')
  const files = [...new Set((failed.length > 0 ? failed : passed).map(({ file }) => file))].sort()
  return {
    ...row,
    closed: passed.length > 0 && failed.length === 0,
    files,
    why: why(tests, failed),
  }
}

/**
 * @param {readonly TestResult[]} tests
 * @param {readonly TestResult[]} failed
 * @returns {string}
 */
function why(tests, failed) {
  if (failed.length > 0) return 'a test that names it failed'
  return tests.length > 0 && tests.every(({ outcome }) => outcome === 'skipped')
    ? 'each test that names it was skipped'
    : ''
}
