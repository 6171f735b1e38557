import { build } from './build.mjs'
import { run, runNode } from './command.mjs'
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
    runNode('node_modules/typescript/bin/tsc', ['-b', '--watch', '--preserveWatchOutput'], {
      toError: true,
    }),
    run(process.execPath, ['--watch', '--watch-preserve-output', COMPILED_MAIN]),
  ])
}
