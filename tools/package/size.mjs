#!/usr/bin/env node
/**
 * `npm run size`: what each subpath weighs, minified and gzipped with all it depends on, beside its budget.
 * `npm run size -- --write` sets each budget to what is measured and a tenth more: a growth beyond that is to be meant.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { columns } from '../workspace/columns.mjs'
import { bundleOf } from './bundle.mjs'
import { subpaths } from './pack.mjs'

const TABLE = join(import.meta.dirname, 'size-budgets.json')
/** What most applications import, weighed by itself. */
const CORE = 'createSojourn of sojourn'

/** @typedef {Record<string, { measured: number, budget: number }>} Budgets gzipped bytes */

/** @returns {Budgets} */
export function readBudgets() {
  return JSON.parse(readFileSync(TABLE, 'utf8'))
}

/** @returns {Promise<Map<string, number>>} gzipped bytes by subpath */
export async function measureSizes() {
  /** @type {Map<string, number>} */
  const sizes = new Map()
  for (const specifier of subpaths().keys()) {
    sizes.set(specifier, (await bundleOf(specifier)).gzipped)
  }
  sizes.set(CORE, (await bundleOf('sojourn', ['createSojourn'])).gzipped)
  return sizes
}

/**
 * What weighs more than its budget, has none, or has one and is gone; in words.
 *
 * @param {ReadonlyMap<string, number>} sizes
 * @param {Budgets} budgets
 * @returns {string[]}
 */
export function overweight(sizes, budgets) {
  const gone = Object.keys(budgets).filter((name) => !sizes.has(name))
  const heavy = [...sizes].flatMap(([name, size]) => {
    const budget = budgets[name]?.budget
    if (budget === undefined) return [`${name} has no budget`]
    return size > budget ? [`${name} weighs ${String(size)} bytes, budget ${String(budget)}`] : []
  })
  return [...heavy, ...gone.map((name) => `${name} has a budget and is not there`)]
}

/** @param {ReadonlyMap<string, number>} sizes */
function write(sizes) {
  const budgets = Object.fromEntries(
    [...sizes].map(([name, measured]) => [name, { measured, budget: Math.ceil(measured * 1.1) }]),
  )
  writeFileSync(TABLE, `${JSON.stringify(budgets, null, 2)}\n`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { build } = await import('../workspace/build.mjs')
  await build()
  const sizes = await measureSizes()
  if (process.argv.includes('--write')) write(sizes)
  const budgets = readBudgets()
  const rows = [...sizes].map(([name, size]) => [
    name,
    String(size),
    String(budgets[name]?.budget ?? '-'),
  ])
  console.log(columns([['subpath', 'bytes', 'budget'], ...rows]))
  const faults = overweight(sizes, budgets)
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
}
