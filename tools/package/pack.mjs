/**
 * tools/package/ owns what is known of the package `sojourn` as npm makes, installs and publishes it: the tarball, its size,
 * its public surface, a trial of it. Tests, `npm run matrix` and tools/release.mjs call it; it never publishes.
 */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../workspace/places.mjs'

/** The package's own folder. */
export const LIBRARY = join(ROOT, 'library')

/** @typedef {{ tarball: string, files: string[], size: number, unpackedSize: number }} Packed */

/**
 * Packs what is built, as `npm publish` would.
 *
 * @param {string} folder where the tarball goes
 * @returns {Packed} `files` by their paths in the package; sizes in bytes
 */
export function pack(folder) {
  dropLeftovers()
  const args = ['pack', '--json', '--ignore-scripts', '--offline', '--pack-destination', folder]
  const said = execFileSync('npm', args, {
    cwd: LIBRARY,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 26,
  })
  const [packed] = JSON.parse(said)
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map((/** @type {{ path: string }} */ { path }) => path),
    size: packed.size,
    unpackedSize: packed.unpackedSize,
  }
}

/** Deletes what the compiler made of sources that are gone: it does not do that itself, and npm would pack it. */
function dropLeftovers() {
  for (const path of builtFiles()) {
    const source = path.replace(/^dist\//, 'src/').replace(/(\.d\.ts|\.js)$/, '.ts')
    if (!existsSync(join(LIBRARY, source))) rmSync(join(LIBRARY, path))
  }
}

/**
 * The modules in dist/ and their types, by their paths in the package.
 *
 * @returns {string[]}
 */
function builtFiles() {
  return readdirSync(join(LIBRARY, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(\.d\.ts|\.js)$/.test(name))
    .map((name) => `dist/${name.replaceAll('\\', '/')}`)
}

/**
 * A fresh application that has installed the tarball with npm, and nothing besides but what the package depends on: that one is
 * taken from this checkout, so that no registry is asked.
 *
 * @param {string} folder
 * @param {string} tarball
 */
export function installTarball(folder, tarball) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const needed = Object.keys(manifest().dependencies).map((name) => moduleFolder(name))
  const args = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball]
  execFileSync('npm', [...args, ...needed], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
}

/**
 * Gives an application more packages of this checkout.
 *
 * @param {string} folder
 * @param {readonly string[]} names
 */
export function addPackages(folder, names) {
  for (const name of names) {
    const path = join(folder, 'node_modules', name)
    if (existsSync(path)) continue
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(moduleFolder(name), path)
  }
}

/**
 * What applications can import: the specifier, and the built file behind it.
 *
 * @returns {Map<string, string>}
 */
export function subpaths() {
  return new Map(
    Object.entries(manifest().exports)
      .filter(([, file]) => file.endsWith('.js'))
      .map(([name, file]) => [`sojourn${name.slice(1)}`, file.slice(2)]),
  )
}

/** @returns {{ version: string, author: string, license: string, exports: Record<string, string>, dependencies: Record<string, string>, peerDependencies: Record<string, string> }} */
export function manifest() {
  return JSON.parse(readFileSync(join(LIBRARY, 'package.json'), 'utf8'))
}

/**
 * @param {string} name
 * @returns {string}
 */
function moduleFolder(name) {
  return join(ROOT, 'node_modules', name)
}
