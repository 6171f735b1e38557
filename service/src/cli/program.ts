import { Command } from 'commander'
import { addConfig } from './config.js'
import { addCrypto } from './crypto.js'
import { addDoctor } from './doctor.js'
import { addAudit } from './audit.js'
import { addErase } from './erase.js'
import { explainFault, EXIT } from './exit.js'
import { addExport } from './export.js'
import { addKeys } from './keys.js'
import { addLegacy } from './legacy.js'
import { addLoad } from './load.js'
import { addSecret } from './secret.js'
import type { Terminal } from './terminal.js'
import { addToken } from './token.js'

const ABOUT =
  'Runs and repairs a sojourn service. Reads the same environment and .env as the service.'
const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 not understood, 69 the store does not answer, 78 the configuration is refused.`

/** Runs one command line (without the program's name), and answers the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('sojourn').description(ABOUT).addHelpText('after', EXIT_CODES)
  program.exitOverride().configureOutput({
    writeOut: terminal.write,
    writeErr: terminal.writeError,
    getOutHelpWidth: () => terminal.columns ?? 100,
    getErrHelpWidth: () => terminal.columns ?? 100,
  })
  program.showHelpAfterError('Add --help to see what can be said.')
  // Here, not above: a command takes over the settings of its parent when it is added.
  addKeys(program, terminal)
  addToken(program, terminal)
  addSecret(program, terminal)
  addLegacy(program, terminal)
  addAudit(program, terminal)
  addExport(program, terminal)
  addErase(program, terminal)
  addDoctor(program, terminal)
  addConfig(program, terminal)
  addCrypto(program, terminal)
  addLoad(program, terminal)
  try {
    await program.parseAsync(shieldKids(args), { from: 'user' })
    return EXIT.done
  } catch (error) {
    const { code, lines } = explainFault(error)
    for (const line of lines) terminal.writeError(`sojourn: ${line}\n`)
    return code
  }
}

/** A kid may begin with a hyphen, which would make it an option: it goes behind `--`. */
function shieldKids(args: readonly string[]): readonly string[] {
  const isKid = (word: string): boolean => /^-[\w-]{15}$/.test(word)
  const kids = args[0] === 'keys' && !args.includes('--') ? args.filter(isKid) : []
  return kids.length === 0 ? args : [...args.filter((word) => !isKid(word)), '--', ...kids]
}
