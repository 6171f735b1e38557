import { columns } from '../workspace/columns.mjs'
import { readable } from '../workspace/progress.mjs'

/** @typedef {import('./suite.mjs').Line} Line */

/**
 * What ran, how it ended and how long it took; below it, by name, each test that was skipped, and each that ran twice.
 *
 * @param {readonly Line[]} lines
 * @returns {string}
 */
export function table(lines) {
  const head = ['step', 'result', 'time', 'passed', 'failed', 'skipped']
  const rows = [...lines.map(row), ['all', '', readable(totalOf(lines)), '', '', '']]
  const all = lines.flatMap(({ counts }) => (counts === undefined ? [] : [counts]))
  return [
    columns([head, ...rows]),
    ...list(
      'skipped',
      all.flatMap(({ skipped }) => skipped),
    ),
    ...list(
      'failed beside others, and ran once more alone',
      all.flatMap(({ again }) => again),
    ),
  ].join('\n')
}

/**
 * Of steps that run beside each other, the longest counts.
 *
 * @param {readonly Line[]} lines
 * @returns {number} milliseconds
 */
function totalOf(lines) {
  let [total, longest] = [0, 0]
  for (const { took, isBeside } of lines) {
    if (isBeside === true) longest = Math.max(longest, took)
    else [total, longest] = [total + longest, took]
  }
  return total + longest
}

/**
 * @param {string} heading
 * @param {readonly string[]} names
 * @returns {string[]}
 */
function list(heading, names) {
  return names.length > 0 ? ['', `${heading}:`, ...names.map((name) => `  ${name}`)] : []
}

/**
 * @param {Line} line
 * @returns {string[]}
 */
function row({ name, state, took, counts }) {
  const time = took > 0 ? readable(took) : ''
  if (counts === undefined) return [name, state, time, '', '', '']
  const { passed, failed, skipped } = counts
  return [name, state, time, String(passed), String(failed), String(skipped.length)]
}

/**
 * `N passed, N failed`: the tests of all runners together. A step that failed without a failed test
 * (a lint, a build, a runner that crashed) counts as one failure.
 *
 * @param {readonly Line[]} lines
 * @returns {string}
 */
export function closingLine(lines) {
  const passed = lines.reduce((sum, { counts }) => sum + (counts?.passed ?? 0), 0)
  const failed = lines.reduce((sum, { counts, state }) => {
    const own = counts?.failed ?? 0
    return sum + (state === 'failed' ? Math.max(own, 1) : own)
  }, 0)
  return `${String(passed)} passed, ${String(failed)} failed`
}
