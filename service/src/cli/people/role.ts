import { auditId } from 'sojourn/telemetry'
import type { Account, Accounts, Role } from '../../account/account.js'
import type { Places } from '../../admin/erase.js'
import { CommandFailed } from '../exit.js'
import { printable } from '../printable.js'
import { plain } from '../sessions/text.js'
import type { Terminal } from '../terminal.js'
import { withPeople } from '../with-people.js'

export interface RoleFlags {
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** `sojourn people role`. Whoever runs this runs the service, so it may take the last administrator away. */
export async function changeRole(
  terminal: Terminal,
  login: string,
  role: Role,
  { dryRun: isDryRun = false, json = false }: RoleFlags,
): Promise<void> {
  await withPeople(terminal, async (places) => {
    const { accounts } = places
    const account = await find(accounts, login)
    const isChanged = account.role !== role
    const sessions = isChanged && !isDryRun ? await change(places, account, role) : 0
    const hasAdministrator = await accounts.hasAdministrator()
    const { id } = account
    const answer = { isDryRun, id, before: account.role, role, isChanged, sessions }
    if (json) terminal.write(`${printable({ ...answer, hasAdministrator })}\n`)
    else terminal.write(toText(account, role, { isChanged, isDryRun, sessions, hasAdministrator }))
  })
}

async function find(accounts: Accounts, login: string): Promise<Account> {
  const account = (await accounts.findByLogin(login)) ?? (await accounts.get(login))
  if (account !== undefined) return account
  throw new CommandFailed('No such user. `sojourn people list --search` may find the name.')
}

/** A role begins with a new sign-in: sessions from before end. */
async function change(places: Places, { id }: Account, role: Role): Promise<number> {
  const { accounts, sojourn, trail, now } = places
  await accounts.setRole(id, role)
  const at = now()
  await trail.add([
    {
      ...{ id: auditId(at), at, event: 'admin.acted', outcome: 'success', actor: 'cli' },
      ...{ code: `user.made_${role}`, subject: id, details: { target: id } },
    },
  ])
  return sojourn.revokeAll(id)
}

interface Outcome {
  readonly isChanged: boolean
  readonly isDryRun: boolean
  readonly sessions: number
  readonly hasAdministrator: boolean
}

function toText(account: Account, role: Role, outcome: Outcome): string {
  const name = plain(account.username ?? account.email ?? account.id)
  const what = role === 'admin' ? 'an administrator' : 'no administrator'
  const { isChanged, isDryRun, sessions, hasAdministrator } = outcome
  if (!isChanged) return `${name} is ${what} already.\n`
  if (isDryRun) return `${name} would be ${what} (nothing was changed).\n`
  const ended = `${sessions} ${sessions === 1 ? 'session has' : 'sessions have'} ended.`
  const lines = [`${name} is ${what} now. ${ended}`]
  if (!hasAdministrator) lines.push('Nobody is an administrator whose account is on.')
  return `${lines.join('\n')}\n`
}
