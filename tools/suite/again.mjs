import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Tests that keep to a time share two cores with others, and one among thousands may fail of that. So files that failed run
 * once more with nothing beside them. What fails again has failed. What passes then is named at the end of the run, not hidden:
 * it is a test to mend, or a machine too small.
 */

/** More files than that do not fail by chance: what was changed is wrong, and is told sooner so. */
const MOST_FILES = 5

/**
 * @typedef {import('./results.mjs').VitestFile} VitestFile
 * @typedef {{ testResults: VitestFile[] }} Report
 * @typedef {{ report: string, doubts: string }} Papers where a run leaves its JSON report, and the files that failed in it
 */

/**
 * @param {Papers} papers
 * @param {(papers: Papers, files?: readonly string[]) => Promise<number>} run answers the exit code; with files, of these alone
 * @returns {Promise<number>}
 */
export async function runTwice(papers, run) {
  const code = await run(papers)
  const files = code === 0 ? [] : filesInDoubt(papers.doubts)
  if (files.length === 0 || files.length > MOST_FILES) return code
  console.log(`\nonce more, with nothing beside them: ${files.join(', ')}`)
  const second = { report: `${papers.report}.second`, doubts: papers.doubts }
  try {
    return await run(second, files)
  } finally {
    if (existsSync(second.report)) replaceResults(papers.report, second.report)
    rmSync(second.report, { force: true })
  }
}

/**
 * None where an error was caught by nobody and belongs to no file: then there is nothing to run again.
 *
 * @param {string} path
 * @returns {string[]}
 */
function filesInDoubt(path) {
  /** @type {(string | null)[]} */
  const files = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []
  const known = files.filter((file) => file !== null)
  return known.length === files.length ? known : []
}

/**
 * Puts what the second run found in the place of what the first did, with the names of what had failed.
 *
 * @param {string} first
 * @param {string} second
 */
function replaceResults(first, second) {
  const [report, later] = [read(first), read(second)]
  const found = new Map(later.testResults.map((file) => [file.name, file]))
  const testResults = report.testResults.map((file) => {
    const again = found.get(file.name)
    return again === undefined ? file : { ...again, failedBefore: failures(file) }
  })
  writeFileSync(first, JSON.stringify({ ...report, testResults }))
}

/**
 * @param {VitestFile} file
 * @returns {string[]}
 */
function failures({ assertionResults }) {
  const titles = assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ title }) => title)
  return titles.length > 0 ? titles : ['(not a test: what is around them)']
}

/**
 * @param {string} path
 * @returns {Report}
 */
function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
