import type { Command } from 'commander'
import { compactFiles, type Compacted } from '../admin/compact.js'
import { erasePerson, findTraces, type Erased, type Traces } from '../admin/erase.js'
import { CommandFailed } from './exit.js'
import type { Terminal } from './terminal.js'
import { subjectFrom, withPeople } from './with-people.js'

interface Flags {
  readonly subject: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** Adds `sojourn erase`. */
export function addErase(program: Command, terminal: Terminal): void {
  program
    .command('erase')
    .description('delete everything that is kept of a person; without --yes, only say what that is')
    .requiredOption('--subject <id>', 'the id of the account')
    .option('-n, --dry-run', 'say what would be deleted, and do nothing (so it is without --yes)')
    .option('--yes', 'do it; there is no way back')
    .option('--json', 'answer in JSON')
    .addHelpText('after', NOTES)
    .action(async (flags: Flags) => erase(terminal, flags))
}

async function erase(terminal: Terminal, flags: Flags): Promise<void> {
  const id = subjectFrom(flags.subject)
  const isDone = flags.yes === true && flags.dryRun !== true
  const { what, isRedis, config } = await withPeople(terminal, async (places, { config }) => {
    const traces = await findTraces(places, id)
    const count = traces.sessions + traces.records + traces.attributes
    if (!traces.hasAccount && count === 0) throw new CommandFailed('No such user.')
    const what = isDone ? await erasePerson(places, id) : traces
    return { what, config, isRedis: config.redis !== undefined }
  })
  // Our own connections are closed by now: they would be among the readers that are waited for.
  const files = isDone ? await compactFiles(config) : []
  const answer = { isDryRun: !isDone, subject: id, ...what, files }
  if (flags.json === true) terminal.write(`${JSON.stringify(answer, null, 2)}\n`)
  else terminal.write(isDone ? doneText(what as Erased, files, isRedis) : plannedText(what))
}

function plannedText({ hasAccount, sessions, attributes, records }: Traces): string {
  return [
    'This would be deleted (nothing was changed; add --yes to do it):',
    `  ${hasAccount ? 'the account, with name, address and password' : 'no account: it is gone already'}`,
    `  ${sessions} sessions, which end now`,
    `  ${attributes} facts that all sessions share`,
    `  ${records} records of the audit trail`,
    '',
  ].join('\n')
}

function doneText(
  { hasAccount, sessions, records, blanked }: Erased,
  files: readonly Compacted[],
  isRedis: boolean,
): string {
  return [
    `Deleted: ${hasAccount ? 'the account, ' : ''}${sessions} sessions, ${records} records of the audit trail.`,
    ...(blanked === 0
      ? []
      : [`${blanked} records of nobody came from the same place: they lost their address.`]),
    ...files.map(({ file, isClean }) =>
      isClean
        ? `${file} was written anew: nothing of it is left there.`
        : `${file} is being read all the time: run this again, or stop the service, for the last pages to go.`,
    ),
    ...(isRedis ? [REDIS] : []),
    'Not reached from here: logs, backups, replicas, and what applications keep by themselves.',
    '',
  ].join('\n')
}

const REDIS =
  'Redis: sessions are gone from its memory; an append-only file holds them until it is rewritten (BGREWRITEAOF).'

const NOTES = `
Sessions end at once, on every node within a second. What stays is the bare random id of the account, for as long as the store remembers
why sessions ended (24 hours), and one audit record which says that somebody was erased.

Examples:
  sojourn erase --subject <id>                what would be deleted
  sojourn erase --subject <id> --yes          delete it`
