import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { runNode } from './command.mjs'
import { alone } from './lock.mjs'
import { ROOT, SERVICE_CLI, SERVICE_MAIN, cachePath } from './places.mjs'
import { say, timed } from './progress.mjs'

const PROJECTS = ['library', 'service']
const SETTINGS = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json']
/** The native compiler: the same JavaScript and the same declarations, in a quarter of the time. */
const TSC = 'node_modules/typescript-7/bin/tsc'

/**
 * `tsc -b`, and the service joined into a few files; unless nothing changed since it last succeeded: loading the compiler
 * to learn that takes most of a second, looking at the sizes and times of the sources takes a few milliseconds.
 */
export async function build() {
  if (!isUpToDate()) await whileNobodyBuilds(buildWhatChanged)
  else say('the build is up to date')
}

/**
 * Does something with the build that takes a moment, in which nobody may write it anew.
 *
 * @template Result
 * @param {() => Result | Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function whileNobodyBuilds(work) {
  return alone(cachePath('build-lock'), work)
}

async function buildWhatChanged() {
  // Somebody else may have built meanwhile.
  if (isUpToDate()) return
  const before = stateOfSources(ROOT)
  // While this is missing, nobody takes what lies there for a build.
  rmSync(stampPath(), { force: true })
  await timed('building with tsc -b', () => runNode(TSC, ['-b']))
  const { bundle } = await import('./bundle.mjs')
  await timed('joining the service into a few files', bundle)
  writeFileSync(stampPath(), before)
}

/** @returns {boolean} */
function isUpToDate() {
  return (
    [SERVICE_MAIN, SERVICE_CLI, stampPath()].every((path) => existsSync(path)) &&
    outputsExist(ROOT) &&
    readFileSync(stampPath(), 'utf8') === stateOfSources(ROOT)
  )
}

/** @returns {string} */
function stampPath() {
  return cachePath('build-state')
}

/**
 * A digest over path (from the root on), size and modification time of everything the build reads.
 *
 * @param {string} root
 * @returns {string}
 */
export function stateOfSources(root) {
  const state = createHash('sha256')
  for (const path of inputs(root)) {
    const { size, mtimeMs } = statSync(path)
    state.update(`${relative(root, path)}\0${String(size)}\0${String(mtimeMs)}\n`)
  }
  return state.digest('hex')
}

/**
 * @param {string} root
 * @returns {string[]}
 */
function inputs(root) {
  const settings = [...SETTINGS, ...PROJECTS.map((project) => `${project}/tsconfig.json`)]
  return [...settings.map((name) => join(root, name)), ...PROJECTS.flatMap((p) => sources(root, p))]
}

/**
 * @param {string} root
 * @param {string} project
 * @returns {string[]}
 */
function sources(root, project) {
  const folder = join(root, project, 'src')
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/**
 * Whether each source has its output: somebody may have deleted all or part of dist/.
 *
 * @param {string} root
 * @returns {boolean}
 */
export function outputsExist(root) {
  return PROJECTS.every((project) => {
    const from = join(root, project, 'src')
    const to = join(root, project, 'dist')
    return sources(root, project)
      .filter((path) => /(?<!\.d)\.tsx?$/.test(path))
      .every((path) => existsSync(path.replace(from, to).replace(/\.tsx?$/, '.js')))
  })
}
