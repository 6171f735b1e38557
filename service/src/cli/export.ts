import type { Command } from 'commander'
import { findTraces } from '../admin/erase.js'
import { exportPerson } from '../admin/export.js'
import { CommandFailed } from './exit.js'
import { printable } from './printable.js'
import type { Terminal } from './terminal.js'
import { subjectFrom, withPeople } from './with-people.js'

/** Adds `sojourn export`. */
export function addExport(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .description('everything that is kept of a person, as one JSON document')
    .requiredOption('--subject <id>', 'the id of the account')
    .option('--json', 'it always is; for scripts that say so everywhere')
    .addHelpText('after', EXAMPLES)
    .action(async ({ subject: given }: { subject: string }) => {
      const id = subjectFrom(given)
      await withPeople(terminal, async (places) => {
        const { hasAccount, sessions, records } = await findTraces(places, id)
        if (!hasAccount && sessions + records === 0) throw new CommandFailed('No such user.')
        terminal.write(`${printable(await exportPerson(places, id))}\n`)
      })
    })
}

const EXAMPLES = `
Examples:
  sojourn export --subject <id> > person.json`
