import type { Command } from 'commander'
import type { Terminal } from '../terminal.js'
import { migrateDatabase, type DatabaseFlags } from './database.js'
import { migrateSessions, type MoveFlags } from './sessions.js'

/** Adds `sojourn migrate …`: the schema of the database, and sessions from one store to another. */
export function addMigrate(program: Command, terminal: Terminal): void {
  const migrate = program
    .command('migrate')
    .helpCommand(false)
    .description('bring the database up to date; move sessions from one store to another')
    .addHelpText('after', EXAMPLES)
  migrate
    .command('database')
    .description(
      'do what the schema of accounts and audit trail still lacks; the service does so as it starts',
    )
    .option('-n, --dry-run', 'show what is done and what is pending, and do nothing')
    .option('--json', 'answer in JSON')
    .addHelpText('after', DATABASE_EXAMPLES)
    .action(async (flags: DatabaseFlags) => migrateDatabase(terminal, flags))
  migrate
    .command('sessions')
    .helpCommand(false)
    .description('move all that rests in one store to another, so that nobody is signed out')
    .requiredOption('--from <store>', 'sqlite:<file>, redis://host:port, or env:<NAME>')
    .requiredOption('--to <store>', 'the same')
    .option('--from-prefix <text>', 'what its keys in Redis begin with (default: REDIS_KEY_PREFIX)')
    .option('--to-prefix <text>', 'the same for the other store')
    .option('--resume <cursor>', 'go on where a run broke off')
    .option('-n, --dry-run', 'count what there is to move, and do nothing')
    .option('--json', 'answer in JSON')
    .addHelpText('after', SESSIONS_NOTES)
    .action(async (flags: MoveFlags) => migrateSessions(terminal, flags))
}

const EXAMPLES = `
Examples:
  sojourn migrate database --dry-run
  sojourn migrate sessions --from sqlite:data/sessions.db --to redis://localhost:6379`

const DATABASE_EXAMPLES = `
Examples:
  sojourn migrate database --dry-run          what is pending
  sojourn migrate database                    before the new version starts, with rights that it does not have`

const SESSIONS_NOTES = `
Moved are live sessions with their data and refresh tokens, the reasons of ends, subjects, and the documents that nodes share
(key rings). Counts of rate limits and lockouts are not: they begin anew. The first store is only read.

It may run while the service uses the first store, and be run again for what has changed since: an end beats a live session,
whichever side it is on, and what was used later stays. So move, point the service to the new store, and move once more:
who was active in between goes on, but for what was written meanwhile to a session that both stores have seen used.
The new service needs the same secrets. An address with a password is put into a variable, and named env:<NAME>.

Examples:
  sojourn migrate sessions --from sqlite:data/sessions.db --to redis://localhost:6379 --dry-run
  sojourn migrate sessions --from sqlite:data/sessions.db --to env:REDIS_URL
  sojourn migrate sessions --from redis://old:6379 --to rediss://new:6379 --to-prefix app:`
