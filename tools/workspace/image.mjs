/**
 * What the container image runs, gathered in one folder: the service joined into a few files, the packages that cannot be
 * joined, and the list of all parts. What is not written here is not in the image: no tests, no types, no compilers.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { productionSbom } from '../sbom.mjs'
import { build, whileNobodyBuilds } from './build.mjs'
import { isApart } from './bundle.mjs'
import { ROOT, SERVICE_BUNDLE } from './places.mjs'
import { StepFailed, say } from './progress.mjs'

/** @typedef {{ name: string, version: string, license: string, type: string, dependencies?: Record<string, string>, optionalDependencies?: Record<string, string> }} Manifest */

/** Of a package, only what Node loads, and its licence. */
const LOADED = /\.(?:js|cjs|mjs|json|node|wasm)$|^licen[cs]e/i
/** Folders that no program of ours loads from, whatever they hold. */
const NOT_LOADED =
  /^(?:\..*|tests?|__tests__|spec|fixtures?|docs?|examples?|samples?|bench(?:marks?)?|coverage|scripts|types)$/
const SETTINGS = /^(?:\..*|tsconfig.*|.*\.(?:test|spec)\..*|jest\..*|eslint\..*|vitest\..*)$/

/**
 * Builds, and writes the image's folder.
 *
 * @param {string | undefined} into a folder that does not exist yet
 */
export async function image(into) {
  if (into === undefined || into === '')
    throw new StepFailed('say where: node tools/image.mjs FOLDER')
  if (existsSync(into))
    throw new StepFailed(`${into} is there already: the image takes a new folder`)
  await build()
  mkdirSync(into, { recursive: true })
  await whileNobodyBuilds(() => {
    cpSync(SERVICE_BUNDLE, into, { recursive: true, filter: (path) => !path.endsWith('.map') })
  })
  for (const folder of packagesApart()) copyPackage(folder, join(into, placeOf(folder)))
  const { name, version, license, type } = manifestOf(join(ROOT, 'service'))
  writeFileSync(join(into, 'package.json'), toText({ name, version, license, type, private: true }))
  cpSync(join(ROOT, 'LICENSE'), join(into, 'LICENSE'))
  writeFileSync(join(into, 'sbom.cdx.json'), toText(productionSbom()))
  makeReadable(into)
  chmodSync(join(into, 'cli.js'), 0o755)
  say(`the image is in ${into}`)
}

/**
 * Whoever the service runs as reads all of it, also where the builder keeps new files to himself (umask).
 *
 * @param {string} root
 */
function makeReadable(root) {
  chmodSync(root, 0o755)
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
  }
}

/**
 * The folders of the packages that are loaded from node_modules, with all that they depend on.
 *
 * @returns {Set<string>}
 */
function packagesApart() {
  const service = join(ROOT, 'service')
  const names = Object.keys(manifestOf(service).dependencies ?? {}).filter(isApart)
  const folders = new Set(names.map((name) => folderOf(name, service)))
  // What is added on the way is visited, too.
  for (const folder of folders) {
    const { dependencies = {}, optionalDependencies = {} } = manifestOf(folder)
    for (const name of Object.keys(dependencies)) folders.add(folderOf(name, folder))
    // The binary for this very platform; those for others are not installed.
    for (const name of Object.keys(optionalDependencies)) {
      const found = find(name, folder)
      if (found !== undefined) folders.add(found)
    }
  }
  return folders
}

/**
 * Where it lies beside the bundle, which has no folder `service` around it.
 *
 * @param {string} folder
 * @returns {string}
 */
function placeOf(folder) {
  return relative(ROOT, folder).replace(/^service[\\/]/, '')
}

/**
 * @param {string} name
 * @param {string} from
 * @returns {string}
 */
function folderOf(name, from) {
  const found = find(name, from)
  if (found === undefined) throw new StepFailed(`${name} is not installed: run npm ci`)
  return found
}

/**
 * Where Node finds a package, as seen from a folder of the workspace.
 *
 * @param {string} name
 * @param {string} from
 * @returns {string | undefined}
 */
function find(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const there = join(folder, 'node_modules', name)
    if (existsSync(join(there, 'package.json'))) return there
    if (folder === ROOT || folder === dirname(folder)) return undefined
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
function copyPackage(from, to) {
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => path === from || isLoaded(relative(from, path), statSync(path).isDirectory()),
  })
}

/**
 * @param {string} path
 * @param {boolean} isFolder
 * @returns {boolean}
 */
export function isLoaded(path, isFolder) {
  const [first, second, ...rest] = path.split(sep)
  if (rest.length === 0 && first === 'prebuilds' && second !== undefined) {
    return second === `${process.platform}-${process.arch}`
  }
  const name = basename(path)
  if (isFolder) return !NOT_LOADED.test(name) && name !== 'node_modules'
  return LOADED.test(name) && !SETTINGS.test(name)
}

/**
 * @param {string} folder
 * @returns {Manifest}
 */
function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function toText(value) {
  return `${JSON.stringify(value, null, 2)}\n`
}
