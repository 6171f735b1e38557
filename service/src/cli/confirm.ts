import { CommandFailed } from './exit.js'
import type { Terminal } from './terminal.js'

/** Asks the person at the terminal, unless `--yes` was said. Where nobody can be asked, nothing is done. */
export async function confirm(terminal: Terminal, what: string, isSaid: boolean): Promise<void> {
  if (isSaid) return
  if (terminal.ask === undefined) {
    throw new CommandFailed(
      `${what} Nobody can be asked here: add --yes, or --dry-run to see what it would be.`,
    )
  }
  const answer = await terminal.ask(`${what} Type yes to go on: `)
  if (answer.trim().toLowerCase() !== 'yes') throw new CommandFailed('Nothing was changed.')
}
