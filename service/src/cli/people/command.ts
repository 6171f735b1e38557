import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import type { Account, Accounts, Role } from '../../account/account.js'
import { printable } from '../printable.js'
import { instant, plain } from '../sessions/text.js'
import { renderTable } from '../table.js'
import type { Terminal } from '../terminal.js'
import { withPeople } from '../with-people.js'
import { changeRole, type RoleFlags } from './role.js'

const ROLES = ['user', 'admin'] as const
const MOST = 100_000
const LISTED = 50
const AT_ONCE = 500

interface ListFlags {
  readonly search?: string
  readonly role?: Role
  readonly limit: number
  readonly json?: boolean
}

/** Adds `sojourn people …`: who has an account, and who is an administrator. */
export function addPeople(program: Command, terminal: Terminal): void {
  const people = program
    .command('people')
    .helpCommand(false)
    .description('find people, and say who is an administrator')
    .addHelpText('after', EXAMPLES)
  people
    .command('list')
    .description('list people, in no order; no password, nor a hash of one')
    .option('--search <text>', 'only whose name or address holds this, or whose id it is')
    .addOption(new Option('--role <role>', 'only people with this role').choices(ROLES))
    .option('--limit <number>', 'how many people at most', readLimit, LISTED)
    .option('--json', 'answer in JSON')
    .addHelpText('after', LIST_EXAMPLES)
    .action(async (flags: ListFlags) => list(terminal, flags))
  people
    .command('role')
    .description('make somebody an administrator, or no longer one; their sessions end')
    .argument('<login>', 'the name, the address or the id of a person')
    .addArgument(new Argument('<role>', 'what they are from now on').choices(ROLES))
    .option('-n, --dry-run', 'say what would change, and do nothing')
    .option('--json', 'answer in JSON')
    .addHelpText('after', ROLE_EXAMPLES)
    .action(async (login: string, role: Role, flags: RoleFlags) =>
      changeRole(terminal, login, role, flags),
    )
}

const HEAD = ['ID', 'NAME', 'EMAIL', 'ROLE', 'CREATED', 'SWITCHED OFF']

async function list(terminal: Terminal, flags: ListFlags): Promise<void> {
  await withPeople(terminal, async ({ accounts }) => {
    const { people, isMore } = await gather(accounts, flags)
    if (flags.json === true) {
      terminal.write(`${printable({ people: people.map(personJson), isMore })}\n`)
      return
    }
    const rows = people.map((one) => [
      one.id,
      plain(one.username ?? '-'),
      plain(one.email ?? '-'),
      one.role,
      instant(one.createdAt),
      instant(one.disabledAt),
    ])
    terminal.write(renderTable(HEAD, rows, terminal.columns !== undefined))
    if (isMore) terminal.write('There are more: --limit <number>, or --search <text>\n')
  })
}

async function gather(
  accounts: Accounts,
  { search = '', role, limit }: ListFlags,
): Promise<{ readonly people: readonly Account[]; readonly isMore: boolean }> {
  const people: Account[] = []
  for (;;) {
    const wanted = Math.min(AT_ONCE, limit - people.length) + 1
    const found = await accounts.search(search, { limit: wanted, role, after: people.at(-1)?.id })
    people.push(...found.slice(0, wanted - 1))
    const isMore = found.length === wanted
    if (!isMore || people.length >= limit) return { people, isMore }
  }
}

/** What the admin API tells of a person. */
export function personJson(account: Account): Readonly<Record<string, unknown>> {
  return {
    id: account.id,
    username: account.username ?? null,
    email: account.email ?? null,
    role: account.role,
    createdAt: new Date(account.createdAt).toISOString(),
    disabledAt:
      account.disabledAt === undefined ? null : new Date(account.disabledAt).toISOString(),
  }
}

function readLimit(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MOST) return limit
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST}.`)
}

const EXAMPLES = `
Examples:
  sojourn people list --role admin        who are the administrators?
  sojourn people role ada admin           the first one is made like this`

const LIST_EXAMPLES = `
Examples:
  sojourn people list
  sojourn people list --search ada --json
  sojourn people list --role admin`

const ROLE_EXAMPLES = `
Whoever is an administrator may use the console (/admin) after the next sign-in: all sessions of that person end. It is noted in the
audit trail.

Examples:
  sojourn people role ada admin
  sojourn people role ada@example.org user --dry-run`
