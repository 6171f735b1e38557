import { Command } from 'commander'
import { addApi } from './api.js'
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
import { addMigrate } from './migrate/command.js'
import { addPeople } from './people/command.js'
import { addSecret } from './secret.js'
import { addServe } from './serve.js'
import { addSessions } from './sessions/command.js'
import type { Terminal } from './terminal.js'
import { addToken } from './token.js'
import { VERSION } from '../version.js'

const ABOUT =
  'Runs, looks at and repairs a sojourn service. Reads the same environment and .env as the service.'
const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 not understood, 69 the store does not answer, 78 the configuration is refused.

Examples:
  sojourn serve                       run the service
  sojourn doctor https://app.example  what is wrong with it?
  sojourn sessions why <id>           why was I signed out?
  sojourn secret --env SESSION_SECRET >> .env

sojourn <command> --help has the options and examples of each.`

/** The commands in the order of the help, under the headings of their groups. */
const GROUPS: readonly (readonly [
  heading: string,
  commands: readonly ((program: Command, terminal: Terminal) => void)[],
])[] = [
  ['Run:', [addServe, addMigrate, addLoad]],
  ['Look and repair:', [addDoctor, addSessions, addPeople, addToken, addAudit, addConfig, addApi]],
  ['Secrets and keys:', [addSecret, addKeys, addCrypto]],
  ['What is kept of a person:', [addExport, addErase]],
  ['What was there before:', [addLegacy]],
]

/** Runs one command line (without the program's name), and answers the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal)
  try {
    await program.parseAsync(shieldNames(args), { from: 'user' })
    return EXIT.done
  } catch (error) {
    const { code, lines } = explainFault(error)
    for (const line of lines) terminal.writeError(`sojourn: ${line}\n`)
    return code
  }
}

/** All commands. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('sojourn')
    .description(ABOUT)
    .version(VERSION, '-V, --version', 'print the version')
    .option('--env-file <file>', 'read variables from there, not from .env')
    .helpOption('-h, --help', 'print this, or the help of a command')
    .helpCommand(false)
    .addHelpText('after', EXIT_CODES)
  program.exitOverride().configureHelp({
    showGlobalOptions: true,
    // The version is no business of a command's.
    visibleGlobalOptions: ({ parent }) =>
      parent === null ? [] : program.options.filter(({ long }) => long === '--env-file'),
  })
  program.configureOutput({
    writeOut: terminal.write,
    writeErr: terminal.writeError,
    getOutHelpWidth: () => terminal.columns ?? 100,
    getErrHelpWidth: () => terminal.columns ?? 100,
  })
  program.showHelpAfterError('Add --help to see what can be said.')
  const here: Terminal = {
    ...terminal,
    environment: () => terminal.environment(program.opts<{ envFile?: string }>().envFile),
  }
  // Here, not above: a command takes over the settings of its parent when it is added.
  for (const [heading, commands] of GROUPS) {
    program.commandsGroup(heading)
    for (const add of commands) add(program, here)
  }
  return program
}

/** Names of keys and sessions may begin with a hyphen, which would make them options: they go behind `--`. */
function shieldNames(args: readonly string[]): readonly string[] {
  const form = FORMS.find(([command]) => args.includes(command))?.[1]
  const isName = (word: string): boolean => form?.test(word) === true
  const names = args.includes('--') ? [] : args.filter(isName)
  return names.length === 0 ? args : [...args.filter((word) => !isName(word)), '--', ...names]
}

const FORMS: readonly (readonly [command: string, name: RegExp])[] = [
  ['keys', /^-[\w-]{15}$/],
  ['sessions', /^-[\w-]\.[\w-]{22}$/],
  // `people role`: what follows the name goes with it.
  ['role', /^(?:-[\w-]{21}|user|admin)$/],
]
