import { format, resolveConfig } from 'prettier'
import { AUDIT_CATALOGUE, type AuditEntry, type Unrecorded } from '../../../src/telemetry/index.js'

const HEAD = `# Events of the audit trail

Made from \`library/src/telemetry/audit/catalogue.ts\` by \`npx vitest run --project unit library/test/telemetry/audit -u\`; do not edit.

Every record has \`id\`, \`at\`, \`event\` and \`outcome\`, and, where it happened in a request that is audited, \`address\`, \`agent\`, \`requestId\`,
\`method\`, \`path\` and the \`actor\` of an impersonation. How much of address and agent is kept, the privacy options say. What stands below
comes from the event itself. The format is JSON: one line for each record in the log, one row for each in the database.

`

/** The document, from the catalogue. */
export async function inventory(): Promise<string> {
  const entries = Object.entries(AUDIT_CATALOGUE) as [string, AuditEntry<any> | Unrecorded][]
  const kept = entries.flatMap(([name, entry]) => ('outcome' in entry ? [row(name, entry)] : []))
  const others = entries.flatMap(([name, entry]) =>
    'why' in entry ? [`| \`${name}\` | ${entry.about} | ${entry.why} |`] : [],
  )
  const text = [
    HEAD + '| event | what happened | recorded | outcome | who | session | which, why | further |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...kept,
    '| `audit.dropped` | Records were lost: the database was away for longer than the queue lasts. | all | notice |  |  |  | `count` |',
    '',
    '## Not in the trail',
    '',
    '| event | what happened | where it is told |',
    '| --- | --- | --- |',
    ...others,
    '',
  ].join('\n')
  return format(text, { ...(await resolveConfig(import.meta.filename)), parser: 'markdown' })
}

function row(name: string, entry: AuditEntry<any>): string {
  const fields = (...keys: (PropertyKey | undefined)[]): string =>
    keys.flatMap((key) => (key === undefined ? [] : [`\`${String(key)}\``])).join(', ')
  const outcome = entry.isNotice === undefined ? entry.outcome : `${entry.outcome}, or notice`
  const cells = [
    `\`${name}\``,
    entry.about,
    entry.only?.words ?? 'all',
    outcome,
    fields(entry.subject, entry.actor),
    fields(entry.sessionId),
    fields(entry.code),
    fields(...(entry.details ?? [])),
  ]
  return `| ${cells.join(' | ')} |`
}
