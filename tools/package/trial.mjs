import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { addPackages, installTarball } from './pack.mjs'

/**
 * @typedef {{ names: string[], different: string[], unknown: string[], sameDefault: boolean }} Compared
 * @typedef {{ store: string, came: string | undefined, ended: number, isSignedIn: boolean }} Stay
 * @typedef {{ node: string, compared: Record<string, Compared>, stays: Stay[], warnings: string[] }} Trial
 */

/**
 * An application in a folder of its own that has the tarball installed, and what the embedded store needs on an old Node.
 *
 * @param {string} tarball
 * @returns {{ folder: string, remove(): void }}
 */
export function freshApplication(tarball) {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-fresh-'))
  installTarball(folder, tarball)
  addPackages(folder, ['@photostructure/sqlite'])
  copyFileSync(join(import.meta.dirname, 'smoke.mjs'), join(folder, 'smoke.mjs'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * Runs the trial there; the words before it choose the Node.
 *
 * @param {string} folder
 * @param {readonly string[]} [prefix]
 * @returns {Trial}
 */
export function tryOut(folder, prefix = [process.execPath]) {
  const [command = '', ...args] = prefix
  const said = execFileSync(command, [...args, 'smoke.mjs'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return JSON.parse(said)
}

/**
 * What is wrong with a trial, in words; nothing where all is well.
 *
 * @param {Trial} trial
 * @returns {string[]}
 */
export function faultsOf({ compared, stays, warnings }) {
  const unlike = Object.entries(compared)
    .filter(([, one]) => one.different.length + one.unknown.length > 0 || !one.sameDefault)
    .map(([name, one]) => `${name}: require and import differ: ${JSON.stringify(one)}`)
  const empty = Object.entries(compared)
    .filter(([, { names }]) => names.length === 0)
    .map(([name]) => `${name}: exports nothing`)
  const lost = stays
    .filter(({ came, ended, isSignedIn }) => came !== 'ada' || ended !== 1 || isSignedIn)
    .map((stay) => `a session went wrong: ${JSON.stringify(stay)}`)
  return [...unlike, ...empty, ...lost, ...warnings.map((text) => `a warning: ${text}`)]
}
