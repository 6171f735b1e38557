// @ts-nocheck: it runs in a process of its own, beside code of documents that nobody has typed.
/** What is written around the code of a block, so that it can be imported as a module. */
import ts from 'typescript'
import { scopes } from './program-scopes.mjs'

/** What stands in a program that has nothing around it but may be written for CommonJS. */
const REQUIRE = `import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\n`

/** Scopes that modules are waiting for, by number. */
globalThis.documentScopes = []

/** The modules that a block becomes: one, or one for each statement. */
export async function toModules({ language, code, note }) {
  const text = language === 'ts' ? transpiled(code) : code
  const isSplit = note.endsWith(EACH)
  const place = note.replace(EACH, '').replace(/, $/, '')
  const parts = isSplit ? statementsOf(text).map(({ text: one }) => one) : [text]
  const modules = []
  for (const part of parts) modules.push(await toModule(part, place))
  return modules
}

const EACH = 'each statement by itself'

function transpiled(code) {
  const compilerOptions = { target: 'esnext', module: 'esnext' }
  return ts.transpileModule(code, { compilerOptions }).outputText
}

async function toModule(code, place) {
  const statements = statementsOf(code)
  const declared = new Set(statements.flatMap(({ names }) => names))
  const require = /\brequire\(/.test(code) ? REQUIRE : ''
  if (place === '') return `${require}${code}`
  const makeScope = scopes[place]
  if (makeScope === undefined) throw new Error(`nobody knows what "${place}" is`)
  const scope = await makeScope()
  const here = `documentScopes[${globalThis.documentScopes.push(scope) - 1}]`
  const rest = statements.filter(({ isImport }) => !isImport).map(({ text }) => text)
  const names = Object.keys(scope.names).filter((name) => !declared.has(name))
  return [
    require,
    ...statements.filter(({ isImport }) => isImport).map(({ text }) => text),
    `const { ${names.join(', ')} } = ${here}.names`,
    scope.isHandler ? `await ${here}.serve(async (req, res) => {` : '',
    ...rest,
    scope.isHandler ? '})' : '',
    // What an application that is defined here does is seen by asking it.
    `await ${here}.finish?.({ ${['app', 'verifier'].filter((name) => declared.has(name)).join(', ')} })`,
  ].join('\n')
}

/** The statements of a program, with the names that each declares. */
function statementsOf(code) {
  const file = ts.createSourceFile('block.js', code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS)
  return file.statements.map((node) => ({
    text: code.slice(node.getStart(), node.end),
    isImport: ts.isImportDeclaration(node),
    names: namesOf(node),
  }))
}

function namesOf(node) {
  if (ts.isVariableStatement(node)) {
    return node.declarationList.declarations.flatMap(({ name }) => bound(name))
  }
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return [node.name.text]
  if (!ts.isImportDeclaration(node)) return []
  const { name, namedBindings } = node.importClause ?? {}
  const named = namedBindings === undefined ? [] : (namedBindings.elements ?? [namedBindings])
  return [name, ...named.map((one) => one.name)].filter(Boolean).map(({ text }) => text)
}

function bound(name) {
  if (ts.isIdentifier(name)) return [name.text]
  return name.elements.flatMap((one) => (ts.isOmittedExpression(one) ? [] : bound(one.name)))
}
