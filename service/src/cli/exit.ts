import { CommanderError } from 'commander'
import { InvalidInput, InvalidOption, StoreUnavailable } from 'sojourn'
import { AccountsUnavailable } from '../account/errors.js'
import { ConfigError, EXIT_CONFIG } from '../config/refusal.js'
import { StoreRefused } from '../store-refused.js'

/** What the shell is told. 69 and 78 are those of BSD's sysexits. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unavailable: 69,
  configuration: EXIT_CONFIG,
} as const

/** A command that cannot do what it was asked for; the message is all there is to say. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
}

interface Explained {
  readonly code: number
  readonly lines: readonly string[]
}

/** The exit code for what a command has thrown, and the lines that explain it. */
export function explainFault(error: unknown): Explained {
  if (error instanceof CommanderError) {
    // Commander has said it already; what it was asked to print is no fault.
    return { code: error.exitCode === 0 ? EXIT.done : EXIT.usage, lines: [] }
  }
  return explainRefusal(error) ?? explainAbsence(error) ?? explainFailure(error)
}

function explainRefusal(error: unknown): Explained | undefined {
  const code = EXIT.configuration
  if (error instanceof ConfigError) {
    return { code, lines: error.problems.map((problem) => `${problem.code}: ${problem.message}`) }
  }
  if (error instanceof StoreRefused) return { code, lines: [`${error.code}: ${error.message}`] }
  return error instanceof InvalidOption ? { code, lines: [error.message] } : undefined
}

function explainAbsence(error: unknown): Explained | undefined {
  const isStore = error instanceof StoreUnavailable
  if (!isStore && !(error instanceof AccountsUnavailable)) return undefined
  const what = `The ${isStore ? 'store' : 'database'} cannot be used: ${error.message}`
  return { code: EXIT.unavailable, lines: [what, 'Nothing is known to be changed.'] }
}

function explainFailure(error: unknown): Explained {
  const isKid = error instanceof InvalidInput && error.field === 'kid'
  const message = error instanceof Error ? error.message : String(error)
  const more = isKid ? ['Keys and their states: sojourn keys list'] : []
  return { code: EXIT.failed, lines: [message, ...more] }
}
