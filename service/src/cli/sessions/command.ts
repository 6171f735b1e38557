import { InvalidArgumentError, type Command } from 'commander'
import type { SessionPage, Sojourn } from 'sojourn'
import { CommandFailed } from '../exit.js'
import { printable } from '../printable.js'
import type { Terminal } from '../terminal.js'
import { withSessions } from '../with-sessions.js'
import { endSessions, type EndFlags } from './end.js'
import { instant, sessionJson, sessionsTable, sessionText } from './text.js'
import { checkId, whySession } from './why.js'

const MOST = 100_000
const LISTED = 50

interface ListFlags {
  readonly subject?: string
  readonly limit: number
  readonly cursor?: string
  readonly json?: boolean
}

/** Adds `sojourn sessions …`: what an operator may know of sessions, and how to end them. */
export function addSessions(program: Command, terminal: Terminal): void {
  const sessions = program
    .command('sessions')
    .helpCommand(false)
    .description('look at live sessions, end them, and say why one is over')
    .addHelpText('after', EXAMPLES)
  addList(sessions, terminal)
  sessions
    .command('show')
    .description('show all that may be known of one session; no secret, no value of its data')
    .argument('<id>', 'the id of a session, as `sojourn sessions list` shows it')
    .option('--json', 'answer in JSON')
    .addHelpText('after', SHOW_EXAMPLES)
    .action(async (id: string, flags: { json?: boolean }) => show(terminal, id, flags))
  sessions
    .command('why')
    .description('why was I signed out: the reason, when, and what to do')
    .argument('<id>', 'the id of a session, or - to read a cookie or a token of it')
    .option('--json', 'answer in JSON')
    .addHelpText('after', WHY_EXAMPLES)
    .action(async (id: string, flags: { json?: boolean }) => whySession(terminal, id, flags))
  addEnd(sessions, terminal)
}

function addList(sessions: Command, terminal: Terminal): void {
  sessions
    .command('list')
    .description('list live sessions, those of one person or all there are')
    .option('--subject <id>', 'only the sessions of this person, latest seen first')
    .option('--limit <number>', 'how many sessions, about', readLimit, LISTED)
    .option('--cursor <text>', 'go on where the last list ended')
    .option('--json', 'answer in JSON')
    .addHelpText('after', LIST_EXAMPLES)
    .action(async (flags: ListFlags) => list(terminal, flags))
}

function addEnd(sessions: Command, terminal: Terminal): void {
  sessions
    .command('end')
    .description('end one session, all of a person, or all there are; at once, on every node')
    .argument('[id]', 'the id of a session')
    .option('--subject <id>', 'all sessions of this person')
    .option('--everybody', 'all sessions there are, of guests, too')
    .option('-n, --dry-run', 'say how many would end, and do nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'answer in JSON')
    .addHelpText('after', END_EXAMPLES)
    .action(async (id: string | undefined, flags: EndFlags) => endSessions(terminal, id, flags))
}

async function list(terminal: Terminal, flags: ListFlags): Promise<void> {
  await withSessions(terminal, async (sojourn, { place }) => {
    const { sessions, next } = await gather(terminal, sojourn, flags)
    if (flags.json === true) {
      const answer = { place, sessions: sessions.map(sessionJson), next: next ?? null }
      terminal.write(`${printable(answer)}\n`)
      return
    }
    terminal.write(`${place}\n${sessionsTable(sessions, terminal.columns !== undefined)}`)
    if (next !== undefined) terminal.write(`There are more: --cursor ${next}\n`)
  })
}

/** As many as are wanted, page after page. A walk over all may give somewhat more. */
async function gather(
  terminal: Terminal,
  sojourn: Sojourn<object>,
  { subject, limit, cursor, json }: ListFlags,
): Promise<SessionPage> {
  const isSpoken = terminal.columns !== undefined && json !== true
  const sessions: SessionPage['sessions'][number][] = []
  let next = cursor
  do {
    const left = limit - sessions.length
    const page: SessionPage =
      subject === undefined
        ? await sojourn.everybody({ limit: Math.min(left, 1_000), cursor: next })
        : await sojourn.list(subject, { limit: Math.min(left, 100), cursor: next })
    sessions.push(...page.sessions)
    next = page.next
    if (isSpoken && next !== undefined) terminal.writeError(`\r${sessions.length} sessions`)
  } while (next !== undefined && sessions.length < limit)
  if (isSpoken) terminal.writeError('\r')
  return { sessions, next }
}

async function show(
  terminal: Terminal,
  id: string,
  { json = false }: { json?: boolean },
): Promise<void> {
  checkId(id)
  await withSessions(terminal, async (sojourn, { place }) => {
    const found = await sojourn.find(id)
    if (found.state !== 'live') {
      throw new CommandFailed(`There is no such live session: sojourn sessions why ${id}`)
    }
    const { refreshToken, previousSecretUntil, ...details } = found.details
    const answer = {
      place,
      ...sessionJson(found.facts),
      ...details,
      refreshToken: refreshToken && {
        generation: refreshToken.generation,
        rotatedAt: instant(refreshToken.rotatedAt),
        expiresAt: instant(refreshToken.expiresAt),
      },
      previousSecretUntil: instant(previousSecretUntil),
    }
    terminal.write(json ? `${printable(answer)}\n` : sessionText(found))
  })
}

function readLimit(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MOST) return limit
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST}.`)
}

const EXAMPLES = `
Examples:
  sojourn sessions list --subject <id>        the devices of one person
  sojourn sessions why <id>                   why was I signed out?
  sojourn sessions end --subject <id>         sign somebody out everywhere`

const LIST_EXAMPLES = `
Without --subject all sessions are walked over, in no order: on Redis by SCAN, never by KEYS.

Examples:
  sojourn sessions list
  sojourn sessions list --subject <id> --json
  sojourn sessions list --limit 100000 --json | jq '.sessions | length'`

const SHOW_EXAMPLES = `
Examples:
  sojourn sessions show <id>
  sojourn sessions show <id> --json | jq .address`

const WHY_EXAMPLES = `
The reason is remembered for 24 hours after the end. Of a live session it says until when it lives.

Examples:
  sojourn sessions why <id>
  pbpaste | sojourn sessions why -            a cookie, a refresh token or an access token`

const END_EXAMPLES = `
At a terminal it asks first; elsewhere it wants --yes. It is noted in the audit trail.

Examples:
  sojourn sessions end <id>
  sojourn sessions end --subject <id> --dry-run
  sojourn sessions end --everybody --yes      after a leak of the store: everybody signs in again`
