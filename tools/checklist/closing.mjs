import { NOT_APPLICABLE } from './rows.mjs'
import { readTitle } from './titles.mjs'

/**
 * @typedef {import('./rows.mjs').Row} Row
 * @typedef {import('../suite/results.mjs').TestResult} TestResult
 * @typedef {Row & { closed: boolean, exempt: string | undefined, files: string[], why: string }} JudgedRow
 * @typedef {{ file: string, title: string, problem: string }} TitleProblem
 */

/**
 * Judges each row by the tests that name it. A row is closed when at least one of them passed and
 * none failed; skipped tests prove nothing. A row that does not apply is neither closed nor open; a test
 * that names it all the same says that it does.
 *
 * @param {readonly Row[]} rows
 * @param {readonly TestResult[]} results
 * @param {Readonly<Record<string, string>>} [notApplicable]
 * @returns {{ rows: JudgedRow[], problems: TitleProblem[] }}
 */
export function judge(rows, results, notApplicable = NOT_APPLICABLE) {
  const known = new Set(rows.map(({ id }) => id))
  /** @type {Map<string, TestResult[]>} */
  const proofs = new Map()
  /** @type {TitleProblem[]} */
  const problems = []
  for (const result of results) {
    const read = readTitle(result.title, known)
    for (const id of read.ids) proofs.set(id, [...(proofs.get(id) ?? []), result])
    const exempt = read.ids.filter((id) => Object.hasOwn(notApplicable, id))
    const misfits = exempt.map((id) => `names ${id}, which is written down as not applicable`)
    for (const problem of [...read.problems, ...misfits]) problems.push({ ...result, problem })
  }
  for (const id of Object.keys(notApplicable)) {
    if (known.has(id) && id.startsWith('ASVS ')) continue
    const file = 'tools/checklist/not-applicable.json'
    problems.push({ file, title: id, problem: 'is no row of ASVS' })
  }
  const judged = rows.map((row) => ({
    ...judgeRow(row, proofs.get(row.id) ?? []),
    exempt: notApplicable[row.id],
  }))
  return { rows: judged, problems }
}

/**
 * @param {Row} row
 * @param {readonly TestResult[]} tests
 * @returns {Omit<JudgedRow, 'exempt'>}
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
