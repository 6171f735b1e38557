import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../workspace/build.mjs'
import { runNode } from '../workspace/command.mjs'
import { installPackages } from '../workspace/packages.mjs'
import { ROOT, cachePath } from '../workspace/places.mjs'
import { installSystemParts } from '../workspace/system-parts.mjs'
import { countTests } from './counts.mjs'

/**
 * The parts a person may ask for with `--only`.
 *
 * @typedef {'lint' | 'unit' | 'integration' | 'browser'} Part
 * @typedef {{ passed: number, failed: number, skipped: string[] }} Counts
 * @typedef {{ code: number, counts?: Counts }} Outcome
 * @typedef {{ name: string, parts: readonly Part[], needed?: () => boolean, isBeside?: true, run: () => Promise<Outcome> }} Step
 */

/** @type {readonly Part[]} */
export const PARTS = ['lint', 'unit', 'integration', 'browser']

const PLAYWRIGHT_CONFIG = 'service/test/browser/playwright.config.ts'

/**
 * In this order, because it is the order of cost: what fails in a second must not wait for what fails
 * in a minute. `parts` lists the `--only` words for which a step runs too; a full run takes all steps. One that
 * `isBeside` runs at the same time as the step before it: the compiler and eslint use one core each, and a browser mostly waits.
 *
 * @type {readonly Step[]}
 */
export const STEPS = [
  { name: 'packages', parts: PARTS, run: () => quiet(installPackages) },
  { name: 'system parts', parts: ['integration', 'browser'], run: () => quiet(installSystemParts) },
  { name: 'build', parts: PARTS, run: () => quiet(build) },
  {
    name: 'prettier',
    parts: ['lint'],
    isBeside: true,
    run: () =>
      tool('prettier/bin/prettier.cjs', '--check', '.', '--cache', '--cache-strategy=content'),
  },
  { name: 'layers', parts: ['lint'], run: () => script('tools/layers.mjs') },
  {
    name: 'types of tests',
    parts: ['lint'],
    run: () => tool('typescript-7/bin/tsc', '-p', 'tsconfig.test.json'),
  },
  { name: 'unit tests', parts: ['unit'], run: () => vitest('unit') },
  { name: 'integration tests', parts: ['integration'], run: () => vitest('integration') },
  { name: 'browser tests', parts: ['browser'], needed: hasBrowserTests, run: playwright },
  {
    name: 'eslint',
    parts: ['lint'],
    isBeside: true,
    run: () => tool('eslint/bin/eslint.js', '.', '--max-warnings=0'),
  },
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
 * @param {string} path inside node_modules
 * @param {...string} args
 * @returns {Promise<Outcome>}
 */
function tool(path, ...args) {
  return script(`node_modules/${path}`, ...args)
}

/**
 * @param {'unit' | 'integration'} project
 * @returns {Promise<Outcome>}
 */
async function vitest(project) {
  const report = reportPath(project)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  // Each part of a project: `integration-alone` belongs to `integration`.
  const args = ['run', '--project', `${project}*`, ...reporters]
  const code = await inFolder((env) => runNode('node_modules/vitest/vitest.mjs', args, { env }))
  return { code, counts: countTests(report) }
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
