import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.mjs'
import { ROOT } from './places.mjs'
import { timed } from './progress.mjs'

/** @typedef {{ version?: string, link?: boolean, optional?: boolean, devOptional?: boolean, peer?: boolean }} LockEntry */

/** Runs `npm ci` unless node_modules already holds what package-lock.json asks for. */
export async function installPackages() {
  const missing = firstMissingPackage(ROOT)
  if (missing === undefined) return
  await timed(`installing packages with npm ci (${missing})`, () =>
    run('npm', ['ci'], { toError: true }),
  )
}

/**
 * Why node_modules does not match package-lock.json, or `undefined` where it does. Compares versions,
 * not file times: a checkout of another branch touches the lockfile without changing it.
 *
 * @param {string} root
 * @returns {string | undefined}
 */
export function firstMissingPackage(root) {
  if (!existsSync(join(root, 'node_modules'))) return 'no node_modules yet'
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!path.includes('node_modules/')) continue
    const reason = whyMissing(join(root, path), entry)
    if (reason !== undefined) return `${path.replace(/^node_modules\//, '')} ${reason}`
  }
  return undefined
}

/**
 * @param {string} folder
 * @param {LockEntry} wanted
 * @returns {string | undefined}
 */
function whyMissing(folder, wanted) {
  const description = join(folder, 'package.json')
  if (!existsSync(description)) return mayBeAbsent(wanted) ? undefined : 'is missing'
  if (wanted.link === true) return undefined
  const { version } = JSON.parse(readFileSync(description, 'utf8'))
  // Some packages write the v into their version, which npm leaves out of the lock file.
  const isWanted = version.replace(/^v/, '') === wanted.version
  return isWanted ? undefined : `is ${version}, not ${wanted.version ?? '?'}`
}

/**
 * Binaries for other platforms are in the lockfile but never on this disk.
 *
 * @param {LockEntry} wanted
 * @returns {boolean}
 */
function mayBeAbsent(wanted) {
  return wanted.optional === true || wanted.devOptional === true || wanted.peer === true
}
