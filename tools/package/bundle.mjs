import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { LIBRARY, manifest, subpaths } from './pack.mjs'

/** @typedef {{ modules: string[], packages: string[], builtins: string[], minified: number, gzipped: number, code: string }} Bundled */

/**
 * What one entry reaches and weighs, everything it depends on included, what only its optional peers bring left out.
 *
 * @param {string} specifier of the package
 * @param {readonly string[]} [names] what the application imports; without them, all of it
 * @returns {Promise<Bundled>} `modules` of our own by their paths in dist/, `packages` and `builtins` by their names; bytes
 */
export function bundleOf(specifier, names) {
  const key = [specifier, ...(names ?? [])].join(' ')
  const bundled = made.get(key) ?? bundle(specifier, names)
  made.set(key, bundled)
  return bundled
}

/** Each is made once: several questions are asked of it. @type {Map<string, Promise<Bundled>>} */
const made = new Map()

/**
 * @param {string} specifier
 * @param {readonly string[] | undefined} names
 * @returns {Promise<Bundled>}
 */
async function bundle(specifier, names) {
  const file = subpaths().get(specifier)
  if (file === undefined) throw new Error(`${specifier} is no subpath of the package`)
  const path = join(LIBRARY, file)
  const joined = await rolldown({
    input: names === undefined ? path : 'entry',
    platform: 'node',
    external: [/^node:/, ...Object.keys(manifest().peerDependencies)],
    logLevel: 'silent',
    plugins: names === undefined ? [] : [entry(path, names)],
  })
  try {
    const { output } = await joined.generate({ format: 'esm', minify: true })
    return describe(output)
  } finally {
    await joined.close()
  }
}

/**
 * The one module of an application that imports the names, and keeps them.
 *
 * @param {string} file
 * @param {readonly string[]} names
 * @returns {import('rolldown').Plugin}
 */
function entry(file, names) {
  return {
    name: 'entry',
    resolveId: (id) => (id === 'entry' ? 'entry.mjs' : null),
    load: (id) =>
      id === 'entry.mjs' ? `export { ${names.join(', ')} } from ${JSON.stringify(file)}` : null,
  }
}

/**
 * @param {readonly (import('rolldown').OutputChunk | import('rolldown').OutputAsset)[]} output
 * @returns {Bundled}
 */
function describe(output) {
  const chunks = output.filter((one) => one.type === 'chunk')
  const dist = join(LIBRARY, 'dist/')
  const paths = chunks.flatMap(({ modules }) =>
    Object.entries(modules)
      .filter(([, { renderedLength }]) => renderedLength > 0)
      .map(([path]) => path),
  )
  const outside = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
  const own = new Set(chunks.map(({ fileName }) => fileName))
  const code = chunks.map((chunk) => chunk.code).join('\n')
  const packages = paths.flatMap(
    (path) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  )
  return {
    modules: paths
      .filter((path) => path.startsWith(dist))
      .map((path) => path.slice(dist.length))
      .sort(),
    packages: [
      ...new Set([
        ...packages,
        ...outside.filter((name) => !own.has(name) && !name.startsWith('node:')),
      ]),
    ].sort(),
    builtins: [...new Set(outside.filter((name) => name.startsWith('node:')))].sort(),
    minified: Buffer.byteLength(code),
    gzipped: gzipSync(code, { level: 9 }).length,
    code,
  }
}
