import { InvalidArgumentError, type Command } from 'commander'
import { auditLine, type AuditRecord } from 'sojourn/telemetry'
import { duration } from '../config/duration.js'
import { Refusal } from '../config/refusal.js'
import { printable } from './printable.js'
import { renderTable } from './table.js'
import type { Terminal } from './terminal.js'
import { subjectFrom, withPeople } from './with-people.js'

interface Flags {
  readonly subject?: string
  readonly event?: string
  readonly since: number
  readonly limit: number
  readonly json?: boolean
}

const HEAD = ['WHEN', 'EVENT', 'OUTCOME', 'WHY', 'SUBJECT', 'ACTOR', 'ADDRESS', 'SESSION']
const MOST = 100_000
const AT_ONCE = 500

/** Adds `sojourn audit`. */
export function addAudit(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .description('show the audit trail, newest first')
    .option('--subject <id>', 'only what happened to this person, or was done by them')
    .option('--event <name>', 'only events of this name, such as signin.failed')
    .option('--since <duration>', 'how far back, such as 90m, 12h or 7d', readSpan, 86_400)
    .option('--limit <number>', 'how many records at most', readLimit, 1_000)
    .option('--json', 'one line of JSON for each record')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => showAudit(terminal, flags))
}

async function showAudit(terminal: Terminal, flags: Flags): Promise<void> {
  await withPeople(terminal, async ({ trail, now }) => {
    const subject = flags.subject === undefined ? undefined : subjectFrom(flags.subject)
    const since = now() - flags.since * 1_000
    const found: AuditRecord[] = []
    while (found.length < flags.limit) {
      const limit = Math.min(AT_ONCE, flags.limit - found.length)
      const page = await trail.list({
        subject,
        event: flags.event,
        since,
        limit,
        before: found.at(-1)?.id,
      })
      found.push(...page)
      if (page.length < limit) break
    }
    if (flags.json === true) for (const record of found) terminal.write(`${auditLine(record)}\n`)
    else terminal.write(renderTable(HEAD, found.map(toCells), terminal.columns !== undefined))
  })
}

function toCells(record: AuditRecord): string[] {
  const { at, event, outcome, code, subject, actor, address, sessionId } = record
  const cells = [event, outcome, code, subject, actor, address, sessionId]
  // Records are safe to print, and so is what somebody may have written into the database by hand.
  return [new Date(at).toISOString(), ...cells.map((cell) => printable(cell ?? '-').slice(1, -1))]
}

function readSpan(text: string): number {
  const seconds = duration({ least: '1s', most: '10y' })(text, '--since')
  if (seconds instanceof Refusal) throw new InvalidArgumentError(seconds.message)
  return seconds
}

function readLimit(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MOST) return limit
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST}.`)
}

const EXAMPLES = `
Examples:
  sojourn audit                                what happened in the last 24 hours
  sojourn audit --since 7d --subject <id>      to one person, or done by them
  sojourn audit --json | jq 'select(.outcome != "success")'`
