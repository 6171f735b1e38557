import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { run } from './command.mjs'
import { installPackages } from './packages.mjs'
import { ROOT } from './places.mjs'
import { say } from './progress.mjs'

/** What the compiler writes, not what is joined of it: nobody joins again after each change. */
const COMPILED_MAIN = 'service/dist/main.js'

/** Compiles and restarts until somebody presses Ctrl-C. */
export async function watch() {
  process.chdir(ROOT)
  await installPackages()
  await build()
  say('watching library/src and service/src; Ctrl-C ends it')
  await Promise.race([
    run(await compiler(), ['-b', '--watch', '--preserveWatchOutput'], { toError: true }),
    run(process.execPath, ['--watch', '--watch-preserve-output', COMPILED_MAIN]),
  ])
}

/**
 * The program itself, not the script that starts it and waits: such a script ends by a signal and leaves the program behind.
 *
 * @returns {Promise<string>}
 */
async function compiler() {
  const where = join(ROOT, 'node_modules/typescript-7/lib/getExePath.js')
  const { default: getExePath } = await import(pathToFileURL(where).href)
  return getExePath()
}
