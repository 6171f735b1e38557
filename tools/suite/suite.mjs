import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ROOT } from '../workspace/places.mjs'
import { StepFailed } from '../workspace/progress.mjs'
import { PARTS, STEPS, reportPath } from './steps.mjs'
import { closingLine, table } from './summary.mjs'

/** @typedef {import('./steps.mjs').Part} Part */
/** @typedef {import('./steps.mjs').Step} Step */
/** @typedef {{ name: string, state: 'passed' | 'failed' | 'not run' | 'not there', took: number, isBeside?: true, counts?: import('./steps.mjs').Counts }} Line */

/**
 * Runs the steps until one fails, prints the table and the closing line, and sets the exit code.
 *
 * @param {readonly string[]} args
 */
export async function runSuite(args) {
  process.chdir(ROOT)
  const only = wantedPart(args)
  forgetReports(only)
  const steps = STEPS.filter((step) => only === undefined || step.parts.includes(only))
  const lines = await runSteps(steps)
  console.log(`\n${table(lines)}\n\n${closingLine(lines)}`)
  if (lines.some(({ state }) => state === 'failed')) process.exitCode = 1
}

/**
 * @param {readonly Step[]} steps
 * @param {(heading: string) => void} [announce]
 * @returns {Promise<Line[]>}
 */
export async function runSteps(steps, announce = console.log) {
  /** @type {Line[]} */
  const lines = []
  for (const group of inGroups(steps)) {
    const hasFailed = lines.some(({ state }) => state === 'failed')
    lines.push(
      ...(hasFailed
        ? group.map(({ name }) => /** @type {Line} */ ({ name, state: 'not run', took: 0 }))
        : await Promise.all(group.map((step) => runStep(step, announce)))),
    )
  }
  return lines
}

/**
 * @param {readonly Step[]} steps
 * @returns {Step[][]} each with those that run at the same time
 */
function inGroups(steps) {
  /** @type {Step[][]} */
  const groups = []
  for (const step of steps) {
    const last = groups.at(-1)
    if (step.isBeside === true && last !== undefined) last.push(step)
    else groups.push([step])
  }
  return groups
}

/**
 * @param {Step} step
 * @param {(heading: string) => void} announce
 * @returns {Promise<Line>}
 */
async function runStep(step, announce) {
  if (step.needed?.() === false) return { name: step.name, state: 'not there', took: 0 }
  announce(`\n── ${step.name}`)
  const before = performance.now()
  const { code, counts } = await step.run().catch(explain)
  const state = code === 0 && (counts?.failed ?? 0) === 0 ? 'passed' : 'failed'
  const took = performance.now() - before
  const { name, isBeside } = step
  return { name, state, took, ...(isBeside && { isBeside }), ...(counts && { counts }) }
}

/**
 * @param {unknown} error
 * @returns {import('./steps.mjs').Outcome}
 */
function explain(error) {
  console.error(error instanceof StepFailed ? `sojourn: ${error.message}` : error)
  return { code: 1 }
}

/**
 * @param {readonly string[]} args
 * @returns {Part | undefined}
 */
function wantedPart(args) {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' } },
    allowPositionals: true,
    strict: false,
  })
  const part = PARTS.find((name) => name === values['only'])
  const isClear = positionals.length === 0 && Object.keys(values).every((name) => name === 'only')
  if (isClear && (part !== undefined || values['only'] === undefined)) return part
  throw new StepFailed(`usage: npm test [-- --only ${PARTS.join('|')}]`)
}

/**
 * A report of an earlier run must not speak for this one.
 *
 * @param {Part | undefined} only
 */
function forgetReports(only) {
  for (const part of only === undefined ? PARTS : [only]) rmSync(reportPath(part), { force: true })
}
