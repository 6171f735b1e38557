import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../workspace/build.mjs'
import { runNode } from '../workspace/command.mjs'
import { installPackages } from '../workspace/packages.mjs'
import { ROOT, cachePath } from '../workspace/places.mjs'
import { installSystemParts } from '../workspace/system-parts.mjs'
import { runTwice } from './again.mjs'
import { countTests } from './counts.mjs'

/**
 * The parts a person may ask for with `--only`.
 *
 * @typedef {'lint' | 'unit' | 'integration' | 'browser'} Part
 * @typedef {{ passed: number, failed: number, skipped: string[], again: string[] }} Counts
 * @typedef {{ code: number, counts?: Counts }} Outcome
 * @typedef {{ name: string, parts: readonly Part[], needed?: () => boolean, isBeside?: true, run: () => Promise<Outcome> }} Step
 */

/** @type {readonly Part[]} */
export const PARTS = ['lint', 'unit', 'integration', 'browser']

const PLAYWRIGHT_CONFIG = 'service/test/browser/playwright.config.ts'

/**
 * In this order, because it is the order of cost: what fails in a second must not wait for what fails
 * in a minute. `parts` lists the `--only` words for which a step runs too; a full run takes all steps. One that
 * `isBeside` runs at the same time as the step before it: npm computes while apt waits for the network, and in a sixth of
 * their time the integration tests wait, and leave it to prettier and eslint.
 *
 * @type {readonly Step[]}
 */
export const STEPS = [
  { name: 'packages', parts: PARTS, run: () => quiet(installPackages) },
  {
    name: 'system parts',
    parts: ['integration', 'browser'],
    isBeside: true,
    run: () => quiet(installSystemParts),
  },
  { name: 'build', parts: PARTS, run: () => quiet(build) },
  { name: 'layers', parts: ['lint'], run: () => script('tools/layers.mjs') },
  { name: 'unit tests', parts: ['unit'], run: () => vitest('unit') },
  {
    name: 'types of tests',
    parts: ['lint'],
    isBeside: true,
    run: () => patiently('typescript-7/bin/tsc', '-p', 'tsconfig.test.json'),
  },
  { name: 'integration tests', parts: ['integration'], run: () => vitest('integration') },
  {
    name: 'prettier',
    parts: ['lint'],
    isBeside: true,
    run: () =>
      patiently('prettier/bin/prettier.cjs', '--check', '.', '--cache', '--cache-strategy=content'),
  },
  {
    name: 'eslint',
    parts: ['lint'],
    isBeside: true,
    run: () => patiently('eslint/bin/eslint.js', '.', '--max-warnings=0'),
  },
  { name: 'browser tests', parts: ['browser'], needed: hasBrowserTests, run: playwright },
  { name: 'checklist', parts: [], run: () => script('tools/checklist.mjs', '--check', '--brief') },
]

/**
 * Where the JSON report of one kind of tests lies; tools/checklist.mjs reads the same files.
 *
 * @param {Part} part
 * @returns {string}
 */
export function reportPath(part) {
  return cachePath(`results-${part}.json`)
}

/** @returns {boolean} */
function hasBrowserTests() {
  return existsSync(`${ROOT}/${PLAYWRIGHT_CONFIG}`)
}

/**
 * A step that throws where it fails.
 *
 * @param {() => Promise<void>} work
 * @returns {Promise<Outcome>}
 */
async function quiet(work) {
  await work()
  return { code: 0 }
}

/**
 * @param {string} path
 * @param {...string} args
 * @returns {Promise<Outcome>}
 */
async function script(path, ...args) {
  return { code: await runNode(path, args) }
}

/**
 * Unit tests have nothing to wait for: one that fails has failed. Of `integration`, files that failed run once more alone.
 *
 * @param {'unit' | 'integration'} project
 * @returns {Promise<Outcome>}
 */
async function vitest(project) {
  const report = reportPath(project)
  const papers = { report, doubts: cachePath(`doubts-${project}.json`) }
  rmSync(papers.doubts, { force: true })
  const code =
    project === 'unit'
      ? await runVitest(project, papers)
      : await runTwice(papers, (its, files) => runVitest(project, its, files))
  return { code, counts: countTests(report) }
}

/**
 * @param {string} project
 * @param {import('./again.mjs').Papers} papers
 * @param {readonly string[]} [files] where it is not all of them: one after the other
 * @returns {Promise<number>}
 */
function runVitest(project, { report, doubts }, files = []) {
  const reporters = ['default', 'json', './tools/suite/doubts-reporter.mjs']
  const args = [
    'run',
    // Each part of a project: `integration-alone` belongs to `integration`.
    ...['--project', `${project}*`],
    ...reporters.map((name) => `--reporter=${name}`),
    `--outputFile.json=${report}`,
    ...(files.length > 0 ? ['--no-file-parallelism', ...files] : []),
  ]
  return inFolder((env) =>
    runNode('node_modules/vitest/vitest.mjs', args, { env: { ...env, SUITE_DOUBTS: doubts } }),
  )
}

/** @returns {Promise<Outcome>} */
async function playwright() {
  const report = reportPath('browser')
  const args = ['test', '-c', PLAYWRIGHT_CONFIG, '--reporter=list,json']
  const code = await inFolder((env) =>
    runNode('node_modules/@playwright/test/cli.js', args, {
      env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
    }),
  )
  return { code, counts: countTests(report) }
}

/**
 * A tool that takes the processor only where nobody else wants it.
 *
 * @param {string} path inside node_modules
 * @param {...string} args
 * @returns {Promise<Outcome>}
 */
async function patiently(path, ...args) {
  return { code: await runNode(`node_modules/${path}`, args, { isPatient: true }) }
}

/**
 * Runs tests with a temporary folder that is removed afterwards: workers are ended by signals, and leave theirs behind.
 *
 * @param {(env: { TMPDIR: string }) => Promise<number>} run
 * @returns {Promise<number>}
 */
async function inFolder(run) {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-suite-'))
  // Some tests start programs as somebody else.
  chmodSync(folder, 0o755)
  try {
    return await run({ TMPDIR: folder })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
