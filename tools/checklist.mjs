#!/usr/bin/env node
/**
 * `npm run checklist`: which promises of the product have a passing test that names them, by the
 * reports of the last `npm test`. How a test names what it proves: checklist/titles.mjs.
 *
 *   (nothing)   how many of each kind are closed, and the ids that are open
 *   --open      each open row with its words
 *   --closed    each closed row with the files whose tests close it
 *   --evidence  the rows of OWASP ASVS 5.0 as a Markdown table, each with its tests
 *   --json      everything, for other programs
 *   --check     exit code 1 where a title names an id that does not exist, or a report is missing
 *   --brief     without the list of open ids
 */
import { existsSync, statSync } from 'node:fs'
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { judge } from './checklist/closing.mjs'
import {
  closedRows,
  evidence,
  openIds,
  openRows,
  problemList,
  summary,
} from './checklist/report.mjs'
import { allRows } from './checklist/rows.mjs'
import { readResults } from './suite/results.mjs'
import { CACHE, ROOT } from './workspace/places.mjs'

const flag = /** @type {const} */ ({ type: 'boolean', default: false })
const { values } = parseArgs({
  options: {
    open: flag,
    closed: flag,
    evidence: flag,
    json: flag,
    check: flag,
    brief: flag,
    results: { type: 'string', default: CACHE },
  },
})

const parts = ['unit', 'integration', 'browser']
const reports = parts.map((part) => `${values.results}/results-${part}.json`)
const present = reports.filter((path) => existsSync(path))
const judged = judge(
  allRows(),
  present.flatMap((path) => readResults(path) ?? []),
)

if (values.json) console.log(JSON.stringify(judged, null, 2))
else console.log(reportText())
if (values.check) process.exitCode = checkFails() ? 1 : 0

/** @returns {string} */
function reportText() {
  if (values.open) return openRows(judged.rows)
  if (values.closed) return closedRows(judged.rows)
  if (values.evidence) return evidence(judged.rows)
  const list = values.brief ? '' : `\n\n${openIds(judged.rows)}`
  return `${present.map(sourceLine).join('\n')}\n${summary(judged.rows)}${list}`
}

/**
 * @param {string} path
 * @returns {string}
 */
function sourceLine(path) {
  return `${relative(ROOT, path)}, written ${statSync(path).mtime.toISOString()}`
}

/** @returns {boolean} */
function checkFails() {
  const [needed = ''] = reports
  if (!existsSync(needed)) console.error(`no ${relative(ROOT, needed)}: run npm test first`)
  if (judged.problems.length > 0) console.error(problemList(judged.problems))
  return !existsSync(needed) || judged.problems.length > 0
}
