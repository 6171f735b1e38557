import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { ROOT, SERVICE_BUNDLE } from './places.mjs'

/**
 * Packages that find files of their own beside their code (native add-ons, workers), or are optional: they are loaded from
 * node_modules as ever.
 */
const APART = [
  /^@node-rs\//,
  /^@photostructure\//,
  /^(?:autocannon|cli-progress|pg-native|pino|pino-http|thread-stream)$/,
]

/**
 * Whether a package stays out of the bundle, so that it has to be installed beside it.
 *
 * @param {string} name
 * @returns {boolean}
 */
export function isApart(name) {
  return APART.some((pattern) => pattern.test(name))
}

/** What the pages run in the browser. */
const SCRIPTS = ['guest', 'member', 'console']

/** The programs of the service, by what they are called in the bundle. */
const PROGRAMS = { main: 'main.js', cli: 'cli/main.js' }

/**
 * Joins what the compiler made into a few files. Looking for, reading and linking about 900 modules takes a third of a
 * second of a core at each start; these few files take half of that. They are written beside those of before, and put in
 * their place when all are there: who starts the service meanwhile finds the one or the other, never half of them.
 *
 * @returns {Promise<number>} 0, as a program that went well would.
 */
export async function bundle() {
  const [fresh, old] = [`${SERVICE_BUNDLE}-new`, `${SERVICE_BUNDLE}-old`]
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true })
  await bundlePrograms(fresh)
  await Promise.all(SCRIPTS.map((name) => bundleScript(name, fresh)))
  if (existsSync(SERVICE_BUNDLE)) renameSync(SERVICE_BUNDLE, old)
  renameSync(fresh, SERVICE_BUNDLE)
  rmSync(old, { recursive: true, force: true })
  return 0
}

/**
 * @param {string} into
 */
async function bundlePrograms(into) {
  const dist = join(ROOT, 'service', 'dist')
  const joined = await rolldown({
    input: Object.fromEntries(
      Object.entries(PROGRAMS).map(([name, path]) => [name, join(dist, path)]),
    ),
    platform: 'node',
    external: APART,
    logLevel: 'warn',
  })
  try {
    await joined.write({
      dir: into,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'part-[name]-[hash].js',
      sourcemap: true,
    })
  } finally {
    await joined.close()
  }
}

/**
 * One script of the pages, with all that it imports, as small as it gets. It lies beside the programs, which serve it.
 *
 * @param {string} name
 * @param {string} into
 */
async function bundleScript(name, into) {
  const joined = await rolldown({
    input: join(ROOT, 'service', 'dist', 'client', `${name}.js`),
    platform: 'browser',
    logLevel: 'warn',
  })
  try {
    await joined.write({
      file: join(into, 'scripts', `${name}.js`),
      format: 'esm',
      minify: true,
    })
  } finally {
    await joined.close()
  }
}
