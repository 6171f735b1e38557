import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { ROOT } from '../../workspace/places.mjs'
import { declarationOf, docOf, exportedNames, fieldsOf } from './syntax.mjs'
import { code, head, table } from './table.mjs'

/** @typedef {import('./syntax.mjs').Found & { name: string }} Shape */

const HEAD = head(
  'Options',
  'the docstrings of `library/src`',
  'Every option of `createSojourn`, of the adapters, stores, guards, keys, telemetry, the verifier and the test kit, by the path they are imported from. A duration is a number of seconds, or text with a unit (`90s`, `15m`, `12h`, `7d`), unless it says milliseconds. Those of the service are [variables](variables.md).',
)

/** The page of all options. */
export function options() {
  /** @type {Set<string>} */
  const shown = new Set()
  const parts = entryPoints().map(({ path, file }) => {
    const names = exportedNames(file).filter((name) => name.endsWith('Options'))
    // What createSojourn takes comes first, then what is inside it.
    names.sort((a, b) => Number(b === 'SojournOptions') - Number(a === 'SojournOptions'))
    const shapes = names.flatMap((name) => withNested(file, name, shown))
    if (shapes.length === 0) return ''
    return [`## ${code(path)}`, ...shapes.map(section)].join('\n\n')
  })
  return [HEAD, ...parts.filter((part) => part !== '')].join('\n\n')
}

/** The paths under which the library is imported, and the source behind each. */
export function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'library/package.json'), 'utf8'))
  return Object.entries(/** @type {Record<string, string>} */ (exports))
    .filter(([, built]) => built.endsWith('.js'))
    .map(([name, built]) => ({
      path: `sojourn${name.slice(1)}`,
      file: join('library', built.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts')),
    }))
}

/**
 * An interface of options and those inside it, each once on the page.
 *
 * @param {string} file
 * @param {string} name
 * @param {Set<string>} shown
 * @returns {Shape[]}
 */
function withNested(file, name, shown) {
  const found = declarationOf(file, name)
  // Some types are those of another package.
  if (found === undefined) return []
  const key = `${found.file} ${name}`
  if (shown.has(key)) return []
  shown.add(key)
  const shape = { ...found, name }
  const fields = fieldsOf(found.node)
  const nested = fields.flatMap(({ node }) => namesIn(node)).concat(parentsOf(found.node))
  const inner = nested
    .filter((one) => /(?:Options|Limit)$/.test(one) && declarationOf(found.file, one) !== undefined)
    .flatMap((one) => withNested(found.file, one, shown))
  return fields.length === 0 ? inner : [shape, ...inner]
}

/** Names of types in a member, but for those that a function takes or answers. @param {ts.Node} node @returns {string[]} */
function namesIn(node) {
  if (ts.isFunctionTypeNode(node) || ts.isMethodSignature(node)) return []
  const own = ts.isTypeReferenceNode(node) ? [node.typeName.getText()] : []
  /** @type {string[]} */
  const inner = []
  ts.forEachChild(node, (child) => void inner.push(...namesIn(child)))
  return [...own, ...inner]
}

/** @param {ts.Statement} node @returns {string[]} */
function parentsOf(node) {
  if (!ts.isInterfaceDeclaration(node)) return []
  const types = node.heritageClauses?.flatMap((clause) => [...clause.types]) ?? []
  return types.map((type) => type.expression.getText())
}

/** @param {Shape} shape */
function section({ name, node }) {
  const more = parentsOf(node)
  const also = more.length === 0 ? [] : [`And the options of ${more.map(code).join(', ')}.`]
  const about = docOf(node)
  return [
    `### ${name}`,
    ...(about === '' ? [] : [about]),
    ...also,
    table(['option', 'type', 'default', 'meaning'], fieldsOf(node).map(row)),
  ].join('\n\n')
}

/** @param {import('./syntax.mjs').Field} field */
function row({ name, type, isOptional, text }) {
  const { usual, meaning } = taken(text)
  return [code(name), code(type), isOptional ? usual : '**required**', meaning]
}

/**
 * Takes the sentence about the default out of a docstring.
 *
 * @param {string} text
 * @returns {{ usual: string, meaning: string }}
 */
export function taken(text) {
  const sentences = text.split(/(?<=[.!?;])\s+(?=[A-Z`({])/)
  const at = sentences.findIndex((sentence) => /^Default\b/.test(sentence))
  if (at < 0) {
    const marked = /(`[^`]+`) \(default\)/.exec(text)
    return { usual: marked?.[1] ?? '', meaning: text }
  }
  const usual = (sentences[at] ?? '').replace(/^Default:?\s+/, '').replace(/\.$/, '')
  return { usual, meaning: sentences.filter((_, index) => index !== at).join(' ') }
}
