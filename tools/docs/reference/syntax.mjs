/** Reads declarations and their docstrings from sources, by their syntax alone: no types are resolved, nothing is run. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { ROOT } from '../../workspace/places.mjs'

/**
 * @typedef {{ node: ts.Statement, file: string }} Found a declaration, and where it is
 * @typedef {{ name: string, type: string, isOptional: boolean, text: string, node: ts.TypeElement }} Field
 */

/** @type {Map<string, ts.SourceFile>} */
const read = new Map()

/**
 * @param {string} file from the root on
 * @returns {ts.SourceFile}
 */
export function sourceOf(file) {
  const known = read.get(file)
  if (known !== undefined) return known
  const text = readFileSync(join(ROOT, file), 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
  read.set(file, source)
  return source
}

/**
 * The docstring of a node, as Markdown in one paragraph: without its tags, links as code.
 *
 * @param {ts.Node} node
 * @returns {string}
 */
export function docOf(node) {
  const doc = ts.getJSDocCommentsAndTags(node).findLast(ts.isJSDoc)
  const text = ts.getTextOfJSDocComment(doc?.comment) ?? ''
  return text
    .replaceAll(/\{@link ([^}\s]+)\s*\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/**
 * @param {ts.Node | undefined} node
 * @returns {string}
 */
export function typeText(node) {
  if (node === undefined) return ''
  const text = node.getText().replaceAll(/\/\*.*?\*\//gs, '')
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\breadonly (?=[\w'"[\]{(])/g, '')
    .replace(/^\| /, '')
}

/**
 * The statement of `file` that declares `name`, followed through imports and re-exports.
 *
 * @param {string} file
 * @param {string} name
 * @returns {Found | undefined}
 */
export function declarationOf(file, name) {
  for (const node of sourceOf(file).statements) {
    if (declaredNames(node).includes(name)) return { node, file }
  }
  for (const node of sourceOf(file).statements) {
    const found = followed(file, node, name)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The names that a file exports, in their order.
 *
 * @param {string} file
 * @returns {string[]}
 */
export function exportedNames(file) {
  return sourceOf(file).statements.flatMap((node) => {
    if (ts.isExportDeclaration(node)) {
      const { exportClause } = node
      if (exportClause === undefined) return namesBehind(file, node)
      return ts.isNamedExports(exportClause)
        ? exportClause.elements.map(({ name }) => name.text)
        : []
    }
    const isExported =
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
    return isExported ? declaredNames(node) : []
  })
}

/**
 * What an interface, or a type that is an object, has.
 *
 * @param {ts.Statement | undefined} node
 * @returns {Field[]}
 */
export function fieldsOf(node) {
  if (node === undefined) return []
  return membersOf(node).map((member) => ({
    name: member.name?.getText() ?? '',
    type: typeText(ts.isPropertySignature(member) ? member.type : member),
    isOptional: member.questionToken !== undefined,
    text: docOf(member),
    node: member,
  }))
}

/**
 * The docstring before a member of a list or a union, which the syntax tree does not keep.
 *
 * @param {ts.Node} node
 * @returns {string}
 */
export function commentBefore(node) {
  const text = node.getSourceFile().text.slice(0, node.getStart())
  const comment = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*\|?\s*$/.exec(text)?.[1] ?? ''
  return comment.replaceAll(/\s*\n\s*\*\s*/g, ' ').trim()
}

/**
 * @param {string} file
 * @param {string} name
 * @returns {ts.ObjectLiteralExpression}
 */
export function objectOf(file, name) {
  const value = valueOf(file, name)
  if (!ts.isObjectLiteralExpression(value)) throw new Error(`${name} in ${file} is an object`)
  return value
}

/**
 * What a constant is, without `as const` and `satisfies`.
 *
 * @param {string} file
 * @param {string} name
 * @returns {ts.Expression}
 */
export function valueOf(file, name) {
  for (const node of sourceOf(file).statements) {
    if (!ts.isVariableStatement(node)) continue
    const found = node.declarationList.declarations.find((one) => one.name.getText() === name)
    let value = found?.initializer
    while (value !== undefined && (ts.isAsExpression(value) || ts.isSatisfiesExpression(value))) {
      value = value.expression
    }
    if (value !== undefined) return value
  }
  throw new Error(`there is no ${name} in ${file}`)
}

/** @param {ts.Statement} node @returns {readonly ts.TypeElement[]} */
function membersOf(node) {
  if (ts.isInterfaceDeclaration(node)) return node.members
  return ts.isTypeAliasDeclaration(node) && ts.isTypeLiteralNode(node.type) ? node.type.members : []
}

/** @param {ts.Statement} node @returns {string[]} */
function declaredNames(node) {
  if (ts.isVariableStatement(node)) {
    return node.declarationList.declarations.map(({ name }) => name.getText())
  }
  const isNamed =
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node)
  return isNamed && node.name !== undefined ? [node.name.text] : []
}

/** @param {string} file @param {ts.Statement} node @param {string} name */
function followed(file, node, name) {
  const isExport = ts.isExportDeclaration(node)
  const next = isExport && node.moduleSpecifier === undefined ? file : target(file, node)
  if (next === undefined) return undefined
  if (isExport && node.exportClause === undefined) return declarationOf(next, name)
  const clause = isExport
    ? node.exportClause
    : ts.isImportDeclaration(node)
      ? node.importClause?.namedBindings
      : undefined
  if (clause === undefined || !(ts.isNamedExports(clause) || ts.isNamedImports(clause)))
    return undefined
  const element = clause.elements.find((one) => one.name.text === name)
  const own = (element?.propertyName ?? element?.name)?.text
  return own === undefined || (next === file && own === name) ? undefined : declarationOf(next, own)
}

/** @param {string} file @param {ts.ExportDeclaration} node */
function namesBehind(file, node) {
  const next = target(file, node)
  return next === undefined ? [] : exportedNames(next)
}

/** The file of ours that an import or a re-export names. @param {string} file @param {ts.Statement} node */
function target(file, node) {
  if (!ts.isExportDeclaration(node) && !ts.isImportDeclaration(node)) return undefined
  const specifier = node.moduleSpecifier
  if (specifier === undefined || !ts.isStringLiteral(specifier)) return undefined
  if (!specifier.text.startsWith('.')) return undefined
  const next = join(dirname(file), specifier.text.replace(/\.js$/, '.ts'))
  return existsSync(join(ROOT, next)) ? next : undefined
}
