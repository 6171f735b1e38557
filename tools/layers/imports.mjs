import { readFileSync } from 'node:fs'
import ts from 'typescript'

/**
 * One import, re-export, `import()` or `import('…').Type` of a source file.
 *
 * @typedef {{ target: string, line: number, isType: boolean }} Import
 */

/**
 * Every import of a file, with the line it starts on (from 1).
 *
 * @param {string} path
 * @returns {{ imports: Import[], onlyReExports: boolean }}
 */
export function readImports(path) {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest)
  /** @type {Import[]} */
  const imports = []
  /** @param {ts.Node} node */
  const visit = (node) => {
    const found = targetOf(node)
    if (found !== undefined) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
      imports.push({ target: found.text, line: line + 1, isType: isTypeOnly(node) })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return { imports, onlyReExports: file.statements.every(isReExport) }
}

/**
 * @param {ts.Node} node
 * @returns {ts.StringLiteralLike | undefined}
 */
function targetOf(node) {
  /** @type {ts.Node | undefined} */
  let target
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) target = node.moduleSpecifier
  else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    target = node.argument.literal
  } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    target = node.arguments[0]
  }
  return target !== undefined && ts.isStringLiteralLike(target) ? target : undefined
}

/**
 * `import type …`, or each name marked `type`: nothing of it is left when the program runs.
 *
 * @param {ts.Node} node
 * @returns {boolean}
 */
function isTypeOnly(node) {
  if (ts.isImportTypeNode(node)) return true
  if (ts.isExportDeclaration(node)) return node.isTypeOnly || allTypes(node.exportClause)
  if (!ts.isImportDeclaration(node)) return false
  const clause = node.importClause
  if (clause?.isTypeOnly === true) return true
  return clause !== undefined && clause.name === undefined && allTypes(clause.namedBindings)
}

/**
 * @param {ts.NamedImportBindings | ts.NamedExportBindings | undefined} names
 * @returns {boolean}
 */
function allTypes(names) {
  if (names === undefined || !('elements' in names) || names.elements.length === 0) return false
  return [...names.elements].every((name) => name.isTypeOnly)
}

/**
 * @param {ts.Statement} statement
 * @returns {boolean}
 */
function isReExport(statement) {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined
}
