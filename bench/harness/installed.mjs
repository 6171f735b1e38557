import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { KINDS } from '../app/kinds.mjs'

/** Which packages are there, and which releases they are. */

const paths = createRequire(new URL('../app/server.mjs', import.meta.url)).resolve.paths('x')

/** The folder that Node would take a package from for our servers, or `undefined` where there is none. */
export function folderOf(name, from = paths) {
  return from.map((path) => join(path, name)).find((path) => existsSync(join(path, 'package.json')))
}

export const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** What a kind of server still needs; empty where it can run. */
export const missingFor = (kind) =>
  (KINDS[kind].needs ?? []).filter((name) => folderOf(name) === undefined)

const NAMED = [
  'sojourn',
  'express',
  'express-session',
  'connect-redis',
  'redis',
  'jwt-redis-sessions',
  'jsonwebtoken',
  'jose',
  'fast-jwt',
  'iron-session',
  'fastify',
  '@fastify/session',
  'hono',
  '@hono/node-server',
  'better-auth',
  'autocannon',
]

/** Releases of everything that is measured, or measures. */
export function releases() {
  const found = NAMED.map((name) => [name, folderOf(name)]).filter(([, folder]) => folder)
  return Object.fromEntries(found.map(([name, folder]) => [name, manifestOf(folder).version]))
}

/** Says which candidates are left out, and how to have them. */
export function noticeOf(missing) {
  if (missing.length === 0) return undefined
  const what = [...new Set(missing)].join(', ')
  return `Left out, because not installed: ${what}. Install them with: npm ci --prefix bench`
}
