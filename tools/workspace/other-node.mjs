import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './command.mjs'
import { cachePath } from './places.mjs'
import { StepFailed, timed } from './progress.mjs'

const USAGE = 'usage: node tools/with-node.mjs <version, as 22 or 24.9.0> -- <command> [arguments]'

/**
 * Installs the wanted release once and runs the command with it.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit code of the command
 */
export async function runWithNode(args) {
  const [version = '', separator, command, ...rest] = args
  if (!/^\d+(\.\d+){0,2}$/.test(version) || separator !== '--' || command === undefined) {
    throw new StepFailed(USAGE)
  }
  const folder = await folderOf(version)
  return run(command, rest, {
    cwd: process.cwd(),
    env: { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` },
  })
}

/**
 * The folder that holds the `node` of a release.
 *
 * @param {string} version
 * @returns {Promise<string>}
 */
async function folderOf(version) {
  const name = `node-${process.platform}-${process.arch}`
  const home = cachePath(`node-${version}`)
  const folder = join(home, 'node_modules', name, 'bin')
  if (existsSync(join(folder, 'node'))) return folder
  mkdirSync(home, { recursive: true })
  // A package.json of its own, or npm would climb up and install into this workspace.
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--ignore-scripts', '--no-package-lock', `${name}@${version}`]
  await timed(`installing Node ${version}`, () => run('npm', args, { cwd: home, toError: true }))
  return folder
}
