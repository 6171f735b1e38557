/**
 * size/ owns `npm run bench -- --part size`: what an installation brings along. Nothing is downloaded: the packages are
 * followed through the `dependencies` of their package.json, as installed here, and their files are added up. Of `sojourn`
 * the files that `npm pack` would publish count; peer dependencies, which the application brings, do not.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folderOf, manifestOf } from '../harness/installed.mjs'
import { table } from '../harness/table.mjs'

const LIBRARY = fileURLToPath(new URL('../../library', import.meta.url))

const STACKS = [
  { names: ['sojourn'], isOurs: true },
  { names: ['sojourn', 'redis'], isOurs: true },
  { names: ['express-session'] },
  { names: ['express-session', 'connect-redis', 'redis'] },
  { names: ['jwt-redis-sessions'] },
  { names: ['jsonwebtoken'] },
  { names: ['jose'] },
  { names: ['fast-jwt'] },
  { names: ['iron-session'] },
  { names: ['@fastify/session', '@fastify/cookie'] },
  { names: ['better-auth'] },
]

export async function sizePart() {
  const packed = packOurs()
  const missing = STACKS.flatMap(({ names }) => names.filter((name) => !folderOf(name)))
  const rows = STACKS.filter(({ names }) => names.every((name) => folderOf(name))).map(
    ({ names, isOurs = false }) => ({ name: names.join(' + '), isOurs, ...measure(names, packed) }),
  )
  const report = { missing, packed: packed.size, rows }
  return { ...report, text: toText(report) }
}

/** What `npm pack` says: nothing is written, and no script is run. */
function packOurs() {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error']
  const [{ size, unpackedSize, files }] = JSON.parse(
    execFileSync('npm', args, { cwd: LIBRARY, encoding: 'utf8' }),
  )
  return { size, bytes: unpackedSize, files: files.length }
}

function measure(names, packed) {
  const folders = new Set()
  for (const name of names) follow(name, undefined, folders)
  const total = { packages: folders.size, files: 0, bytes: 0 }
  for (const folder of folders) {
    const { files, bytes } = isOurs(folder) ? packed : filesIn(folder)
    total.files += files
    total.bytes += bytes
  }
  return total
}

const isOurs = (folder) => manifestOf(folder).name === 'sojourn'

/** Adds the folder of a package, and of all that it depends on, as Node would find them. */
function follow(name, from, folders) {
  const folder = folderOf(name, from && above(from))
  if (folder === undefined || folders.has(folder)) return
  folders.add(folder)
  for (const dependency of Object.keys(manifestOf(folder).dependencies ?? {}))
    follow(dependency, folder, folders)
}

function above(folder) {
  const paths = []
  for (let at = folder; dirname(at) !== at; at = dirname(at)) paths.push(join(at, 'node_modules'))
  return paths
}

function filesIn(folder) {
  const total = { files: 0, bytes: 0 }
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && entry.name === 'node_modules') continue
    const { files, bytes } = entry.isDirectory()
      ? filesIn(path)
      : { files: 1, bytes: statSync(path).size }
    total.files += files
    total.bytes += bytes
  }
  return total
}

function toText({ packed, rows }) {
  return [
    `sojourn's tarball: ${kilobytes(packed)} kB. Installed for production, by the files' own lengths:`,
    '',
    table(
      ['stack', 'packages', 'files', 'kB'],
      rows.map(({ name, packages, files, bytes }) => [name, packages, files, kilobytes(bytes)]),
    ),
  ].join('\n')
}

const kilobytes = (bytes) => Math.round(bytes / 1e3).toLocaleString('en')
