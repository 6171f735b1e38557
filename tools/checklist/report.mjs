import { columns } from '../workspace/columns.mjs'
import { KINDS, behaviourGroups } from './rows.mjs'

/** @typedef {import('./closing.mjs').JudgedRow} JudgedRow */
/** @typedef {import('./closing.mjs').TitleProblem} TitleProblem */
/** @typedef {import('./rows.mjs').Kind} Kind */

const kinds = /** @type {Kind[]} */ (Object.keys(KINDS))

/**
 * How many rows of each kind are closed.
 *
 * @param {readonly JudgedRow[]} rows
 * @returns {string}
 */
export function summary(rows) {
  const lines = kinds.map((kind) =>
    counted(
      KINDS[kind],
      rows.filter((row) => row.kind === kind),
    ),
  )
  const closed = new Set(rows.filter((row) => row.closed).map(({ id }) => id))
  const groups = behaviourGroups().map(({ ids }) => ({
    closed: ids.every((id) => closed.has(id)),
    exempt: undefined,
  }))
  const [first = [], second = [], ...rest] = lines
  const table = [first, second, counted('  whole groups', groups), ...rest, counted('all', rows)]
  return columns([['', 'closed', 'of', 'not applicable', 'open'], ...table])
}

/**
 * @param {string} name
 * @param {readonly { closed: boolean, exempt: string | undefined }[]} rows
 * @returns {string[]}
 */
function counted(name, rows) {
  const closed = rows.filter((row) => row.closed).length
  const open = rows.filter(isOpen).length
  return [name, closed, rows.length, rows.length - closed - open, open].map(String)
}

/**
 * @param {{ closed: boolean, exempt: string | undefined }} row
 * @returns {boolean}
 */
function isOpen({ closed, exempt }) {
  return !closed && exempt === undefined
}

/**
 * The open ids of each kind, wrapped at 100 columns.
 *
 * @param {readonly JudgedRow[]} rows
 * @returns {string}
 */
export function openIds(rows) {
  return kinds
    .map((kind) => ({
      kind,
      ids: rows.filter((row) => row.kind === kind && isOpen(row)).map(({ id }) => bare(id)),
    }))
    .filter(({ ids }) => ids.length > 0)
    .map(({ kind, ids }) => `open ${KINDS[kind]}:\n${wrapped(ids)}`)
    .join('\n\n')
}

/**
 * Under a heading that says what they are, `behaviour 3a` is `3a` and `fault F2` is `F2`.
 *
 * @param {string} id
 * @returns {string}
 */
function bare(id) {
  return id.replace(/^(behaviour|ASVS|fault) /, '')
}

/**
 * @param {readonly string[]} words
 * @returns {string}
 */
function wrapped(words) {
  const lines = ['']
  for (const word of words) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length > 96) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map((line) => `  ${line}`).join('\n')
}

/**
 * One line for each open row: id, words, and why a test that names it does not close it.
 *
 * @param {readonly JudgedRow[]} rows
 * @returns {string}
 */
export function openRows(rows) {
  const open = rows.filter(isOpen)
  return open
    .map(({ id, words, why, files }) =>
      why === '' ? `${id}: ${words}` : `${id}: ${words}\n    ${why} ${files.join(' ')}`.trimEnd(),
    )
    .join('\n')
}

/**
 * One line for each closed row: id, words, and the files whose tests close it.
 *
 * @param {readonly JudgedRow[]} rows
 * @returns {string}
 */
export function closedRows(rows) {
  const closed = rows.filter((row) => row.closed)
  return closed.map(({ id, words, files }) => `${id}: ${words}\n    ${files.join(' ')}`).join('\n')
}

/**
 * @param {readonly TitleProblem[]} problems
 * @returns {string}
 */
export function problemList(problems) {
  return problems.map(({ file, title, problem }) => `${file}: "${title}" ${problem}`).join('\n')
}

/**
 * The requirements of OWASP ASVS 5.0 as a Markdown table: each with the tests that show it, the reason why it does
 * not apply, or the word open.
 *
 * @param {readonly JudgedRow[]} rows
 * @returns {string}
 */
export function evidence(rows) {
  const lines = rows
    .filter(({ kind }) => kind === 'asvs')
    .map((row) => `| ${bare(row.id)} | ${row.words} | ${evidenceOf(row)} |`)
  return [
    '# OWASP ASVS 5.0, row by row',
    '',
    '| row | asks for | shown by |',
    '| --- | --- | --- |',
    ...lines,
  ].join('\n')
}

/**
 * @param {JudgedRow} row
 * @returns {string}
 */
function evidenceOf({ closed, exempt, files, why }) {
  if (closed) return files.map((file) => `\`${file}\``).join('<br>')
  return exempt === undefined ? `open ${why}`.trimEnd() : `not applicable, because ${exempt}`
}
