import { existsSync, readdirSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { readImports } from './imports.mjs'
import { BESIDE, LADDER, PACKAGES, READS_OPTIONS, SERVICE_RULES, WITHOUT_NODE } from './table.mjs'

/**
 * A broken rule: `file` is relative to the root of the tree.
 *
 * @typedef {{ file: string, line: number, target: string, rule: string }} Violation
 * @typedef {import('./imports.mjs').Import} Import
 */

/**
 * Holds the imports of `<root>/library/src` and `<root>/service/src` against the table.
 *
 * @param {string} root
 * @returns {{ files: number, violations: Violation[] }}
 */
export function checkLayers(root) {
  const library = filesIn(join(root, 'library', 'src'))
  const service = filesIn(join(root, 'service', 'src'))
  const violations = [
    ...library.flatMap((path) => check(root, 'library/src', path, libraryRule)),
    ...service.flatMap((path) => check(root, 'service/src', path, serviceRule)),
    ...library
      .filter((path) => path.endsWith('src/index.ts'))
      .flatMap((path) => checkFrontDoor(root, path)),
  ]
  return { files: library.length + service.length, violations }
}

/**
 * @param {string} root
 * @param {string} base
 * @param {string} path
 * @param {(part: string, target: string, found: Import) => string | undefined} rule
 * @returns {Violation[]}
 */
function check(root, base, path, rule) {
  const part = relative(join(root, base), path)
  return readImports(path).imports.flatMap((found) => {
    const broken = rule(part, resolveTarget(part, found.target), found)
    const { line, target } = found
    return broken === undefined ? [] : [{ file: relative(root, path), line, target, rule: broken }]
  })
}

/**
 * A relative target as a path from src/, with `.ts`; a bare one as it stands.
 *
 * @param {string} part
 * @param {string} target
 * @returns {string}
 */
function resolveTarget(part, target) {
  return target.startsWith('.') ? join(dirname(part), target).replace(/\.js$/, '.ts') : target
}

/**
 * @param {string} part
 * @param {string} target
 * @param {Import} found
 * @returns {string | undefined} the rule that is broken
 */
function libraryRule(part, target, found) {
  if (!found.target.startsWith('.')) return packageRule(part, target, found.isType)
  if (target.startsWith('..')) return 'the library reaches nothing outside library/src'
  const from = layerOf(part)
  const to = layerOf(target)
  const stranger = [from, to].find((layer) => !isKnown(layer))
  if (stranger !== undefined)
    return `${stranger} is in no layer; give it a place in tools/layers/table.mjs`
  const allowed = mayImport(from)
  if (from === to || allowed.has(to) || allowed.has(target)) return undefined
  if (part === READS_OPTIONS && to === 'options') return undefined
  if (BESIDE[from]?.types?.test(target) !== true) return `${from} must not import ${to}`
  return found.isType ? undefined : `${from} may import only types of ${target}`
}

/**
 * @param {string} layer
 * @returns {boolean}
 */
function isKnown(layer) {
  return layer in BESIDE || LADDER.some((rung) => rung.includes(layer))
}

/**
 * @param {string} part
 * @param {string} target
 * @param {boolean} isType
 * @returns {string | undefined}
 */
function packageRule(part, target, isType) {
  if (isBuiltin(target)) return WITHOUT_NODE.test(part) ? 'this runs where Node is not' : undefined
  const rule = PACKAGES.find((one) => one.part.test(part))
  if (rule === undefined) return undefined
  return rule.packages.test(target) && (isType || rule.typesOnly !== true) ? undefined : rule.why
}

/**
 * The layers that one layer may import: the rungs below it, up to where BESIDE stops it.
 *
 * @param {string} layer
 * @returns {Set<string>}
 */
function mayImport(layer) {
  const { below, also = [] } = BESIDE[layer] ?? {}
  const top = LADDER.findIndex((rung) => rung.includes(below ?? layer))
  return new Set([...LADDER.slice(0, top + 1).flat(), ...also])
}

/**
 * `session/resolve.ts` belongs to `session`, `errors.ts` to `errors`.
 *
 * @param {string} part
 * @returns {string}
 */
function layerOf(part) {
  return (part.split('/')[0] ?? '').replace(/\.tsx?$/, '')
}

/**
 * @param {string} part
 * @param {string} target
 * @returns {string | undefined}
 */
function serviceRule(part, target) {
  if (target.startsWith('..')) return 'the service imports the library by its name'
  return SERVICE_RULES.find((rule) => rule.part.test(part) && rule.never.test(target))?.why
}

/**
 * @param {string} root
 * @param {string} path
 * @returns {Violation[]}
 */
function checkFrontDoor(root, path) {
  if (readImports(path).onlyReExports) return []
  return [
    { file: relative(root, path), line: 1, target: 'index.ts', rule: 'index.ts only re-exports' },
  ]
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
