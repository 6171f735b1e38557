import { join } from 'node:path'
import { Comment, CommentTag, Context, Converter, ReflectionKind, TypeScript } from 'typedoc'
import { ROOT } from '../../workspace/places.mjs'
import { entryPoints } from '../reference/options.mjs'

/** @typedef {import('typedoc').Application} Application */
/** @typedef {import('typedoc').TypeScript.Symbol} Symbol */

const SOURCES = join(ROOT, 'library', 'src')
const INNER = 'Types inside others'

/**
 * Calls each module what it is imported as, and puts them under one heading.
 *
 * @param {Application} application
 */
export function nameModules(application) {
  const paths = new Map(
    entryPoints().map(({ path, file }) => [
      file.replace(/^library\/src\//, '').replace(/\.ts$/, ''),
      path,
    ]),
  )
  application.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return
    const path = paths.get(reflection.name) ?? paths.get(`${reflection.name}/index`)
    if (path !== undefined) reflection.name = path
    reflection.comment ??= new Comment()
    reflection.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: 'API' }]))
  })
}

/**
 * Types that stand in signatures and are exported by no name: they are documented too, in a module of their own, so that
 * every type on a page can be followed.
 *
 * @param {Application} application
 */
export function showInnerTypes(application) {
  /** @type {Map<Symbol, import('typedoc').TypeScript.Program>} */
  const named = new Map()
  const create = Context.prototype.createSymbolReference
  Context.prototype.createSymbolReference = function (symbol, context, name) {
    if (!named.has(symbol)) named.set(symbol, context.program)
    return create.call(this, symbol, context, name)
  }
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    const inner = context
      .withScope(context.project)
      .createDeclarationReflection(ReflectionKind.Module, undefined, undefined, INNER)
    // A map is walked to its end, also where it grows meanwhile: what these types name comes after them.
    for (const [symbol, program] of named) {
      context.setActiveProgram(program)
      if (isOurs(symbol) && context.getReflectionFromSymbol(symbol) === undefined) {
        application.converter.convertSymbol(context.withScope(inner), symbol)
      }
    }
    context.finalizeDeclarationReflection(inner)
    context.setActiveProgram(undefined)
    Context.prototype.createSymbolReference = create
  })
}

/** @param {Symbol} symbol */
function isOurs({ flags, declarations = [] }) {
  const { Interface, TypeAlias, Class, Variable, Function: Callable } = TypeScript.SymbolFlags
  const isNamed = (flags & (Interface | TypeAlias | Class | Variable | Callable)) !== 0
  return isNamed && declarations.some((node) => node.getSourceFile().fileName.startsWith(SOURCES))
}

/**
 * The exports that say nothing of themselves.
 *
 * @param {import('typedoc').ProjectReflection} project
 * @returns {string[]}
 */
export function undocumented(project) {
  const modules = project.getChildrenByKind(ReflectionKind.Module)
  return modules
    .filter(({ name }) => name !== INNER)
    .flatMap(({ name, children = [] }) =>
      children
        .filter((one) => !isDocumented(one))
        .map((one) => `${name}: ${one.name} has no docstring`),
    )
}

/** @param {import('typedoc').DeclarationReflection} one */
function isDocumented(one) {
  // A reference is documented where it leads; a namespace is for types of another package.
  if (one.isReference() || one.kindOf(ReflectionKind.Namespace)) return true
  return one.hasComment() || one.getNonIndexSignatures().some((signature) => signature.hasComment())
}
