#!/usr/bin/env node
/**
 * `npm run sbom`: the parts that run in production, as CycloneDX JSON on standard output.
 *
 * npm makes the list (`npm sbom`) of the lock file; of a workspace it cannot leave out what only developers need without
 * leaving out what both need, nor binaries for other machines. So it lists all, and here stays what is installed and what
 * the service and the library reach by their own dependencies.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './workspace/places.mjs'

/**
 * @typedef {{ 'bom-ref': string, name: string, version: string }} Component
 * @typedef {{ components: Component[], dependencies: { ref: string, dependsOn: string[] }[] }} Sbom
 */

const PARTS = ['library', 'service']

/** @returns {Sbom} */
export function productionSbom() {
  const all = /** @type {Sbom} */ (
    JSON.parse(
      execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
        cwd: ROOT,
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    )
  )
  const below = new Map(all.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
  for (const part of PARTS) below.set(refOf(manifestOf(part)), ownOf(part, below))
  const kept = new Set(PARTS.map((part) => refOf(manifestOf(part))))
  const installed = installedRefs()
  for (const ref of kept) {
    for (const next of below.get(ref) ?? []) if (installed.has(next)) kept.add(next)
  }
  return {
    ...all,
    components: all.components.filter((component) => kept.has(component['bom-ref'])),
    dependencies: all.dependencies
      .filter(({ ref }) => kept.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((to) => kept.has(to)) })),
  }
}

/**
 * What lies in node_modules, as npm names it: binaries for other machines are in the lock file alone.
 *
 * @returns {Set<string>}
 */
function installedRefs() {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  const refs = new Set(PARTS.map((part) => refOf(manifestOf(part))))
  for (const [path, { name, version }] of Object.entries(lock.packages)) {
    const [, own] = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? []
    if (own === undefined || !existsSync(join(ROOT, path, 'package.json'))) continue
    refs.add(refOf({ name: name ?? own, version }))
  }
  return refs
}

/**
 * What a part depends on while it runs: npm counts optional peers and packages of developers in.
 *
 * @param {string} part
 * @param {ReadonlyMap<string, readonly string[]>} below
 * @returns {string[]}
 */
function ownOf(part, below) {
  const manifest = manifestOf(part)
  const names = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
  return (below.get(refOf(manifest)) ?? []).filter((ref) =>
    names.includes(ref.slice(0, ref.lastIndexOf('@'))),
  )
}

/**
 * @param {{ name: string, version: string }} manifest
 * @returns {string}
 */
function refOf({ name, version }) {
  return `${name}@${version}`
}

/**
 * @param {string} part
 * @returns {{ name: string, version: string, dependencies?: object, optionalDependencies?: object }}
 */
function manifestOf(part) {
  return JSON.parse(readFileSync(join(ROOT, part, 'package.json'), 'utf8'))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(productionSbom(), null, 2))
}
