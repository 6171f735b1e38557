import { CommanderError } from 'commander'
import { InvalidInput, InvalidOption, StoreUnavailable } from 'sojourn'
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

/** The exit code for what a command has thrown, and the lines that explain it. */
export function explainFault(error: unknown): { readonly code: number; readonly lines: string[] } {
  if (error instanceof CommanderError) {
    // Commander has said it already; what it was asked to print is no fault.
    return { code: error.exitCode === 0 ? EXIT.done : EXIT.usage, lines: [] }
  }
  if (error instanceof ConfigError) {
    const lines = error.problems.map(({ code, message }) => `${code}: ${message}`)
    return { code: EXIT.configuration, lines }
  }
  if (error instanceof StoreRefused) {
    return { code: EXIT.configuration, lines: [`${error.code}: ${error.message}`] }
  }
  if (error instanceof InvalidOption) return { code: EXIT.configuration, lines: [error.message] }
  if (error instanceof StoreUnavailable) {
    const lines = [`The store cannot be used: ${error.message}`, 'Nothing is known to be changed.']
    return { code: EXIT.unavailable, lines }
  }
  if (error instanceof InvalidInput && error.field === 'kid') {
    return { code: EXIT.failed, lines: [error.message, 'Keys and their states: sojourn keys list'] }
  }
  return { code: EXIT.failed, lines: [error instanceof Error ? error.message : String(error)] }
}
