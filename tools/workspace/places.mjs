import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the checkout. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** What the tools remember between runs. Git ignores it, and `npm ci` empties it. */
export const CACHE = join(ROOT, 'node_modules', '.cache', 'sojourn')

/** The service joined into a few files: see bundle.mjs. */
export const SERVICE_BUNDLE = join(ROOT, 'service', 'dist', 'bundle')

/** The file that starts the service, once built. */
export const SERVICE_MAIN = join(SERVICE_BUNDLE, 'main.js')

/** The file that is the command `sojourn`, once built. */
export const SERVICE_CLI = join(SERVICE_BUNDLE, 'cli.js')

/**
 * A path inside {@link CACHE}, whose folder exists.
 *
 * @param {string} name
 * @returns {string}
 */
export function cachePath(name) {
  mkdirSync(CACHE, { recursive: true })
  return join(CACHE, name)
}
